"""Laying pictures out in a grid with labels, for comparing them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy
import torch
from PIL import Image, ImageColor, ImageDraw, ImageFont
from torch import Tensor

from weft import InputError

MAX_PIXELS = 16384 * 16384
Label = str | int | float


def flat(images: Sequence[Tensor] | Tensor) -> list[Tensor]:
    """Every picture [H, W, C] of a list of batches, or of one batch, in order."""
    batches = [images] if isinstance(images, Tensor) else images
    return [one for batch in batches for one in batch]


def colour(name: str) -> tuple[int, int, int]:
    """A colour by name or `#rrggbb`. Raises InputError."""
    try:
        return ImageColor.getrgb(name)[:3]
    except ValueError as error:
        raise InputError(f"{name!r} is no colour; expected 'white', '#rrggbb' or alike") from error


def grid(
    images: Sequence[Tensor] | Tensor,
    columns: int | None,
    labels: Sequence[Label] | None,
    gap: int,
    background: str,
    prefix: str = "",
    label_size: int = 14,
) -> Tensor:
    """One picture [1, H, W, 3] of many, row by row, each above its label.

    columns: about as many as rows where it is None.
    """
    cells = [_rgb(one) for one in flat(images)]
    if not cells:
        raise InputError("there is no picture to lay out: the list is empty")
    if labels is not None and len(labels) != len(cells):
        raise InputError(f"{len(cells)} pictures need as many labels, got {len(labels)}")
    columns = min(columns or math.ceil(math.sqrt(len(cells))), len(cells))
    rows = math.ceil(len(cells) / columns)
    paper = colour(background)
    width = max(one.shape[1] for one in cells)
    height = max(one.shape[0] for one in cells)
    captions: list[Tensor] = []
    if labels is not None:
        captions = _captions([prefix + _text(one) for one in labels], width, paper, label_size)
        width = max(width, captions[0].shape[1])
    below = captions[0].shape[0] if captions else 0
    size = rows * (height + below) + (rows + 1) * gap, columns * width + (columns + 1) * gap
    if math.prod(size) > MAX_PIXELS:
        raise InputError(f"the grid would be too large: {size[1]} x {size[0]} pixels")
    sheet = torch.tensor(paper, dtype=torch.float32).div(255).expand(*size, 3).clone()
    for index, cell in enumerate(cells):
        top = gap + index // columns * (height + below + gap)
        left = gap + index % columns * (width + gap)
        _put(sheet, cell, top + (height - cell.shape[0]) // 2, left + (width - cell.shape[1]) // 2)
        if captions:
            caption = captions[index]
            _put(sheet, caption, top + height, left + (width - caption.shape[1]) // 2)
    return sheet[None]


def _put(sheet: Tensor, picture: Tensor, top: int, left: int) -> None:
    sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture


def _rgb(picture: Tensor) -> Tensor:
    picture = picture.cpu()
    if picture.shape[-1] == 1:
        return picture.expand(-1, -1, 3)
    if picture.shape[-1] == 4:
        return picture[..., :3]
    return picture


def _text(label: Label) -> str:
    return f"{label:g}" if isinstance(label, float) else str(label)


def _captions(
    labels: Sequence[str], width: int, paper: tuple[int, int, int], size: int
) -> list[Tensor]:
    """The labels as pictures of one size, wrapped to the width; a wide word widens all."""
    font = ImageFont.load_default(size)
    margin = size // 4
    words = [word for label in labels for word in label.split()]
    width = max([width, *(math.ceil(font.getlength(word)) + 2 * margin for word in words)])
    texts = ["\n".join(_wrapped(label, font, width - 2 * margin)) for label in labels]
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    spacing = size // 3
    boxes = [pen.multiline_textbbox((0, 0), text, font, spacing=spacing) for text in texts]
    height = math.ceil(max(box[3] for box in boxes)) + 2 * margin
    # Dark on light, light on dark.
    light = sum(weight * one for weight, one in zip((299, 587, 114), paper, strict=True)) > 128_000
    ink = (24, 24, 24) if light else (240, 240, 240)
    drawn = []
    for text in texts:
        tile = Image.new("RGB", (width, height), paper)
        ImageDraw.Draw(tile).multiline_text(
            (width / 2, margin), text, ink, font, anchor="ma", align="center", spacing=spacing
        )
        drawn.append(torch.from_numpy(numpy.asarray(tile).astype(numpy.float32) / 255))
    return drawn


def _wrapped(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> list[str]:
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines
