"""A cache bounded by bytes: the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Values by key, at most `budget` bytes of them by the sizes that `put` was told."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K) -> V | None:
        """The value, or None."""
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value, unless it alone is larger than the budget."""
        self.pop(key)
        if size > self._budget:
            return
        self._held[key] = (value, size)
        self._bytes += size
        while self._bytes > self._budget:
            _, (_, gone) = self._held.popitem(last=False)
            self._bytes -= gone

    def pop(self, key: K) -> V | None:
        """Take a value out; None where it is not there."""
        found = self._held.pop(key, None)
        if found is None:
            return None
        self._bytes -= found[1]
        return found[0]
