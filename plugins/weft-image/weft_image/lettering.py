"""Letters as coverage: how much of each pixel a text covers, with Pillow's FreeType."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy
from PIL import Image, ImageDraw, ImageFont

from weft import InputError
from weft_image.pixels import Pixels, floats

Align = Literal["left", "centre", "right"]
# DejaVu covers Latin, Greek, Cyrillic and more; the font that Pillow brings has no umlauts.
OWN_FONT = Path(__file__).parent / "fonts/DejaVuSans.ttf"
NOT_A_CHARACTER = "\U0010ffff"  # no font has a letter for it


def font_of(path: Path | None, size: int) -> ImageFont.FreeTypeFont:
    """A TrueType or OpenType font; where there is no path DejaVu Sans, which comes with this.

    Raises InputError for a file that is no font.
    """
    try:
        return ImageFont.truetype(str(path or OWN_FONT), size)
    except OSError as error:
        name = (path or OWN_FONT).name
        raise InputError(f"font: {name} is no TrueType or OpenType font: {error}") from error


def lacking(text: str, font: ImageFont.FreeTypeFont) -> str:
    """The characters of a text for which a font has no letter, and would draw an empty box."""
    box = _drawn(NOT_A_CHARACTER, font)
    return "".join(one for one in dict.fromkeys(text) if _shows(one) and _drawn(one, font) == box)


def _shows(character: str) -> bool:
    """Whether a character draws something by itself: no space, mark or control character."""
    return (
        unicodedata.category(character)[0] not in "ZMC" or unicodedata.category(character) == "Co"
    )


def _drawn(character: str, font: ImageFont.FreeTypeFont) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)


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

    spacing: from line to line, in heights of a line of the font. Raises InputError where the font
    lacks a letter of the text.
    """
    without = lacking(text, font)
    if without:
        raise InputError(
            f"the font {font.getname()[0]} has no letters for {' '.join(without[:20])!r}; "
            "give a font file that has them"
        )
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
