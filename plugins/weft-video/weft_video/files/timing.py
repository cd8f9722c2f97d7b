"""Which frames of a file are taken, and when they are shown. Exact: times are fractions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Generic, TypeVar

from weft import InputError
from weft_video.clip import NTSC, exact_rate

T = TypeVar("T")
# Some containers round times to milliseconds.
TOLERANCE = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks of a file.

    start: seconds from the beginning.
    count: how many frames at most; 0 for all.
    every: take every n-th.
    fps: frames per second before that; 0 takes the file's frames as they are.
    """

    start: Fraction = Fraction(0)
    count: int = 0
    every: int = 1
    fps: float = 0.0

    def rate(self, own: Fraction | None) -> Fraction:
        """Frames per second of what is taken. Raises InputError where nobody knows."""
        if self.fps:
            return exact_rate(self.fps) / self.every
        if own is None:
            raise InputError("the file does not say its frame rate; set fps")
        return own / self.every

    def expected(self, seconds: Fraction, own: Fraction | None) -> int:
        """About how many frames that gives of a file that lasts so long."""
        left = max(Fraction(0), seconds - self.start)
        there = int(left * self.rate(own)) + 1
        return min(there, self.count) if self.count else there


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """A frame and when it is shown: from `time`, for `seconds`."""

    frame: T
    time: Fraction
    seconds: Fraction


def taken(frames: Iterable[Shown[T]], wanted: Wanted) -> Iterator[T]:
    """The frames that are wanted, in order; one that is shown for long may come several times."""
    chosen = _at_rate(frames, wanted) if wanted.fps else _from_start(frames, wanted)
    for index, frame in enumerate(chosen):
        if wanted.count and index >= wanted.count * wanted.every:
            return
        if index % wanted.every == 0:
            yield frame
            if wanted.count and index == (wanted.count - 1) * wanted.every:
                return


def _from_start(frames: Iterable[Shown[T]], wanted: Wanted) -> Iterator[T]:
    for one in frames:
        if one.time >= wanted.start - TOLERANCE:
            yield one.frame


def _at_rate(frames: Iterable[Shown[T]], wanted: Wanted) -> Iterator[T]:
    """At each time the frame that is shown then."""
    step = 1 / exact_rate(wanted.fps)
    current: Shown[T] | None = None
    index = 0
    for one in frames:
        while current is not None and wanted.start + index * step < one.time - TOLERANCE:
            yield current.frame
            index += 1
        current = one
    while current is not None:
        if wanted.start + index * step >= current.time + current.seconds - TOLERANCE:
            return
        yield current.frame
        index += 1


def durations(count: int, rate: Fraction, unit: int) -> list[int]:
    """How long each frame is shown, in milliseconds that are multiples of `unit`.

    Rounded so that frame k starts within half a unit of k / rate, however many there are.
    """
    starts = [_shown_at(index, rate, unit) for index in range(count + 1)]
    return [after - before for before, after in pairwise(starts)]


def _shown_at(index: int, rate: Fraction, unit: int) -> int:
    return round(index * 1000 / rate / unit) * unit


def likely_rate(times: Sequence[Fraction], units: Sequence[int]) -> tuple[Fraction, Sequence[int]]:
    """The rate that frames were meant for, and how many places each one takes at that rate.

    Animations store a frame once that is shown several times, and round: 24 frames per second are
    shown for 41, 42 or, twice the same one, 83 milliseconds. Where no usual rate gives such times,
    the rate is their average, and each frame takes one place.

    times: how long each frame is shown, in seconds.
    units: what times may have been rounded to, in milliseconds.
    """
    average = len(times) / sum(times, Fraction(0))
    starts = [one * 1000 for one in accumulate(times, initial=Fraction(0))]
    for meant in (average, 1 / min(times)):
        near = {Fraction(max(1, round(meant) + step)) for step in (-1, 0, 1)}
        near |= {one for one in NTSC if abs(one - meant) < 2}
        for rate in sorted({*near, meant}, key=lambda one: (abs(one - meant), one)):
            places = [round(one * rate / 1000) for one in starts]
            for unit in units:
                if starts == [_shown_at(place, rate, unit) for place in places]:
                    repeats = [after - before for before, after in pairwise(places)]
                    if min(repeats) > 0:
                        return rate, repeats
    return average.limit_denominator(1001), [1] * len(times)
