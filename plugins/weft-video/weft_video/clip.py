"""The kind that flows between the nodes: frames, and how fast they follow one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Self

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
    rate: frames per second, above 0.

    Raises InputError for anything else.
    """

    frames: Tensor
    rate: Fraction

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or not len(self.frames):
            raise InputError(f"a clip has frames [T, H, W, C], got {list(self.frames.shape)}")
        if self.rate <= 0:
            raise InputError(f"a frame rate is above 0, got {self.rate} per second")

    @property
    def seconds(self) -> float:
        """How long it lasts, the last frame included."""
        return float(len(self.frames) / self.rate)

    def weft_moved(self, device: str) -> Self:
        """The same frames on a device."""
        return type(self)(self.frames.to(device), self.rate)

    def weft_stored(self) -> object:
        """What the cache writes: one byte a value, a quarter, where that loses nothing.

        That is so for frames as a video file gave them, until a node has changed their colours.
        """
        packed = _bytes(self.frames)
        frames = self.frames if packed is None else packed
        return {"frames": frames, "rate": [self.rate.numerator, self.rate.denominator]}

    @classmethod
    def weft_restored(cls, stored: Any) -> Self:
        """The clip that was written, bit for bit."""
        import torch

        frames, (numerator, denominator) = stored["frames"], stored["rate"]
        whole = _floats(frames) if frames.dtype == torch.uint8 else frames
        return cls(whole, Fraction(numerator, denominator))

    def weft_shown(self) -> Tensor:
        """Up to 16 frames, evenly apart."""
        count = min(len(self.frames), SHOWN)
        places = [round(k * (len(self.frames) - 1) / max(count - 1, 1)) for k in range(count)]
        return self.frames[places]

    def with_frames(self, frames: Tensor) -> Clip:
        """Other frames at the same rate."""
        return Clip(frames, self.rate)

    def picked(self, places: Sequence[int]) -> Clip:
        """The frames at some places, in that order. Raises InputError for too many of them."""
        import torch

        height, width = self.frames.shape[1:3]
        check_room(len(places), width, height)
        index = torch.tensor(list(places), dtype=torch.long, device=self.frames.device)
        return self.with_frames(self.frames.index_select(0, index))


def _bytes(frames: Tensor) -> Tensor | None:
    """Frames as bytes; None where that would change one. One frame after another: there is no
    room for a second copy of a long clip."""
    import torch

    packed = torch.empty(frames.shape, dtype=torch.uint8, device=frames.device)
    for into, frame in zip(packed, frames, strict=True):
        into.copy_(frame.mul(255).round_().clamp_(0, 255))
        if not torch.equal(_floats(into), frame):
            return None
    return packed


def _floats(values: Tensor) -> Tensor:
    """Bytes as float32 in 0..1, as they are when they come from a file."""
    import torch

    # By a tensor: a GPU multiplies by the inverse of a plain number, which is not the same.
    return values.float().div_(torch.tensor(255.0, device=values.device))


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
