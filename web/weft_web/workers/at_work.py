"""Which plugins' nodes a worker runs at this moment, for whoever finds it dead.

Events wait for the event loop, and die with the process that was to send them. So the worker also
writes down, in a file that outlives it, what of a plugin it is about to run: a few microseconds for
each such node, nothing for Weft's own.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from weft import Registry

OWN = ("weft", "")  # nobody to blame: Weft itself, or a program's own nodes
MOST = 50  # nodes that are written down


@dataclass(frozen=True, slots=True)
class AtWork:
    """A plugin's node at work: `number` is its attempt's."""

    number: int
    node: str
    type: str
    distribution: str


class Diary:
    """The worker's side. Any thread may write."""

    def __init__(self, path: Path, registry: Registry) -> None:
        self._registry = registry
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._lock = threading.Lock()
        self._running: dict[tuple[int, str], list[object]] = {}

    def begins(self, number: int, node: str, type: str) -> None:
        """A node is about to run."""
        spec = self._registry.get(type)
        if spec is None or spec.distribution in OWN:
            return
        with self._lock:
            self._running[number, node] = [number, node, type, spec.distribution]
            self._write()

    def is_over(self, number: int, node: str | None = None) -> None:
        """A node has ended, or all of an attempt have."""
        with self._lock:
            if not self._running:
                return
            gone = [one for one in self._running if one[0] == number and node in (None, one[1])]
            for one in gone:
                del self._running[one]
            if gone:
                self._write()

    def _write(self) -> None:
        text = json.dumps(list(self._running.values())[-MOST:]) + "\n"
        os.pwrite(self._file, text.encode(), 0)


def read_diary(path: Path) -> list[AtWork]:
    """The server's side: what ran when its writer died; nothing where that cannot be told."""
    try:
        line = path.read_bytes().partition(b"\n")[0]
        return [AtWork(*one) for one in json.loads(line or b"[]")]
    except (OSError, ValueError, TypeError):
        return []
