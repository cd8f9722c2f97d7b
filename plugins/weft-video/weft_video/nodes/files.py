"""Nodes that read and write files of clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from weft import Advanced, Choices, Context, Mask, Range, Slider, Text, node
from weft_video.clip import Clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image as Pictures

Prefix = Annotated[str, Text(max_length=400)]
Quality = Annotated[int, Slider(1, 100, 1)]
Loops = Annotated[int, Range(0, 65535)]


class Loaded(NamedTuple):
    """A clip and its opacity."""

    clip: Clip
    mask: Mask


@node("video:clip.load", lane="io", title="Load video")
def load(
    path: Annotated[str, Choices.uploads()],
    ctx: Context,
    start: Annotated[float, Range(0, 1_000_000)] = 0.0,
    count: Annotated[int, Range(0, 100_000)] = 0,
    every: Annotated[int, Range(1, 10_000)] = 1,
    fps: Annotated[float, Range(0, 1000)] = 0.0,
    max_side: Annotated[int, Range(0, 8192)] = 0,
) -> Loaded:
    """Load frames from a video file: MP4, MOV, WebM, MKV, AVI, MPEG, animated WebP, GIF or PNG.

    Frames come upright, in three channels. The mask is their opacity: 1 where they are opaque, and
    everywhere in a file without transparency. Sound is not read. A file that ends earlier than it
    says is refused.

    path: the file; a relative path starts in the current folder. In a server: an uploaded file.
    start: seconds from the beginning.
    count: how many frames, at most; 0 takes all that follow.
    every: take every n-th frame; the clip then has an n-th of the rate.
    fps: frames per second, taken as a player shows them, before `every`; 0 takes the file's frames
        as they are. Set it for a file whose rate varies, such as one that a phone or a screen
        recorder made.
    max_side: frames with a longer side are reduced to this many pixels while they are decoded; 0
        keeps their size.
    """
    from fractions import Fraction

    from weft_video.files.read import read_clip
    from weft_video.files.timing import Wanted

    # To the microsecond: what people write is decimal, and floats only come near it.
    begin = Fraction(start).limit_denominator(1_000_000)
    return Loaded(*read_clip(ctx.input_file(path), Wanted(begin, count, every, fps), max_side, ctx))


@node("video:clip.save", lane="io", title="Save video")
def save(
    clip: Clip,
    ctx: Context,
    prefix: Prefix = "weft",
    codec: Literal["h264", "vp9", "ffv1"] = "h264",
    quality: Quality = 75,
    colour: Annotated[Literal["4:2:0", "4:4:4"], Advanced()] = "4:2:0",
) -> None:
    """Save a clip as a video file in the output folder, numbered, never over one that is there.

    The file carries the workflow that made it and the parameters it ran with, and no date: the same
    run gives the same bytes, with the same version of the libraries.

    clip: the clip.
    prefix: what the name starts with; `folder/name` saves in a sub-folder.
    codec: h264 gives an MP4, which plays everywhere and needs even sides; vp9 a WebM, for the web;
        ffv1 an MKV that keeps every pixel in 8 bits, for further work.
    quality: of h264 and vp9: CRF 48 - 0.4 x quality, and 63 - 0.52 x quality.
    colour: 4:2:0 keeps colour at half the width and height, as players expect; 4:4:4 keeps thin
        coloured lines sharp, and not every player shows it.
    """
    from weft_nodes.images.encode import provenance
    from weft_video.files.encode import FORMS, encoded

    count, height, width = clip.frames.shape[:3]
    shown = ctx.track(_pictures(clip), count)
    texts = provenance(ctx.workflow)
    content = encoded(shown, (width, height), clip.rate, codec, quality, colour, texts)
    _keep(ctx, clip, prefix, FORMS[codec].suffix, content, FORMS[codec].mime)


@node("video:clip.save_webp", lane="io", title="Save animated WebP")
def save_webp(
    clip: Clip,
    ctx: Context,
    prefix: Prefix = "weft",
    lossless: bool = False,
    quality: Quality = 85,
    loops: Loops = 0,
) -> None:
    """Save a clip as an animated WebP in the output folder, numbered, never over one there.

    It plays in every browser and in the editor, keeps opacity, and carries the workflow that made
    it as its EXIF description. Frames alike that follow one another are stored once, and repeated
    when they are read; where all are alike, a still picture is stored, without a rate.

    clip: the clip.
    prefix: what the name starts with; `folder/name` saves in a sub-folder.
    lossless: keep every pixel, in 8 bits.
    quality: how good; of a lossless one, how much time goes into a smaller file.
    loops: how often it is played; 0 for ever.
    """
    from weft_nodes.images.encode import provenance
    from weft_video.files.animate import webp

    pictures = list(ctx.track(_pictures(clip), len(clip.frames)))
    content = webp(pictures, clip.rate, loops, quality, lossless, provenance(ctx.workflow))
    _keep(ctx, clip, prefix, ".webp", content, "image/webp")


@node("video:clip.save_gif", lane="io", title="Save animated GIF")
def save_gif(
    clip: Clip,
    ctx: Context,
    prefix: Prefix = "weft",
    colours: Annotated[int, Range(2, 255)] = 255,
    dither: bool = True,
    loops: Loops = 0,
) -> None:
    """Save a clip as an animated GIF in the output folder, numbered, never over one that is there.

    All frames share one palette, so that colours do not flicker. It carries the workflow that made
    it as a comment. At most 50 frames per second; times are rounded to hundredths of a second.

    clip: the clip; where it has opacity, pixels are clear below one half.
    prefix: what the name starts with; `folder/name` saves in a sub-folder.
    colours: size of the palette.
    dither: mix dots of neighbouring colours (Floyd and Steinberg); without, flat areas are cleaner
        and files smaller.
    loops: how often it is played; 0 for ever.
    """
    from weft_nodes.images.encode import provenance
    from weft_video.files.animate import gif

    pictures = list(ctx.track(_pictures(clip), len(clip.frames)))
    content = gif(pictures, clip.rate, loops, colours, dither, provenance(ctx.workflow))
    _keep(ctx, clip, prefix, ".gif", content, "image/gif")


def _pictures(clip: Clip) -> Iterator[Pictures.Image]:
    from weft_nodes.images.encode import pictures

    return pictures(clip.frames)


def _keep(ctx: Context, clip: Clip, prefix: str, suffix: str, content: bytes, mime: str) -> None:
    from hashlib import sha256

    from weft_nodes.images.store import save_numbered

    count, height, width = clip.frames.shape[:3]
    path = save_numbered(ctx.output_dir, prefix, suffix, content)
    ctx.output(
        {
            "path": str(path),
            "sha256": sha256(content).hexdigest(),
            "width": width,
            "height": height,
            "frames": count,
            "fps": float(clip.rate),
            "bytes": len(content),
            "mime": mime,
        }
    )
