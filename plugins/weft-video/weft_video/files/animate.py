"""Animated WebP and GIF files as content: the same clip and options give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from io import BytesIO

import numpy
from PIL import Image

from weft import InputError
from weft_video.files.provenance import as_text, exif
from weft_video.files.timing import durations

# GIF counts hundredths of a second, and browsers slow down what is shown for less than two.
GIF_FASTEST = 50
CLEAR = 255  # the last place of a palette stands for what is transparent
# Pixels that the palette is made from: with more, finding it takes seconds and gains nothing.
SAMPLE_SIDE = 48
SAMPLE_FRAMES = 16


def webp(
    pictures: Sequence[Image.Image],
    rate: Fraction,
    loops: int,
    quality: int,
    lossless: bool,
    texts: Mapping[str, str],
) -> bytes:
    """The content of an animated WebP file.

    loops: how often it is played; 0 for ever.
    Raises InputError for over 1000 frames per second.
    """
    times = durations(len(pictures), rate, 1)
    if min(times) < 1:
        raise InputError(f"a WebP shows at most 1000 frames per second, got {float(rate):g}")
    first, *rest = [_colours(one) for one in pictures]
    buffer = BytesIO()
    first.save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=times,
        loop=loops,
        quality=quality,
        lossless=lossless,
        exact=lossless,
        method=4,
        exif=exif(texts),
    )
    return buffer.getvalue()


def gif(
    pictures: Sequence[Image.Image],
    rate: Fraction,
    loops: int,
    colours: int,
    dither: bool,
    texts: Mapping[str, str],
) -> bytes:
    """The content of an animated GIF file, with one palette for all frames.

    loops: how often it is played; 0 for ever. colours: 2 to 255.
    Raises InputError for over 50 frames per second.
    """
    if rate > GIF_FASTEST:
        raise InputError(
            f"a GIF shows at most {GIF_FASTEST} frames per second, got {float(rate):g}; change the "
            "rate of the clip, or save a WebP"
        )
    palette = _palette(pictures, colours)
    clear = any(one.mode == "RGBA" for one in pictures)
    first, *rest = [_indexed(one, palette, dither) for one in pictures]
    # Pillow counts repetitions after the first time; without a number it plays once.
    repeats = {} if loops == 1 else {"loop": max(0, loops - 1)}
    opacity = {"transparency": CLEAR, "disposal": 2} if clear else {}
    buffer = BytesIO()
    first.save(
        buffer,
        "GIF",
        save_all=True,
        append_images=rest,
        duration=durations(len(pictures), rate, 10),
        optimize=False,
        comment=as_text(texts).encode("ascii") if texts else b"",
        **repeats,
        **opacity,
    )
    return buffer.getvalue()


def _colours(picture: Image.Image) -> Image.Image:
    return picture if picture.mode == "RGBA" else picture.convert("RGB")


def _palette(pictures: Sequence[Image.Image], colours: int) -> Image.Image:
    """A picture with the palette that suits all frames: one for each would flicker."""
    side = min(SAMPLE_SIDE, *pictures[0].size)
    shown = pictures[:: -(-len(pictures) // SAMPLE_FRAMES)]
    sheet = Image.new("RGB", (side * len(shown), side))
    for index, one in enumerate(shown):
        small = one.convert("RGB").resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(small, (index * side, 0))
    return sheet.quantize(colours, Image.Quantize.MEDIANCUT, kmeans=1)


def _indexed(picture: Image.Image, palette: Image.Image, dither: bool) -> Image.Image:
    how = Image.Dither.FLOYDSTEINBERG if dither else Image.Dither.NONE
    indexed = picture.convert("RGB").quantize(palette=palette, dither=how)
    if picture.mode != "RGBA":
        return indexed
    colours = (indexed.getpalette() or [])[: CLEAR * 3]
    places = numpy.array(indexed)
    places[numpy.asarray(picture)[..., 3] < 128] = CLEAR
    masked = Image.fromarray(places, "P")
    masked.putpalette(colours + [0] * (256 * 3 - len(colours)))
    return masked
