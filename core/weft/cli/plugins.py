"""`weft plugins`, and disabling and enabling them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import typer

from weft.cli.shell import columns, last_line, print_json, say
from weft.plugin_list import PluginReport, disable, enable, plugin_reports
from weft.plugin_state import safe_mode
from weft.registry import Registry

COLOURS = {"ok": "green", "disabled": "yellow", "failed": "red"}


def show_plugins(*, as_json: bool, verbose: bool) -> int:
    """`weft plugins`: 1 where one failed."""
    reports = plugin_reports(Registry.installed())
    if as_json:
        data = {"safe_mode": safe_mode(), "plugins": [one.as_dict() for one in reports]}
        print_json(data, indent=2)
    else:
        typer.echo("\n".join(columns(map(_row, reports))))
        for line in _remarks(reports, verbose):
            say(line)
    return 1 if any(one.state == "failed" for one in reports) else 0


def _row(one: PluginReport) -> Sequence[str]:
    brings = ", ".join(_counted(count, what) for what, count in one.contributes.items())
    took = f"imported in {one.seconds:.2f} s" if one.seconds else ""
    named = f"{one.distribution} {one.version}"
    # Colours would count as width in a column that others follow.
    return (one.name, named, one.state, took, brings)


def _counted(count: int, what: str) -> str:
    """Such as "1 node", "2 model families"."""
    if count != 1:
        return f"{count} {what}"
    return f"1 {what[:-3] + 'y' if what.endswith('ies') else what.removesuffix('s')}"


def _remarks(reports: Sequence[PluginReport], verbose: bool) -> Iterator[str]:
    """What is to be said of single plugins: why one is out, what is on its way out."""
    hidden = False
    for one in reports:
        head = typer.style(one.name, fg=COLOURS[one.state], bold=True)
        if one.reason is not None:
            if verbose:
                yield f"\n{head}: {one.state}"
                yield from (f"  {line}" for line in one.reason.strip().splitlines())
            else:
                hidden = hidden or "\n" in one.reason.strip()
                yield f"{head}: {last_line(one.reason)}"
        for warning in one.warnings:
            yield f"{head}: {typer.style('deprecated', fg='yellow')}: {warning}"
        if verbose and one.heavy:
            yield f"{head}: its import brings in {', '.join(one.heavy)}"
    if hidden:
        yield "`weft plugins --verbose` shows the whole reason"


def switch(name: str, *, on: bool) -> int:
    """`weft plugin enable` and `weft plugin disable`. Raises InputError."""
    changed = enable(name) if on else disable(name)
    done = "enabled" if on else "disabled"
    if changed:
        say(f"{done}: {', '.join(changed)}; a running server notices when it is started again")
    else:
        say(f"{name} is {done} already")
    return 0
