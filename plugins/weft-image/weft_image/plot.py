"""A histogram drawn as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy
from numpy.typing import NDArray

from weft_image.lettering import font_of, laid_out
from weft_image.pixels import LUMA, Pixels

Shown = Literal["colours", "brightness", "all"]
BINS = 256
FINE = 3  # curves are drawn that much larger, for smooth edges
PAPER, FIELD, RULE, INK = 0.086, 0.118, 0.196, 0.75
RED, GREEN, BLUE, GREY = (0.95, 0.28, 0.26), (0.2, 0.78, 0.36), (0.25, 0.5, 1.0), (0.72, 0.72, 0.74)


def counts(values: Pixels) -> NDArray[numpy.float64]:
    """How many values lie in each of 256 bins of 0..1; what lies outside counts at its end."""
    bins = numpy.minimum((values.clip(0, 1) * BINS).astype(numpy.int64), BINS - 1)
    return numpy.bincount(bins.ravel(), minlength=BINS).astype(numpy.float64)


def heights(all_counts: Sequence[NDArray[numpy.float64]], logarithmic: bool) -> list[Pixels]:
    """The curves' heights in 0..1, on one scale.

    The fullest bin but the first and the last gives the scale: black and white that fill much of a
    picture would press all else down. They are cut off at 1.
    """
    scaled = [numpy.log1p(one) if logarithmic else one for one in all_counts]
    tallest = max(float(one[1:-1].max()) for one in scaled)
    if tallest == 0:
        tallest = max(float(one.max()) for one in scaled)
    return [(one / tallest).clip(0, 1).astype(numpy.float32) for one in scaled]


def histogram(picture: Pixels, shown: Shown, logarithmic: bool, width: int, height: int) -> Pixels:
    """The histogram of one picture [H, W, C] as a picture [height, width, 3].

    Pixels that are fully transparent do not count.
    """
    planes, inks = _curves(picture, shown)
    letters = max(9, min(width // 36, height // 20))
    margin = letters
    left, top = margin, margin + round(letters * 1.6)
    right, bottom = width - margin, height - margin - round(letters * 1.6)
    canvas = numpy.full((height, width, 3), PAPER, numpy.float32)
    field = canvas[top:bottom, left:right]
    field[:] = FIELD
    for share in (0.25, 0.5, 0.75):
        field[:, round(share * (right - left))] = RULE
        field[round(share * (bottom - top))] = RULE
    found = [counts(one) for one in planes]
    for curve, ink in zip(heights(found, logarithmic), inks, strict=True):
        area, line = _drawn(curve, right - left, bottom - top)
        glow = (0.42 * area + 0.58 * line)[..., None] * numpy.array(ink, numpy.float32)
        # As light adds up, so that where all colours are it is white.
        field[:] = 1 - (1 - field) * (1 - glow)
    _write(canvas, ("0", "0.25", "0.5", "0.75", "1"), letters, (left, right), bottom)
    total = sum(float(one.sum()) for one in found)
    ends = (sum(float(one[place]) for one in found) / total for place in (0, -1))
    black, white = (f"{share:.1%}" for share in ends)
    _write(canvas, (f"black {black}", f"white {white}"), letters, (left, right), margin // 2)
    return canvas.clip(0, 1)


def _curves(picture: Pixels, shown: Shown) -> tuple[list[Pixels], list[tuple[float, float, float]]]:
    if picture.shape[2] == 4 and (picture[..., 3] > 0).any():
        pixels = picture[picture[..., 3] > 0][:, :3]
    else:
        pixels = picture[..., :3].reshape(-1, min(picture.shape[2], 3))
    if pixels.shape[1] == 1:
        return [pixels[:, 0]], [GREY]
    grey = pixels @ numpy.array(LUMA, numpy.float32)
    planes, inks = [pixels[:, index] for index in range(3)], [RED, GREEN, BLUE]
    if shown == "brightness":
        return [grey], [GREY]
    return (planes, inks) if shown == "colours" else ([*planes, grey], [*inks, GREY])


def _drawn(curve: Pixels, width: int, height: int) -> tuple[Pixels, Pixels]:
    """The area under a curve, and its line, as coverage [height, width]."""
    across = (numpy.arange(BINS) + 0.5) / BINS * width * FINE
    down = (1 - curve * 0.97) * height * FINE
    points = numpy.stack([across, down], axis=1)
    ends = [(0, points[0, 1]), *points, (width * FINE, points[-1, 1])]
    line = numpy.rint(numpy.array(ends)).astype(numpy.int32)
    base = numpy.array([(width * FINE, height * FINE), (0, height * FINE)], numpy.int32)
    planes = []
    for is_area in (True, False):
        fine = numpy.zeros((height * FINE, width * FINE), numpy.uint8)
        if is_area:
            cv2.fillPoly(fine, [numpy.concatenate([line, base])], 255)
        else:
            cv2.polylines(fine, [line], False, 255, round(1.5 * FINE))
        planes.append(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA) / 255)
    return planes[0].astype(numpy.float32), planes[1].astype(numpy.float32)


def _write(
    canvas: Pixels, texts: Sequence[str], letters: int, room: tuple[int, int], top: int
) -> None:
    """Texts evenly apart between two columns, the outer ones flush with them."""
    font = font_of(None, letters)
    left, right = room
    last = len(texts) - 1
    for index, text in enumerate(texts):
        block = laid_out(text, font)
        flush = {0: 0.0, last: 1.0}.get(index, 0.5)
        x = round(left + index / last * (right - left) - flush * block.width)
        size = canvas.shape[1], canvas.shape[0]
        cover = block.coverage(size, x, top + letters // 4)[..., None]
        canvas[:] = canvas * (1 - cover) + INK * cover
