"""The installed plugins for people and programs: what each is, brings and costs, and its state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from weft.discovery import COMMANDS, PLUGINS, Entry, entries
from weft.errors import InputError
from weft.plugin_state import read_disabled, write_disabled
from weft.plugins import OWN, Catalogue
from weft.suggest import closest

if TYPE_CHECKING:
    from weft.registry import Registry

State = Literal["ok", "disabled", "failed"]


@dataclass(frozen=True, slots=True)
class PluginReport:
    """An installed plugin.

    state: "ok"; "disabled" where it stays out, which `reason` explains; "failed" where it could
        not be loaded, and `reason` is why, with its traceback.
    contributes: how many of what, such as {"nodes": 3, "samplers": 1}; nothing where it failed.
    seconds: what its import took when it was last described. heavy: the heavy modules among what
        that imported.
    warnings: what it uses that is on its way out, and what to do instead.
    """

    name: str
    distribution: str
    version: str
    state: State
    reason: str | None
    contributes: Mapping[str, int]
    seconds: float
    heavy: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON data."""
        return asdict(self)


def plugin_reports(registry: Registry) -> list[PluginReport]:
    """Every plugin that was found: Weft's own first, the others by name."""
    commands = Counter(one.distribution for one in entries(COMMANDS))
    found = []
    for name, one in registry.catalogues.items():
        state: State = "ok"
        reason = registry.failed.get(name)
        if name in registry.absent:
            state, reason = "disabled", str(registry.absent[name])
        elif reason is not None:
            state = "failed"
        # A distribution's commands are told once, with its first plugin.
        added = commands.pop(one.distribution, 0) if state == "ok" else 0
        found.append(
            PluginReport(
                name,
                one.distribution,
                one.version,
                state,
                reason,
                _contributions(one, added, registry) if state != "failed" else {},
                one.seconds,
                one.heavy,
                one.warnings,
            )
        )
    return found


def _contributions(one: Catalogue, commands: int, registry: Registry) -> dict[str, int]:
    own = [kind for kind in one.kinds if registry.brings_kind(one.distribution, kind.id)]
    counts = {
        "nodes": len(one.nodes),
        "kinds": len(own),
        "widgets": len(one.web.widgets) if one.web is not None else 0,
        "model folders": len(one.model_folders),
        "commands": commands,
        **Counter(offer.group.replace("_", " ") for offer in one.offers),
    }
    return {name: count for name, count in counts.items() if count}


def disable(name: str) -> list[str]:
    """Let plugins stay out from now on, by a plugin's name or their distribution's.

    Returns the plugins that were not out before. Raises InputError for an unknown name, and for
    Weft's own plugin.
    """
    installed = [one for one in entries(PLUGINS) if name in (one.name, one.distribution)]
    if any(one.distribution == OWN for one in installed):
        raise InputError(f"{name!r} is Weft's own plugin, which cannot be disabled")
    if not installed:
        raise _unknown(name, entries(PLUGINS))
    before = read_disabled()
    fresh = {one.name: one.distribution for one in installed if one.name not in before}
    write_disabled(before | {one.name: one.distribution for one in installed})
    return sorted(fresh)


def enable(name: str) -> list[str]:
    """Undo `disable`, also of plugins that are not installed any more.

    Returns the plugins that were out. Raises InputError for a name that is neither installed nor
    disabled.
    """
    before = read_disabled()
    out = {plugin for plugin, owner in before.items() if name in (plugin, owner)}
    installed = entries(PLUGINS)
    if not out and not any(name in (one.name, one.distribution) for one in installed):
        raise _unknown(name, installed, before)
    if out:
        write_disabled({plugin: owner for plugin, owner in before.items() if plugin not in out})
    return sorted(out)


def _unknown(name: str, installed: Iterable[Entry], more: Iterable[str] = ()) -> InputError:
    others = [one for one in installed if one.distribution != OWN]
    known = sorted({*(one.name for one in others), *more})
    guess = closest(name, [*known, *(one.distribution for one in others)])
    hint = f" (did you mean {guess!r}?)" if guess else ""
    there = f"there are {', '.join(known)}" if known else "there are none but Weft's own"
    return InputError(f"no installed plugin or distribution is called {name!r}{hint}; {there}")
