"""The store's queue as the dispatcher has it in memory, and how a difference is noticed."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Container, Sequence

from weft_web.jobs.waiting import Waiting
from weft_web.store.records import JobRow

SURPRISED_AFTER = 0.1  # seconds for a stored job to be handed over, before the store is asked


class QueueCopy:
    """The waiting jobs, in order. Belongs to one event loop.

    later: calls something in so many seconds. on_stale: called when the queue must be read again.
    waiting: the jobs. stale: whether the store may have others, or another order.
    """

    def __init__(
        self, later: Callable[[float, Callable[[], None]], None], on_stale: Callable[[], None]
    ) -> None:
        self.waiting = Waiting()
        self.stale = False
        self._later = later
        self._on_stale = on_stale
        self._changes: list[JobRow | str] | None = None  # while the queue is read again
        self._expected: dict[str, float] = {}  # and since when
        self._surprising = False

    def begin(self, rows: Sequence[JobRow]) -> None:
        """Hold what the store has at the start."""
        self.waiting.replace(rows)
        self._expected.clear()
        self.stale = False

    def add(self, row: JobRow) -> None:
        """A job waits."""
        if self._changes is not None:
            self._changes.append(row)
        self.waiting.add(row)

    def drop(self, id: str) -> None:
        """A job waits no more."""
        self.waiting.remove(id)
        if self._changes is not None:
            self._changes.append(id)

    def came(self, id: str) -> None:
        """Whoever put a job into the store's queue has said so."""
        self._expected.pop(id, None)

    def expect(self, id: str) -> None:
        """A job is in the store's queue now. Whoever put it there will say so at once, or else it
        is looked for."""
        self._expected[id] = time.monotonic()
        if not self._surprising:
            self._surprising = True
            self._later(SURPRISED_AFTER, self._look)

    def _look(self) -> None:
        self._surprising = False
        # What came just now is not late: reading the queue again and again would cost a busy
        # server more than its jobs do.
        late = time.monotonic() - SURPRISED_AFTER / 2
        due = [id for id, since in self._expected.items() if since <= late]
        missing = [id for id in due if id not in self.waiting]
        for id in due:
            del self._expected[id]
        if self._expected:
            self._surprising = True
            self._later(SURPRISED_AFTER, self._look)
        if missing or self.stale:
            self.stale = True
            self._on_stale()

    async def reload(
        self, queued: Callable[[], Awaitable[list[JobRow]]], running: Container[str]
    ) -> None:
        """Read the queue again, and apply what happened to it meanwhile."""
        self.stale = False
        self._changes = []
        try:
            rows = await queued()
            changes = self._changes
        finally:
            self._changes = None
        self.waiting.replace([one for one in rows if one.id not in running])
        for change in changes:
            if isinstance(change, str):
                self.waiting.remove(change)
            else:
                self.waiting.add(change)
