"""What plugins offer by name: samplers, schedules, model families, cache backends and so on.

An offer is data: the name that files and people use, and where the object is. It is imported when
somebody uses it, so that a thousand samplers cost a start nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Literal, TypeVar, get_args

from weft.errors import InputError, PluginError
from weft.guard import guarded_import
from weft.suggest import closest

Group = Literal[
    "samplers",
    "schedules",
    "guiders",
    "model_families",
    "file_readers",
    "event_listeners",
    "cache_backends",
    "worker_pools",
    "routes",
]
GROUPS: tuple[Group, ...] = get_args(Group)
NAME = re.compile(r"([a-z][a-z0-9_-]*/)?[a-z][a-z0-9_]*")
SUFFIX = re.compile(r"\.[a-z0-9_]+")
TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that a plugin offers.

    name: "euler"; a plugin's own has its namespace before it, "acme/heun". A file reader is named
        by the suffix it reads, such as ".npz".
    target: where the object is, as "module:attribute".
    code: fingerprint of the code behind it; part of the cache key of what uses it.
    """

    group: Group
    name: str
    target: str
    plugin: str = ""
    distribution: str = ""
    code: str = ""

    def load(self, kind: type[T]) -> T:
        """The object, imported now if it was not. Raises PluginError."""
        module, _, attribute = self.target.partition(":")
        try:
            with guarded_import(module, self.distribution):
                found = getattr(import_module(module), attribute)
        except BaseException as error:  # also SystemExit: it is the plugin that ends, not Weft
            if isinstance(error, KeyboardInterrupt):
                raise
            raise PluginError(
                f"{self} cannot be imported: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(found, kind):
            raise self._is_no(kind.__name__, found)
        return found

    def function(self) -> Callable[..., Any]:
        """The same for a function or a class. Raises PluginError."""
        found = self.load(object)
        if not callable(found):
            raise self._is_no("function", found)
        return found

    def _is_no(self, kind: str, found: object) -> PluginError:
        got = type(found).__name__
        return PluginError(f"{self}: expected {self.target} to be a {kind}, got a {got}")

    def __str__(self) -> str:
        owner = f" of {self.distribution}" if self.distribution else ""
        return f"{self.name!r} among the {self.group.replace('_', ' ')}{owner}"


Offers = Mapping[str, Mapping[str, Offer]]
"""By group, then by name."""


def check_offer(group: Group, name: str, target: str, *, own: bool) -> None:
    """Raises PluginError where an offer's name or target cannot be one.

    own: whether Weft itself offers it: its names have no namespace.
    """
    where = f"weft_{group}: {name!r}"
    if not isinstance(target, str) or not TARGET.fullmatch(target):
        raise PluginError(f"{where}: expected `module:attribute`, got {target!r}")
    if group == "file_readers":
        if not SUFFIX.fullmatch(name):
            raise PluginError(f"{where}: expected a suffix in small letters, such as '.npz'")
        return
    if not NAME.fullmatch(name):
        raise PluginError(
            f"{where}: expected `namespace/name`, in small letters, digits and underscores"
        )
    if ("/" in name) == own:
        raise PluginError(
            f"{where}: names without a namespace are Weft's own; expected something like "
            f"{'acme/' + name!r}"
        )


@lru_cache(maxsize=1)
def _installed() -> Offers:
    from weft.registry import Registry

    return Registry.installed().offers


_override: list[Offers] = []


def offered(group: Group) -> Mapping[str, Offer]:
    """What the installed plugins offer in a group, by name; Weft's own first. Imports nothing."""
    return (_override[-1] if _override else _installed()).get(group, {})


def find_offer(group: Group, name: str) -> Offer:
    """The offer of that name. Raises InputError that lists what there is."""
    known = offered(group)
    found = known.get(name)
    if found is None:
        what = group.replace("_", " ").removesuffix("s")
        what = "model family" if group == "model_families" else what
        guess = closest(name, known)
        hint = f" (did you mean {guess!r}?)" if guess else ""
        raise InputError(
            f"no {what} is called {name!r}{hint}; there are {', '.join(known) or 'none'}"
        )
    return found


@contextmanager
def offering(*extra: Offer) -> Iterator[None]:
    """Offer more for the time being, as if a plugin did: for tests and notebooks."""
    found: dict[str, dict[str, Offer]] = {group: dict(offered(group)) for group in GROUPS}
    for one in extra:
        found[one.group][one.name] = one
    _override.append(found)
    try:
        yield
    finally:
        _override.pop()


def forget_offers() -> None:
    """Look at what is installed anew when it is next asked for."""
    _installed.cache_clear()


def group_digest(offers: Mapping[str, Offer]) -> str:
    """A digest of the code of all offers of a group, for a choice that is known only late."""
    parts = "\n".join(f"{name} {one.code}" for name, one in sorted(offers.items()))
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()
