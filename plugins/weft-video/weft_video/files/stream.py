"""What every reader of files gives: a size, a rate and frames, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Any, Protocol, TypeAlias

import numpy
from numpy.typing import NDArray

from weft import InputError
from weft_video.files.timing import Shown

Pixels: TypeAlias = NDArray[numpy.uint8] | NDArray[numpy.uint16]
"""A frame [H, W, 3 or 4]."""

MAX_FRAME_PIXELS = 8192 * 8192


class Source(Protocol):
    """An open file.

    size: width and height in pixels, as frames come out.
    rate: frames per second, on average; None where the file does not say.
    seconds: how long it claims to last; None where it does not say.
    """

    size: tuple[int, int]
    rate: Fraction | None
    seconds: Fraction | None

    def frames(self) -> Iterator[Shown[Any]]:
        """Every frame with its time, from before the wanted start on. Raises InputError."""
        ...

    def pixels(self, frame: Any) -> Pixels:
        """The pixels of one of those frames: only of those that are wanted."""
        ...

    def __enter__(self) -> Source: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Any: ...


def fitting(path: object, width: int, height: int, max_side: int) -> tuple[int, int]:
    """The size at which frames are taken. Raises InputError for what is too large to decode."""
    if width < 1 or height < 1:
        raise InputError(f"{path} is no moving picture: its frames are {width} x {height} pixels")
    if width * height > MAX_FRAME_PIXELS:
        raise InputError(
            f"{path} is too large: frames of at most {MAX_FRAME_PIXELS:,} pixels are read, "
            f"got {width} x {height}"
        )
    longest = max(width, height)
    if not max_side or longest <= max_side:
        return width, height
    return max(1, round(width * max_side / longest)), max(1, round(height * max_side / longest))
