"""Nodes that read and write picture files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from weft import Advanced, Choices, Context, Image, Mask, Slider, Text, node

if TYPE_CHECKING:
    from pathlib import Path


class Loaded(NamedTuple):
    """A picture and its opacity."""

    image: Image
    mask: Mask


@node("image.load", lane="io", title="Load image")
def load(path: Annotated[str, Choices.uploads()], ctx: Context) -> Loaded:
    """Load a picture from a PNG, JPEG, WebP, GIF, BMP or TIFF file.

    It comes upright, as its EXIF orientation says, with three channels. The mask is its opacity:
    1 where it is opaque, and everywhere in a picture without transparency. Of a file with several
    pictures, such as an animation, the first is read.

    path: the file; a relative path starts in the current folder. In a server: an uploaded file.
    """
    from weft_nodes.images.read import read_image

    return Loaded(*read_image(ctx.input_file(path)))


@node("image.load_mask", lane="io", title="Load mask")
def load_mask(
    path: Annotated[str, Choices.uploads()],
    ctx: Context,
    channel: Literal["brightness", "opacity"] = "brightness",
    invert: bool = False,
) -> Mask:
    """Load a mask from a picture file, such as one that was painted in the editor.

    path: the file; a relative path starts in the current folder. In a server: an uploaded file.
    channel: what selects; brightness: white is selected, opacity: what is opaque is.
    invert: select the rest instead.
    """
    from weft_nodes.images.read import read_mask

    mask = read_mask(ctx.input_file(path), channel)
    return 1 - mask if invert else mask


@node("image.save", lane="io", title="Save image")
def save(
    image: Image,
    ctx: Context,
    prefix: Annotated[str, Text(max_length=400)] = "weft",
    format: Literal["png", "jpeg", "webp"] = "png",
    quality: Annotated[int, Slider(1, 100, 1), Advanced()] = 90,
) -> None:
    """Save pictures to the output folder, numbered, never over a file that is there.

    A PNG carries the workflow that made it and the parameters it ran with, and no time: the same
    run gives the same bytes.

    image: the pictures; each of a batch gets a file of its own.
    prefix: what the names start with; `folder/name` saves in a sub-folder.
    format: png keeps every pixel and carries the workflow; jpeg and webp are smaller.
    quality: of jpeg and webp.
    """
    from weft_nodes.images.encode import SUFFIXES, encoded, pictures, provenance
    from weft_nodes.images.store import save_numbered

    texts = provenance(ctx.workflow) if format == "png" else {}
    for picture in ctx.track(list(pictures(image))):
        content = encoded(picture, format, quality, texts)
        path = save_numbered(ctx.output_dir, prefix, SUFFIXES[format], content)
        ctx.output(record_of(path, content, picture.size, f"image/{format}"))


@node("image.preview", lane="io", title="Preview image")
def preview(image: Image, ctx: Context) -> None:
    """Show pictures without keeping them.

    A reduced copy goes to `.previews` in the output folder, where only the newest are kept.

    image: the pictures.
    """
    from weft_nodes.images.encode import encoded, pictures
    from weft_nodes.images.store import save_preview

    for picture in ctx.track(list(pictures(image))):
        picture.thumbnail((1024, 1024))
        content = encoded(picture, "png")
        path = save_preview(ctx.output_dir, content)
        ctx.output({**record_of(path, content, picture.size, "image/png"), "preview": True})


def record_of(path: Path, content: bytes, size: tuple[int, int], mime: str) -> dict[str, object]:
    """What an output node tells of a file: see `Context.output`. size: width, height."""
    from hashlib import sha256

    width, height = size
    return {
        "path": str(path),
        "sha256": sha256(content).hexdigest(),
        "width": width,
        "height": height,
        "bytes": len(content),
        "mime": mime,
    }
