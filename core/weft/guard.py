"""Whether a plugin's node leaves the process as it found it, told and mended where it does not.

A node shares its process with every other: one that seeds a global generator, changes the default
dtype or the current folder would change what others compute. After each call of a plugin's node,
what it changed is set back, and a warning names the node.

What can honestly be said of whom:

- The gradient mode, the number of torch's threads and the default device belong to a thread (and
  signal handlers to the main one), and a thread runs one node at a time: they are compared at each
  node's end, and set back at once.
- All else belongs to the process, in which lanes run several nodes at a time. It is compared when
  no node runs any more. With one node since the last quiet moment that is its own end, and the
  change is its own; where several overlapped, nobody can tell which of them it was, so the warning
  names all that may have been. Until then they saw each other's changes: only a process of its own
  could keep a node from that.
- Mere draws from torch's global generator are undone without a word: building any network does it.
- An async node gives its thread to others while it waits, so of its thread nothing is compared.
- What native code changes behind Python's back (a handler installed in C, `putenv`) is not seen.

Weft's own nodes are trusted, and count only as company; but one that is told by an input to use
what a plugin offers (a sampler, a schedule) is looked at like that plugin's own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from weft.global_state import PROCESS, THREAD, Change, compare, read

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = "weft"
Warn = Callable[[str], None]
log = logging.getLogger("weft.guard")


class _Company:
    """The nodes that run in this process now, and what it was like before they began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._before: list[Any] | None = None
        self._suspects: list[tuple[str, Warn]] = []

    def enter(self, name: str | None, warn: Warn) -> None:
        """A node begins; `name` where it is a plugin's."""
        with self._lock:
            self._running += 1
            if name is not None:
                if self._before is None:
                    self._before = read(PROCESS)
                self._suspects.append((name, warn))

    def leave(self) -> None:
        """A node is over. Where it was the last, the process is set right."""
        with self._lock:
            self._running -= 1
            if self._running or self._before is None:
                return
            changes = compare(PROCESS, self._before)
            suspects, self._suspects, self._before = self._suspects, [], None
        if changes:
            _tell(changes, dict(suspects))


def _tell(changes: list[Change], suspects: dict[str, Warn]) -> None:
    for name, warn in suspects.items():
        others = ", ".join(one for one in suspects if one != name)
        shared = f" (or {others} did, at the same time)" if others else ""
        for change in changes:
            warn(f"{change.what}{shared}; {change.then}")


_company = _Company()


class Guard:
    """Around one call of a node: `with Guard(name, warn): ...`.

    name: of a plugin's node, for people; None for one of Weft's own.
    warn: told of each change, once the process is set right; perhaps in another thread.
    alone: whether the thread belongs to the node meanwhile; not to an async one.
    """

    __slots__ = ("_alone", "_before", "_name", "_warn")

    def __init__(self, name: str | None, warn: Warn, *, alone: bool = True) -> None:
        self._name = name
        self._warn = warn
        self._alone = alone and name is not None
        self._before: list[Any] = []

    def __enter__(self) -> None:
        _company.enter(self._name, self._warn)
        if self._alone:
            self._before = read(THREAD)

    def __exit__(self, *_: object) -> None:
        changes = compare(THREAD, self._before) if self._alone else []
        _company.leave()
        for change in changes:
            self._warn(f"{change.what}; {change.then}")


@contextmanager
def guarded_import(name: str, distribution: str) -> Iterator[None]:
    """Around the import of a node's module by an engine: nothing of it may stay but the module."""
    if distribution == OWN:
        yield
        return
    with Guard(name, lambda text: log.warning("the import of %s: %s", name, text)):
        yield
