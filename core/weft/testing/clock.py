"""A clock that a test moves by hand."""

from __future__ import annotations

import contextlib
from types import TracebackType

from weft import clock

DAY_ONE = 1_767_225_600.0  # 2026-01-01 00:00 UTC


class FakeClock:
    """Stands in for the engine's clock while it is entered; time passes by `advance` alone.

    The engine reads it for what nodes and runs take, for the time of events, and for what a value
    costs, which decides what the cache keeps and what it writes to disk. Deadlines on which a
    process or a file is waited for stay the machine's.

    now: the time of day at the start, in seconds since 1970.

    >>> with FakeClock() as time:
    ...     begin = time.now()
    ...     time.advance(2.5)
    ...     time.now() - begin
    2.5
    """

    def __init__(self, now: float = DAY_ONE) -> None:
        self._seconds = 0.0
        self._now = now
        self._stack = contextlib.ExitStack()

    def seconds(self) -> float:
        """The seconds that have passed since the clock was made."""
        return self._seconds

    def now(self) -> float:
        """The time of day, in seconds since 1970."""
        return self._now + self._seconds

    def advance(self, seconds: float) -> None:
        """Let time pass, from any thread: also inside a node. Raises ValueError for less than 0."""
        if seconds < 0:
            raise ValueError(f"time moves forward only: expected 0 or more seconds, got {seconds}")
        self._seconds += seconds

    def __enter__(self) -> FakeClock:
        self._stack.enter_context(clock.using(self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
