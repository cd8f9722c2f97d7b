"""What all commands share: exit codes, errors as text, and streams that can print anything."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from weft.errors import PluginError, Problem, WeftError, WorkflowError

FAILED = 1  # a node failed
WRONG = 2  # the workflow or the command line is wrong
INTERRUPTED = 130


class Commands(TyperGroup):
    """The commands: Weft's own, and those of installed plugins. No WeftError leaves as a trace."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what is wrong becomes a message and an exit code."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except WeftError as error:
            complain(error)
            if as_json:
                refuse(problems_of(error))
            raise typer.Exit(WRONG) from None
        except KeyboardInterrupt:
            if as_json:  # interrupted before there was a run to cancel
                print_json({"event": "finished", "status": "cancelled", "outputs": {}, "nodes": {}})
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            # A mistake in the command line; typer prints it for people.
            if as_json and getattr(error, "exit_code", 0) == WRONG and hasattr(error, "message"):
                refuse([Problem("", str(error.message))])
            raise

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by name; a plugin's is imported only when it is named."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            from weft.cli.extensions import load

            found = load(cmd_name)
        return found

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands; one that cannot be imported is told of, and left out."""
        from weft.cli.extensions import load, names

        listed = list(super().list_commands(ctx))
        for name in names():
            if name in listed:
                continue
            try:
                load(name)
            except PluginError as error:
                say(typer.style("warning: ", fg="yellow", bold=True) + str(error))
            else:
                listed.append(name)
        return listed


def problems_of(error: WeftError) -> Sequence[Problem]:
    """What an error says, as problems."""
    return error.problems if isinstance(error, WorkflowError) else [Problem("", str(error))]


def complain(error: WeftError) -> None:
    """Say on stderr what is wrong."""
    say(typer.style("error: ", fg="red", bold=True) + str(error))


def refuse(problems: Iterable[Problem]) -> None:
    """The last line of a command with `--json` that could not start."""
    print_json({"event": "refused", "problems": [one.as_dict() for one in problems]})


def say(text: str = "") -> None:
    """Print for people: on stderr, in colour only on a terminal."""
    typer.echo(text, err=True)


def print_json(data: Any, *, indent: int | None = None) -> None:
    """Print JSON on stdout; in ASCII, so that any stream can carry it."""
    typer.echo(json.dumps(data, indent=indent, default=str))


def print_document(text: str) -> None:
    """Print a document on stdout exactly as a file would hold it, in UTF-8."""
    typer.echo(text.encode("utf-8"), nl=False)


def columns(rows: Iterable[Sequence[str]], indent: str = "") -> Iterable[str]:
    """Rows as lines with aligned columns; the last column is as long as it is."""
    rows = [list(row) for row in rows]
    count = max(map(len, rows), default=0)
    widths = [max(len(row[at]) for row in rows if at < len(row)) for at in range(count)]
    for row in rows:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield (indent + "  ".join(padded)).rstrip()


def last_line(text: str) -> str:
    """The last line of a text, such as what a traceback comes to."""
    return (text.strip().splitlines() or ["for an unknown reason"])[-1].strip()


def bytes_text(count: float) -> str:
    """A number of bytes for people: "3.4 GiB"."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def prepare_streams() -> None:
    """Let stdout and stderr print any text, also where they are closed or hold less than UTF-8."""
    nowhere = Path(os.devnull)
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
