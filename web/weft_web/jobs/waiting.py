"""The jobs that wait, in order: the higher priority first, then by position."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weft_web.store.records import JobRow

Place = tuple[int, float, str]


@dataclass(frozen=True, slots=True)
class Head:
    """A job that waits. `alone`: its process died once, so it runs with no other job beside it."""

    id: str
    alone: bool


class Waiting:
    """An ordered set of waiting jobs. All but adding in the middle of a long queue is cheap."""

    def __init__(self) -> None:
        self._order: list[Place] = []
        self._places: dict[str, Place] = {}
        self._alone: set[str] = set()

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, id: str) -> bool:
        return id in self._places

    def __iter__(self) -> Iterator[str]:
        return (place[2] for place in self._order)

    def add(self, row: JobRow) -> None:
        """Put a job in, or where it belongs now."""
        place = (-row.priority, row.position, row.id)
        if self._places.get(row.id) != place:
            self.remove(row.id)
            self._places[row.id] = place
            # Nearly always the last: `insort` then only looks.
            insort(self._order, place)
        if row.attempts > 0:
            self._alone.add(row.id)
        else:
            self._alone.discard(row.id)

    def remove(self, id: str) -> None:
        """Take a job out, if it is in."""
        place = self._places.pop(id, None)
        if place is not None:
            del self._order[bisect_left(self._order, place)]
            self._alone.discard(id)

    def replace(self, rows: Sequence[JobRow]) -> None:
        """Hold these jobs and no others."""
        self._places = {row.id: (-row.priority, row.position, row.id) for row in rows}
        self._order = sorted(self._places.values())
        self._alone = {row.id for row in rows if row.attempts > 0}

    def position(self, id: str) -> int | None:
        """How many jobs run before it; None where it does not wait."""
        place = self._places.get(id)
        return None if place is None else bisect_left(self._order, place)

    def heads(self) -> Iterator[Head]:
        """The jobs in order."""
        return (Head(place[2], place[2] in self._alone) for place in self._order)
