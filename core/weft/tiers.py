"""One memory tier of the cache: values by key within a byte budget."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from weft.values import Measure


@dataclass(slots=True)
class Entry:
    """A kept value: its size, and the seconds it would take to make again."""

    value: Any
    measure: Measure
    seconds: float
    priority: float = 0.0


class MemoryTier:
    """Keeps what took long to make per byte (GreedyDual-Size, Cao & Irani 1997).

    Priority is a clock plus cost per byte; eviction takes the lowest and sets the clock to it, so
    that what nobody asks for sinks, however dear it was.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.bytes = 0
        self._clock = 0.0
        self._entries: dict[str, Entry] = {}
        # Priorities with their keys; a pair that no longer matches its entry is stale.
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        return iter(list(self._entries.items()))

    def get(self, key: str) -> Entry | None:
        """The entry of a key, which counts as a use."""
        entry = self._entries.get(key)
        if entry is not None:
            self._rank(key, entry)
        return entry

    def peek(self, key: str) -> Entry | None:
        """The entry of a key, without counting as a use."""
        return self._entries.get(key)

    def put(self, key: str, entry: Entry) -> list[tuple[str, Entry]]:
        """Add an entry; returns what had to leave for it, which may be the entry itself."""
        self.remove(key)
        if entry.measure.bytes > self.budget:
            return [(key, entry)]
        self._entries[key] = entry
        self.bytes += entry.measure.bytes
        self._rank(key, entry)
        return self.shrink(self.budget)

    def remove(self, key: str) -> Entry | None:
        """Take an entry out."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.measure.bytes
        return entry

    def shrink(self, budget: int) -> list[tuple[str, Entry]]:
        """Evict until at most `budget` bytes are held; returns what left."""
        evicted = []
        while self.bytes > budget and self._heap:
            priority, key = heapq.heappop(self._heap)
            entry = self._entries.get(key)
            if entry is None or entry.priority != priority:
                continue
            self._clock = priority
            self.remove(key)
            evicted.append((key, entry))
        return evicted

    def _rank(self, key: str, entry: Entry) -> None:
        entry.priority = self._clock + entry.seconds / max(entry.measure.bytes, 1)
        heapq.heappush(self._heap, (entry.priority, key))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._entries):
            self._heap = [(one.priority, name) for name, one in self._entries.items()]
            heapq.heapify(self._heap)
