"""The kind that flows between the nodes: frames, and how fast they follow one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from weft import InputError, Range, kind

if TYPE_CHECKING:
    from torch import Tensor
else:
    from weft import Tensor

Fps = Annotated[float, Range(0.01, 1000)]
# Rates of colour television, which people write with two or three digits.
NTSC = {Fraction(near * 1000, 1001) for near in (24, 30, 48, 60, 120)}
MAX_FRAMES = 100_000
SHOWN = 16  # frames that a look at a clip takes
# Pixels of all frames together: 12 GiB in three channels.
MAX_PIXELS = 2**30


@kind("video:clip", colour="#c25b8a", shape="square", help="Frames and their rate.")
@dataclass(frozen=True, eq=False)
class Clip:
    """A moving picture.

    frames: float32 [T, H, W, C] in 0..1, T at least 1; C is 1, 3, or 4 with opacity.
    numerator, denominator: frames per second, as a fraction in lowest terms. Two numbers, since a
        cache on disk keeps numbers.

    Raises InputError for anything else.
    """

    frames: Tensor
    numerator: int
    denominator: int = 1

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or not len(self.frames):
            raise InputError(f"a clip has frames [T, H, W, C], got {list(self.frames.shape)}")
        if self.numerator < 1 or self.denominator < 1:
            raise InputError(
                f"a frame rate is above 0, got {self.numerator}/{self.denominator} per second"
            )

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return Fraction(self.numerator, self.denominator)

    @property
    def seconds(self) -> float:
        """How long it lasts, the last frame included."""
        return float(len(self.frames) / self.rate)

    def weft_shown(self) -> Tensor:
        """Up to 16 frames, evenly apart."""
        count = min(len(self.frames), SHOWN)
        places = [round(k * (len(self.frames) - 1) / max(count - 1, 1)) for k in range(count)]
        return self.frames[places]

    def with_frames(self, frames: Tensor) -> Clip:
        """Other frames at the same rate."""
        return clip_of(frames, self.rate)

    def picked(self, places: Sequence[int]) -> Clip:
        """The frames at some places, in that order. Raises InputError for too many of them."""
        import torch

        height, width = self.frames.shape[1:3]
        check_room(len(places), width, height)
        index = torch.tensor(list(places), dtype=torch.long, device=self.frames.device)
        return self.with_frames(self.frames.index_select(0, index))


def clip_of(frames: Tensor, rate: Fraction) -> Clip:
    """A clip of frames [T, H, W, C] at a rate."""
    return Clip(frames, rate.numerator, rate.denominator)


def exact_rate(fps: float) -> Fraction:
    """The rate that a number of frames per second stands for: 29.97 is 30000/1001.

    Raises InputError for a number that is no rate.
    """
    if not math.isfinite(fps) or not 0.001 <= fps <= 100_000:
        raise InputError(f"a frame rate is a number above 0, got {fps:g} per second")
    for rate in NTSC:
        if abs(fps - rate) < 2e-4 * rate:
            return rate
    return Fraction(fps).limit_denominator(1001)


def check_room(count: int, width: int, height: int, where: str = "the clip") -> None:
    """Raise InputError where so many frames of that size would not fit into memory."""
    if count <= MAX_FRAMES and count * width * height <= MAX_PIXELS:
        return
    most = min(MAX_FRAMES, MAX_PIXELS // (width * height))
    raise InputError(
        f"{where} would be too large: at most {most:,} frames of {width} x {height} pixels, "
        f"got {count:,}; take fewer, or smaller ones"
    )
