"""Reading a clip from a file that may be anything: bounded before it is decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy
import torch
from torch import Tensor

from weft import Context, InputError
from weft_video.clip import Clip, check_room
from weft_video.files.animation import is_animation, read_animation
from weft_video.files.decode import read_video
from weft_video.files.stream import Pixels, Source
from weft_video.files.timing import Wanted, taken


def read_clip(path: Path, wanted: Wanted, max_side: int, ctx: Context) -> tuple[Clip, Tensor]:
    """The frames that are wanted of a file, in three channels, and their opacity [T, H, W].

    max_side: frames with a longer side are reduced while they are decoded; 0 keeps their size.

    Raises InputError where the file is missing, damaged, cut off, too large or no moving picture.
    """
    if not _is_file(path):
        raise InputError(f"there is no file {str(path)[:500]!r}")
    read: Callable[[Path, Wanted, int], Source]
    read = read_animation if is_animation(path) else read_video
    with read(path, wanted, max_side) as source:
        rate = wanted.rate(source.rate)
        if source.seconds is not None:
            if wanted.start and wanted.start >= source.seconds:
                raise InputError(
                    f"start: {path} lasts {float(source.seconds):.2f} seconds, "
                    f"got {float(wanted.start):g}"
                )
            expected = wanted.expected(source.seconds, source.rate)
            check_room(expected, *source.size, str(path))
        total = wanted.count or None
        frames = ctx.track(taken(source.frames(), wanted), total)
        pixels = _collected(map(source.pixels, frames), path)
    if not pixels:
        raise InputError(
            f"{path} has no frames"
            + (f" from {float(wanted.start):g} seconds on" if wanted.start else "")
        )
    tensor, opacity = _tensors(pixels)
    return Clip(tensor, rate), opacity


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # such as a name longer than names can be
        return False


def _collected(frames: Iterable[Pixels], path: Path) -> list[Pixels]:
    """All frames, of one size. What a header promised may have been wrong."""
    kept: list[Pixels] = []
    for one in frames:
        kept.append(one)
        height, width = one.shape[:2]
        check_room(len(kept), width, height, str(path))
        if one.shape[:2] != kept[0].shape[:2]:
            first = kept[0].shape
            raise InputError(
                f"{path} changes its size from {first[1]} x {first[0]} to {width} x {height} "
                f"at frame {len(kept) - 1}; a clip has one size"
            )
    return kept


def _tensors(pixels: list[Pixels]) -> tuple[Tensor, Tensor]:
    """Frames [T, H, W, 3] and opacity [T, H, W] in 0..1. The list is emptied on the way."""
    count, (height, width) = len(pixels), pixels[0].shape[:2]
    frames = torch.empty(count, height, width, 3)
    # Opaque everywhere until a frame says otherwise: one number, however many frames.
    opacity = torch.ones(1, 1, 1).expand(count, height, width)
    see_through = any(one.shape[2] == 4 for one in pixels)
    if see_through:
        opacity = torch.ones(count, height, width)
    for index in range(count):
        one, pixels[index] = pixels[index], pixels[-1]
        white = numpy.float32(numpy.iinfo(one.dtype).max)
        scaled = torch.from_numpy(one.astype(numpy.float32) / white)
        frames[index] = scaled[..., :3]
        if one.shape[2] == 4:
            opacity[index] = scaled[..., 3]
    return frames, opacity
