"""Commands of plugins: entry points in the group `weft.commands`.

    [project.entry-points."weft.commands"]
    hello = "acme.cli:hello"        # a function, or a typer.Typer

adds `weft hello`. It is imported only when it is run or listed.
"""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from typing import Any

import typer

from weft.discovery import COMMANDS, PLUGINS, Entry, entries
from weft.errors import PluginError
from weft.plugin_state import Absence, disabled, in_safe_mode, read_disabled, safe_mode

OWN = "weft"


def names() -> list[str]:
    """The commands that plugins add."""
    return sorted({one.name for one in entries(COMMANDS) if _absence(one) is None})


def load(name: str) -> Any:
    """The command of that name, or None where no plugin adds it.

    Raises PluginError where it is there but cannot be imported, where its plugin stays out, or
    where two plugins add it.
    """
    named = [one for one in entries(COMMANDS) if one.name == name]
    found = [one for one in named if _absence(one) is None]
    if not found:
        if not named:
            return None
        owner = named[0].distribution
        raise PluginError(f"the command {name!r} comes with {owner}: {_absence(named[0])}")
    if len({one.distribution for one in found}) > 1:
        owners = " and by ".join(one.distribution for one in found)
        raise PluginError(f"the command {name!r} is added by {owners}")
    command = typer.main.get_command(_imported(found[0]))
    command.name = name
    return command


def _imported(one: Entry) -> typer.Typer:
    try:
        if one.error is not None:
            raise PluginError(one.error)
        found: Any = reduce(getattr, one.attribute.split("."), import_module(one.module))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise PluginError(
            f"the command {one.name!r} of {one.distribution} cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from error
    if isinstance(found, typer.Typer):
        return found
    alone = typer.Typer(add_completion=False)
    alone.command(one.name)(found)
    return alone


def _absence(one: Entry) -> Absence | None:
    """Why a command stays out: in safe mode, or where all plugins of its distribution do."""
    if one.distribution == OWN:
        return None
    if safe_mode():
        return in_safe_mode()
    off = read_disabled()
    if one.distribution not in off.values():
        return None
    plugins = [each.name for each in entries(PLUGINS) if each.distribution == one.distribution]
    return disabled(plugins[0]) if plugins and off.keys() >= set(plugins) else None
