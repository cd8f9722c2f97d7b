"""What a person or a program sees of a run that a command started, and how they cancel it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Protocol

import typer

from weft.cli.interrupts import Interrupts
from weft.cli.json_lines import JsonLines, claimed_stdout
from weft.cli.progress import Display, display, duration
from weft.cli.shell import FAILED, INTERRUPTED, say
from weft.events import Event, EventLog, NodeFailed, Status


class Ended(Protocol):
    """How a run ended: an Outcome, or a Finished event."""

    @property
    def status(self) -> Status:
        """done, failed or cancelled."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def outputs(self) -> Mapping[str, list[dict[str, Any]]]:
        """What output nodes made, by node: files have a "path"."""
        ...

    @property
    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """Each node's "state"."""
        ...


class RunView:
    """Shows the events of a run while entered; `report` then says what it came to.

    The first Ctrl-C calls `cancel`, a second one ends the process.

    log: gets the run's events.
    json: events as lines on stdout, for programs. quiet: no progress. verbose: tracebacks too.
    """

    def __init__(
        self,
        log: EventLog,
        cancel: Callable[[], None],
        *,
        json: bool = False,
        quiet: bool = False,
        verbose: bool = False,
    ) -> None:
        self._log = log
        self._cancel = cancel
        self._json, self._quiet, self._verbose = json, quiet, verbose
        self._stack = ExitStack()
        self._writer: JsonLines | None = None
        self._interrupts = Interrupts(cancel)
        self._failures: list[NodeFailed] = []

    def __enter__(self) -> RunView:
        with ExitStack() as stack:
            stack.enter_context(self._interrupts)
            if self._json:
                stream = stack.enter_context(claimed_stdout())
                self._writer = JsonLines(self._log, stream, self._cancel)
                stack.callback(self._writer)
            shown = display(quiet=self._quiet, lines=self._json)
            stack.callback(shown.close)
            self._log.listen(_Listener(self._writer, shown, self._failures))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def report(self, ended: Ended) -> int:
        """Say what the run came to; give the command's exit code."""
        self._say_failures()
        if not self._quiet:
            say(summary(ended))
        if not self._json:
            for node, items in ended.outputs.items():
                for item in items:
                    typer.echo(_shown(node, item))
        stopped = self._interrupts.signal and ended.status != "done"
        if ended.status == "cancelled" or stopped:
            gone = self._writer is not None and self._writer.broken
            return FAILED if gone else self._interrupts.exit_code or INTERRUPTED
        return FAILED if ended.status == "failed" else 0

    def _say_failures(self) -> None:
        for failure in self._failures:
            head = typer.style(f"nodes.{failure.node}", fg="red", bold=True)
            say(f"{head} ({failure.type}): {failure.error}")
            if self._verbose and failure.traceback:
                say(failure.traceback.rstrip())
        if any(one.traceback for one in self._failures) and not self._verbose:
            say("--verbose (-v) shows the traceback")


class _Listener:
    """Hands events on. One listener, so that no fault of a display loses a failure."""

    def __init__(
        self, writer: JsonLines | None, shown: Display, failures: list[NodeFailed]
    ) -> None:
        self._writer = writer
        self._shown = shown
        self._failures = failures

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeFailed):
            self._failures.append(event)
        if self._writer is not None:
            self._writer(event)
        self._shown(event)


def _shown(node: str, item: Mapping[str, object]) -> str:
    if "path" in item:
        return str(item["path"])
    text = item.get("text")
    return f"{node}: {text if text is not None else json.dumps(item, default=str)}"


def summary(ended: Ended) -> str:
    """Such as "done in 2.1 s: 3 ran, 4 cached"."""
    states: Sequence[Any] = [one["state"] for one in ended.nodes.values()]
    counts = [
        f"{states.count(state)} {state}"
        for state in ("ran", "cached", "failed", "skipped")
        if state in states
    ]
    detail = f": {', '.join(counts)}" if counts else ""
    return f"{ended.status} in {duration(ended.seconds)}{detail}"
