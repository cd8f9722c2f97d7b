"""Nodes that change pictures and put them together."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from weft import Advanced, Image, InputError, Mask, Range, Slider, node

Side = Annotated[int, Range(1, 8192)]
Gap = Annotated[int, Range(0, 1024)]


class Size(NamedTuple):
    """The sides of a picture in pixels, and how many pictures there are."""

    width: int
    height: int
    batch: int


@node("image.resize", title="Resize image")
def resize(
    image: Image,
    width: Side = 512,
    height: Side = 512,
    method: Literal["nearest", "bilinear", "bicubic", "lanczos", "area"] = "lanczos",
    fit: Literal["stretch", "contain", "cover"] = "stretch",
) -> Image:
    """Resize pictures.

    image: the pictures.
    width: the new width in pixels.
    height: the new height in pixels.
    method: how pixels are found; lanczos for photographs, nearest to keep hard pixels.
    fit: stretch takes exactly this size; contain keeps the shape and fits inside it, so that one
        side may be smaller; cover keeps the shape and cuts off what stands out.
    """
    from weft_nodes.images.resize import resized

    return resized(image, width, height, method, fit)


@node("image.size", lane="inline", title="Image size")
def size(image: Image) -> Size:
    """The size of pictures.

    image: the pictures.
    """
    batch, height, width = image.shape[:3]
    return Size(width, height, batch)


@node("image.batch", title="Batch images")
def batch(images: list[Image]) -> Image:
    """Put a list of pictures of one size into one batch.

    images: the pictures; those of a batch keep their order.
    """
    import torch

    if not images:
        raise InputError("there is no picture to put into a batch: the list is empty")
    shapes = {tuple(one.shape[1:]) for one in images}
    if len(shapes) > 1:
        sizes = ", ".join(sorted(f"{width} x {height}" for height, width, _ in shapes))
        raise InputError(f"pictures of a batch have one size and one kind of pixel, got {sizes}")
    return torch.cat([one.to(images[0].device) for one in images])


@node("image.split", title="Split image batch")
def split(image: Image) -> list[Image]:
    """Take a batch apart: a list with one picture in each place.

    image: the pictures.
    """
    return [one[None].clone() for one in image]


@node("image.blend", title="Blend images")
def blend(
    base: Image,
    over: Image,
    mask: Mask | None = None,
    amount: Annotated[float, Slider(0, 1, 0.01)] = 1.0,
) -> Image:
    """Lay pictures over others, everywhere or where a mask selects.

    base: the pictures underneath.
    over: the pictures on top, of the same size.
    mask: where they show, of the same size; empty for everywhere.
    amount: how much of them shows; 1 hides what is underneath.
    """
    import torch

    given = {"base": base, "over": over} | ({} if mask is None else {"mask": mask})
    if len({tuple(one.shape[1:3]) for one in given.values()}) > 1:
        sizes = ", ".join(f"{name} {one.shape[2]} x {one.shape[1]}" for name, one in given.items())
        raise InputError(f"pictures to blend have one size, got {sizes}")
    if base.shape[3] != over.shape[3] or len({len(one) for one in given.values()} - {1}) > 1:
        shapes = ", ".join(f"{name} {list(one.shape)}" for name, one in given.items())
        raise InputError(f"pictures to blend have one kind of pixel and are as many, got {shapes}")
    device = base.device
    weight = amount if mask is None else amount * mask.to(device)[..., None]
    return torch.lerp(base, over.to(device), weight)


@node("image.grid", title="Image grid")
def grid(
    images: list[Image] | Image,
    columns: Annotated[int, Range(1, 1000)] | None = None,
    labels: list[str | int | float] | None = None,
    label_prefix: Annotated[str, Advanced()] = "",
    label_size: Annotated[int, Range(8, 128), Advanced()] = 14,
    gap: Annotated[Gap, Advanced()] = 8,
    background: Annotated[str, Advanced()] = "white",
) -> Image:
    """Lay pictures out side by side, with a label under each, to compare them.

    images: the pictures, row by row; smaller ones stand in the middle of their cell.
    columns: how many in a row; empty for about as many as rows.
    labels: a text or a number for each picture; empty for none.
    label_prefix: what every label starts with, such as "seed ".
    label_size: height of the letters in pixels.
    gap: pixels between pictures and around them.
    background: a colour by name or as #rrggbb.
    """
    from weft_nodes.images.grid import grid as laid_out

    return laid_out(images, columns, labels, gap, background, label_prefix, label_size)


@node("image.strip", title="Image strip")
def strip(images: list[Image] | Image, gap: Gap = 0, background: str = "white") -> Image:
    """Lay pictures out in one row, from left to right.

    images: the pictures, in order.
    gap: pixels between pictures and around them.
    background: the colour of the gaps, by name or as #rrggbb.
    """
    from weft_nodes.images.grid import flat
    from weft_nodes.images.grid import grid as laid_out

    return laid_out(images, max(1, len(flat(images))), None, gap, background)
