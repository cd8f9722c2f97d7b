"""How a run shows itself to people: bars in a terminal, short lines anywhere else."""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol

from weft.cli.shell import say
from weft.events import Event, NodeFailed, NodeFinished, NodeProgress, NodeStarted, Planned

QUIET_SECONDS = 5.0  # between two lines on the progress of one node
MANY = 50  # nodes; of so many, only those that took a while are told one by one
WHILE = 0.1


class Display(Protocol):
    """Shows events as they come, from any thread."""

    def __call__(self, event: Event) -> None:
        """Show an event."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Silence:
    """Shows nothing."""

    def __call__(self, event: Event) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Nothing to do."""


class Lines:
    """A line on stderr for each thing worth telling."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spoken: dict[str, float] = {}
        self._rates: dict[str, Rate] = {}
        self._many = False

    def __call__(self, event: Event) -> None:
        """Print a line, or nothing."""
        with self._lock:
            line = self._line(event)
            if line is not None:
                say(line)

    def close(self) -> None:
        """Nothing to do."""

    def _line(self, event: Event) -> str | None:
        match event:
            case Planned(run=run, cached=cached):
                self._many = run + cached > MANY
                return f"{run} to run, {cached} cached"
            case NodeStarted(node=node):
                self._spoken[node] = time.monotonic()
            case NodeProgress(node=node, done=done, total=total):
                return self._progress(node, done, total)
            case NodeFinished(seconds=seconds) if self._many and seconds < WHILE:
                return None
            case NodeFinished(node=node, state="cached", tier=tier):
                return f"{node}: cached ({tier})"
            case NodeFinished(node=node, seconds=seconds):
                return f"{node}: {duration(seconds)}"
            case NodeFailed(node=node):
                return f"{node}: failed"
        return None

    def _progress(self, node: str, done: float, total: float | None) -> str | None:
        rate = self._rates.setdefault(node, Rate())
        rate.add(done)
        now = time.monotonic()
        if not done or now - self._spoken.get(node, 0.0) < QUIET_SECONDS:
            return None
        self._spoken[node] = now
        return f"{node}: {done:g}" + (f"/{total:g}" if total else "") + rate.text(total)


class Rate:
    """Steps per second, and the time left, from the progress of one node."""

    def __init__(self) -> None:
        self._start: tuple[float, float] | None = None
        self._done = 0.0
        self._now = 0.0

    def add(self, done: float) -> None:
        """Take in how far the node has come by now."""
        self._done, self._now = done, time.monotonic()
        if self._start is None or done < self._start[0]:
            self._start = (done, self._now)

    def text(self, total: float | None) -> str:
        """Such as ", 2.1 steps/s, 0:12 left"; empty while nothing can be told."""
        if self._start is None or self._done <= self._start[0] or self._now <= self._start[1]:
            return ""
        speed = (self._done - self._start[0]) / (self._now - self._start[1])
        text = f", {speed:.1f} steps/s" if speed >= 1 else f", {1 / speed:.1f} s/step"
        return text + (f", {clock((total - self._done) / speed)} left" if total else "")


def clock(seconds: float) -> str:
    """Seconds as "1:05" or "1:00:05"."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """Seconds for people: "3 ms", "2.1 s", "1:05"."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else clock(seconds)


def display(*, quiet: bool, lines: bool) -> Display:
    """The display for this stderr. lines: no bars, even in a terminal."""
    if quiet:
        return Silence()
    if lines or not sys.stderr.isatty():
        return Lines()
    from weft.cli.bars import Bars

    return Bars()
