"""Letters as coverage: how much of each pixel a text covers, with Pillow's FreeType."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy
from PIL import Image, ImageDraw, ImageFont

from weft import InputError
from weft_image.pixels import Pixels, floats

Align = Literal["left", "centre", "right"]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_of(path: Path | None, size: int) -> ImageFont.FreeTypeFont:
    """A TrueType or OpenType font; where there is no path the one that Pillow brings.

    Raises InputError for a file that is no font.
    """
    if path is None:
        made = ImageFont.load_default(size)
        if not isinstance(made, ImageFont.FreeTypeFont):
            raise InputError("this Pillow was built without FreeType; it can draw no text")
        return made
    try:
        return ImageFont.truetype(str(path), size)
    except OSError as error:
        raise InputError(f"font: {path.name} is no TrueType or OpenType font: {error}") from error


@dataclass(frozen=True)
class Block:
    """Lines of text, laid out: their box is `width` by `height` pixels, and letters may lean out.

    pitch: from one baseline to the next, in pixels.
    """

    lines: Sequence[str]
    font: ImageFont.FreeTypeFont
    align: Align
    pitch: float
    width: int
    height: int

    def coverage(self, size: tuple[int, int], left: int, top: int, stroke: int = 0) -> Pixels:
        """The share of each pixel [H, W] that the letters cover, with their box's corner there.

        size: width and height of the picture. stroke: pixels by which the letters are fatter.
        """
        plane = Image.new("L", size)
        pen = ImageDraw.Draw(plane)
        ascent, _ = self.font.getmetrics()
        for index, line in enumerate(self.lines):
            spare = self.width - self.font.getlength(line)
            shift = {"left": 0.0, "centre": spare / 2, "right": spare}[self.align]
            place = left + round(shift), top + round(ascent + index * self.pitch)
            pen.text(place, line, 255, self.font, anchor="ls", stroke_width=stroke)
        return floats(numpy.asarray(plane)) / numpy.float32(255)


def laid_out(
    text: str,
    font: ImageFont.FreeTypeFont,
    align: Align = "left",
    width: int | None = None,
    spacing: float = 1.0,
) -> Block:
    """Lay a text out, wrapped to a width in pixels; None keeps its own lines.

    spacing: from line to line, in heights of a line of the font.
    """
    lines = text.expandtabs(4).splitlines() or [""]
    if width is not None:
        lines = [part for line in lines for part in _wrapped(line, font, width)]
    ascent, descent = font.getmetrics()
    pitch = (ascent + descent) * spacing
    widest = max(font.getlength(line) for line in lines)
    height = ascent + descent + pitch * (len(lines) - 1)
    return Block(lines, font, align, pitch, round(widest), round(height))


def shortened(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """A text on one line no wider than that, with an ellipsis for what is left out."""
    line = " ".join(text.split())
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"


def _wrapped(line: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    made, current = [], ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if font.getlength(longer) <= width:
            current = longer
            continue
        if current:
            made.append(current)
        # A word wider than all the room is broken where the room ends.
        while len(word) > 1 and font.getlength(word) > width:
            count = max(1, _fitting(word, font, width))
            made.append(word[:count])
            word = word[count:]
        current = word
    return [*made, current]


def _fitting(word: str, font: ImageFont.FreeTypeFont, width: int) -> int:
    count = 0
    while count < len(word) and font.getlength(word[: count + 1]) <= width:
        count += 1
    return count
