"""Where tiles lie, and how much each counts where several overlap.

Along each axis, tiles are as many as needed and all about equally long. In the strip that two
neighbours share, the outer quarter of either is only context: it is computed, because a network
that ends a picture there draws its border wrong, and not used. Across the half in between, one
tile fades into the other. So the result is that of the whole picture, up to rounding, wherever a
quarter of the overlap reaches as far as the network looks; else, seams are faded over.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor

from weft import InputError


class Span(NamedTuple):
    """From start up to end, in pixels of the picture given."""

    start: int
    end: int


def spans(length: int, tile: int, overlap: int, multiple_of: int = 1) -> list[Span]:
    """The spans that cover `length` pixels, each at most `tile` long.

    They start, and but for the last one end, at a multiple of `multiple_of`, so that no network
    has to pad them where it would not pad the whole. tile 0: one span.

    Raises InputError where a tile is less than twice the overlap, or too small for the multiple.
    """
    if tile == 0 or length <= tile:
        return [Span(0, length)]
    side = tile // multiple_of * multiple_of
    least = max(2 * overlap, overlap + 2 * multiple_of)
    if side < least:
        raise InputError(
            f"tile: expected at least {_up(least, multiple_of)} with an overlap of {overlap}"
            + (f" and a model that works in steps of {multiple_of}" if multiple_of > 1 else "")
            + f", got {tile}"
        )
    whole = _up(length, multiple_of)  # as the network pads it
    shared = overlap + multiple_of - 1  # starts are rounded down
    for number in count(2):
        size = _up(-(-(whole + (number - 1) * shared) // number), multiple_of)
        if size <= side:
            break
    last = number - 1
    starts = [
        (whole - size) * index // last // multiple_of * multiple_of for index in range(number)
    ]
    return [Span(start, min(start + size, length)) for start in starts]


def weights(row: Sequence[Span], scale: int) -> list[Tensor]:
    """How much each span counts at each of its pixels in the result, [(end - start) * scale].

    At every pixel of the result they sum to 1.
    """
    length = row[-1].end * scale
    total = torch.zeros(length, dtype=torch.float64)
    parts = []
    for index, span in enumerate(row):
        part = torch.ones((span.end - span.start) * scale, dtype=torch.float64)
        place = (torch.arange(len(part), dtype=torch.float64) + 0.5) / scale
        if index > 0:
            part *= _ramp(place, row[index - 1].end - span.start)
        if index < len(row) - 1:
            part *= _ramp((span.end - span.start) - place, span.end - row[index + 1].start)
        total[span.start * scale : span.end * scale] += part
        parts.append(part)
    return [
        (part / total[span.start * scale : span.end * scale]).float()
        for part, span in zip(parts, row, strict=True)
    ]


def _ramp(depth: Tensor, shared: int) -> Tensor:
    """0 in the outer quarter of the shared strip, 1 in its inner quarter, a line between them."""
    if shared == 0:
        return torch.ones_like(depth)
    return ((depth - shared / 4) / (shared / 2)).clamp(0, 1)


def _up(value: int, multiple_of: int) -> int:
    return -(-value // multiple_of) * multiple_of
