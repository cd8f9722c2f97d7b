"""Contact sheets: many pictures in cells of one size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy
import torch
from torch import Tensor

from weft import InputError
from weft_image.colours import named
from weft_image.lettering import font_of, laid_out, shortened
from weft_image.pixels import LUMA, Pixels, checked, floats
from weft_image.writing import painted

MAX_PIXELS = 16384 * 16384
CHECKS = (0.8, 1.0)  # of the board behind transparent pictures
CHECK = 8  # pixels


@dataclass(frozen=True)
class Look:
    """Measures of a sheet in pixels, its colour, and its font; None for the own one."""

    columns: int
    cell: int
    gap: int
    letters: int
    background: str
    font: Path | None = None


def contact_sheet(
    images: Sequence[Tensor] | Tensor, captions: Sequence[str] | None, title: str, look: Look
) -> Tensor:
    """One picture [1, H, W, 3] of all pictures, scaled to fit their cells, row by row.

    look.columns: 0 for about as many as rows. Raises InputError.
    """
    batches = [images] if isinstance(images, Tensor) else list(images)
    pictures = [one for batch in batches for one in checked(batch, "images")]
    if not pictures:
        raise InputError("images: there is no picture to lay out: the list is empty")
    if captions is not None and len(captions) != len(pictures):
        raise InputError(f"captions: expected {len(pictures)}, one a picture, got {len(captions)}")
    columns = min(look.columns or math.ceil(math.sqrt(len(pictures))), len(pictures))
    font = font_of(look.font, look.letters)
    line = sum(font.getmetrics()) + look.letters // 2 if captions is not None else 0
    rows = math.ceil(len(pictures) / columns)
    width = columns * (look.cell + look.gap) + look.gap
    head = _head(title, width, look)
    height = head + rows * (look.cell + line + look.gap) + look.gap
    if width * height > MAX_PIXELS:
        raise InputError(f"the sheet would be too large: {width} x {height} pixels")
    paper, ink = paper_and_ink(look.background)
    sheet = numpy.tile(numpy.array(paper, numpy.float32), (height, width, 1))
    for index, picture in enumerate(pictures):
        top, left = _corner(index, columns, head, line, look)
        tile = thumbnail(picture.detach().cpu().float().contiguous().numpy(), look.cell)
        y = top + (look.cell - tile.shape[0]) // 2
        x = left + (look.cell - tile.shape[1]) // 2
        sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
    letters = numpy.zeros((height, width), numpy.float32)
    for index, caption in enumerate(captions or []):
        top, left = _corner(index, columns, head, line, look)
        block = laid_out(shortened(caption, font, look.cell), font)
        x = left + (look.cell - block.width) // 2
        _add(
            letters,
            block.coverage((look.cell, line), x - left, look.letters // 4),
            top + look.cell,
            left,
        )
    if title:
        large = font_of(look.font, _title_size(look))
        block = laid_out(shortened(title, large, width - 2 * look.gap), large)
        _add(letters, block.coverage((width, head), look.gap, look.gap), 0, 0)
    made = painted(torch.from_numpy(sheet)[None], letters, ink)
    return made.to(pictures[0].device, pictures[0].dtype)


def numbered(images: Sequence[Tensor] | Tensor, captions: Sequence[str] | None) -> list[str]:
    """Captions that begin with the number of their picture, from 1."""
    count = len(images) if isinstance(images, Tensor) else sum(len(batch) for batch in images)
    if captions is None:
        return [str(index) for index in range(1, count + 1)]
    return [f"{index}  {caption}" for index, caption in enumerate(captions, start=1)]


def paper_and_ink(background: str) -> tuple[tuple[float, float, float], str]:
    """A background's colour, and one that can be read on it. Raises InputError."""
    red, green, blue, _ = named(background, "background")
    light = sum(weight * one for weight, one in zip(LUMA, (red, green, blue), strict=True)) > 0.5
    return (red, green, blue), "#202024" if light else "#e8e8ec"


def thumbnail(picture: Pixels, cell: int) -> Pixels:
    """A picture [H, W, C] as RGB that just fits a square, a transparent one on a checkerboard."""
    height, width = picture.shape[:2]
    scale = cell / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    if picture.shape[2] == 1:
        picture = picture.repeat(3, axis=2)
    if picture.shape[2] == 3:
        return floats(cv2.resize(picture, size, interpolation=method)).clip(0, 1)
    mixed = numpy.concatenate([picture[..., :3] * picture[..., 3:], picture[..., 3:]], axis=2)
    mixed = floats(cv2.resize(mixed, size, interpolation=method)).clip(0, 1)
    down, across = numpy.indices(mixed.shape[:2]) // CHECK
    board = numpy.where((down + across) % 2 == 0, *CHECKS)[..., None]
    return floats(mixed[..., :3] + board * (1 - mixed[..., 3:])).clip(0, 1)


def _corner(index: int, columns: int, head: int, line: int, look: Look) -> tuple[int, int]:
    row, column = divmod(index, columns)
    top = head + look.gap + row * (look.cell + line + look.gap)
    return top, look.gap + column * (look.cell + look.gap)


def _title_size(look: Look) -> int:
    return round(look.letters * 1.5)


def _head(title: str, width: int, look: Look) -> int:
    if not title:
        return 0
    return look.gap + sum(font_of(look.font, _title_size(look)).getmetrics())


def _add(letters: Pixels, coverage: Pixels, top: int, left: int) -> None:
    letters[top : top + coverage.shape[0], left : left + coverage.shape[1]] += coverage
