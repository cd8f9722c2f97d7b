"""What was committed without waiting for the disk, and how much of that there may be.

An fsync takes as long as the disk likes, and a submission that comes meanwhile waits for it too. So
a group of writes waits for the disk only where something in it was promised to last: a job that is
acknowledged, an end that is told. That a job began, and what it said so far, is committed with
synchronous=NORMAL. It survives every `kill -9`, for the kernel has it. A power cut may undo it: the
log then ends at some commit before it, as if it had not happened, and the job is queued still.

The next commit that does wait makes all before it safe as well; where none comes for LAG seconds,
the log is emptied. Until then events are told whose numbers a power cut would free, to be used
again. They are GAP at most, and a start after an unclean end skips as many.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LAG: Final = 1.0  # seconds that a power cut may undo
GAP: Final = 10_000  # event numbers told that the disk may not have


class Lag:
    """What the disk may not have yet. Used by the writer's thread; times are monotonic seconds.

    suspect: an fsync may have failed after such a commit. The kernel may then have forgotten what
    it could not write, and no later fsync says so: the log must be emptied before anything is
    promised again.
    """

    def __init__(self) -> None:
        self.suspect = False
        self._told = 0
        self._until: float | None = None
        self._next = 0.0

    def allows(self, events: Iterable[int | None], now: float) -> bool:
        """Whether a group needs not wait for the disk, given what each write tells at most."""
        told = self._told
        for one in events:
            if one is None:
                return False
            told += one
        return told <= GAP and not self.due(now)

    def due(self, now: float) -> bool:
        """Whether what was committed must be made safe now."""
        return self._until is not None and now >= self._until

    def left(self, now: float) -> float | None:
        """Seconds until it is to be tried; None where all is safe."""
        return None if self._until is None else max(0.0, self._until - now, self._next - now)

    def committed(self, lazy: bool, told: int, now: float) -> None:
        """A group was committed, and told so many events."""
        if not lazy:
            self.safe()
            return
        self._told += told
        if self._until is None:
            self._until = now + LAG

    def safe(self) -> None:
        """The disk has everything."""
        self.suspect = False
        self._told = 0
        self._until = None

    def failed(self) -> None:
        """The disk refused a commit or a checkpoint, perhaps at its fsync."""
        self.suspect = self.suspect or self._until is not None

    def put_off(self, now: float) -> None:
        """Whatever is still due could not be done now: leave it for a while."""
        if self.due(now):
            self._next = now + LAG
