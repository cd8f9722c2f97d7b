"""Where the engine reads the time, so that a test can put a clock of its own in its place.

What a node took decides what the cache keeps and what is worth a file; a test of that sets the
time instead of waiting for it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Protocol


class Clock(Protocol):
    """Two readings of the time, both in seconds."""

    def seconds(self) -> float:
        """Time that only moves forward, from an arbitrary start: for durations and deadlines."""
        ...

    def now(self) -> float:
        """The time of day, since 1970: for what is shown or stored."""
        ...


class SystemClock:
    """The machine's time."""

    seconds = staticmethod(time.perf_counter)
    now = staticmethod(time.time)


_clock: Clock = SystemClock()


def seconds() -> float:
    """Time that only moves forward, in seconds."""
    return _clock.seconds()


def now() -> float:
    """The time of day, in seconds since 1970."""
    return _clock.now()


@contextlib.contextmanager
def using(clock: Clock) -> Iterator[None]:
    """Put a clock in place of the machine's, in every thread of this process."""
    global _clock
    before, _clock = _clock, clock
    try:
        yield
    finally:
        _clock = before
