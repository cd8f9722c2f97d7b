"""Commands of plugins: entry points in the group `weft.commands`.

    [project.entry-points."weft.commands"]
    hello = "acme.cli:hello"        # a function, or a typer.Typer

adds `weft hello`. It is imported only when it is run or listed.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

from weft.errors import PluginError

GROUP = "weft.commands"


def names() -> list[str]:
    """The commands that plugins add."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def load(name: str) -> Any:
    """The command of that name, or None where no plugin adds it.

    Raises PluginError where it is there but cannot be imported, or where two plugins add it.
    """
    points = list(entry_points(group=GROUP, name=name))
    if not points:
        return None
    if len({point.value for point in points}) > 1:
        owners = " and by ".join(sorted(_owner(point) for point in points))
        raise PluginError(f"the command {name!r} is added by {owners}")
    try:
        found = points[0].load()
    except Exception as error:
        owner = _owner(points[0])
        raise PluginError(
            f"the command {name!r} of {owner} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        found = alone
    command = typer.main.get_command(found)
    command.name = name
    return command


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
