"""Nodes that make masks from pictures and change them."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Image, InputError, Mask, Range, Slider, node

Unit = Annotated[float, Slider(0, 1, 0.005)]
Channel = Literal["brightness", "red", "green", "blue", "opacity"]


@node("image:mask.from_colour", title="Mask from colour")
def from_colour(
    image: Image,
    colour: str = "white",
    tolerance: Annotated[float, Slider(0, 100, 0.5)] = 10.0,
    softness: Annotated[float, Slider(0, 100, 0.5)] = 5.0,
    invert: bool = False,
) -> Mask:
    """Select what has a colour, as a chroma key does; distances are those that people see (Oklab).

    image: the pictures.
    colour: by name or as #rrggbb.
    tolerance: how different a pixel may be; black and white are 100 apart.
    softness: over what further difference the selection fades out.
    invert: select the rest instead.
    """
    from weft_image.masks import near_colour
    from weft_image.pixels import checked

    mask = near_colour(checked(image), colour, tolerance, softness)
    return 1 - mask if invert else mask


@node("image:mask.from_threshold", title="Mask from threshold")
def from_threshold(
    image: Image,
    channel: Channel = "brightness",
    low: Unit = 0.5,
    high: Unit = 1.0,
    softness: Unit = 0.0,
    invert: bool = False,
) -> Mask:
    """Select what lies between two values of a channel, both included.

    image: the pictures.
    channel: what is compared; pictures without opacity are opaque.
    low: the least value that is selected.
    high: the greatest.
    softness: over what distance beyond them the selection fades out.
    invert: select the rest instead.
    """
    from weft_image.masks import between
    from weft_image.masks import channel as channel_of
    from weft_image.pixels import checked

    mask = between(channel_of(checked(image), channel), low, high, softness)
    return 1 - mask if invert else mask


@node("image:mask.from_channel", title="Mask from channel")
def from_channel(image: Image, channel: Channel = "brightness", invert: bool = False) -> Mask:
    """Take one channel of pictures as a mask.

    image: the pictures.
    channel: which; pictures without opacity are opaque.
    invert: take 1 minus it.
    """
    from weft_image.masks import channel as channel_of
    from weft_image.pixels import checked

    mask = channel_of(checked(image), channel)
    return 1 - mask if invert else mask.clone()


@node("image:mask.grow", title="Grow or shrink mask")
def grow(
    mask: Mask,
    pixels: Annotated[int, Range(-256, 256)] = 4,
    shape: Literal["round", "square"] = "round",
) -> Mask:
    """Move the outline of what is selected.

    mask: the masks.
    pixels: how far outwards; inwards where it is negative.
    shape: of corners that move outwards.
    """
    from weft_image.masks import grown
    from weft_image.pixels import checked_mask

    return grown(checked_mask(mask), pixels, shape)


@node("image:mask.feather", title="Feather mask")
def feather(mask: Mask, radius: Annotated[float, Range(0, 200, 0.5)] = 4.0) -> Mask:
    """Soften the outline of what is selected, half inside and half outside.

    mask: the masks.
    radius: standard deviation of a gaussian blur, in pixels.
    """
    from weft_image.blurs import blurred
    from weft_image.pixels import checked_mask

    return blurred(checked_mask(mask), "gaussian", radius)


@node("image:mask.combine", title="Combine masks")
def combine(
    first: Mask,
    second: Mask,
    mode: Literal["add", "subtract", "intersect", "difference"] = "add",
) -> Mask:
    """Combine two masks.

    first: the masks.
    second: others of the same size; one for all, or as many.
    mode: add: in either; subtract: in the first but not the second; intersect: in both;
        difference: in one of them only.
    """
    import torch

    from weft_image.pixels import checked_mask, paired

    one = checked_mask(first, "first").clamp(0, 1)
    other = paired(one, checked_mask(second, "second"), "first and second").clamp(0, 1)
    if mode == "add":
        return torch.maximum(one, other)
    if mode == "subtract":
        return torch.minimum(one, 1 - other)
    if mode == "intersect":
        return torch.minimum(one, other)
    return (one - other).abs()


@node("image:mask.invert", title="Invert mask")
def invert(mask: Mask) -> Mask:
    """Select what was not selected.

    mask: the masks.
    """
    from weft_image.pixels import checked_mask

    return 1 - checked_mask(mask).clamp(0, 1)


@node("image:mask.to_image", title="Mask to image")
def to_image(mask: Mask, black: str = "black", white: str = "white") -> Image:
    """Show a mask as a picture.

    mask: the masks.
    black: the colour of what is not selected, by name or as #rrggbb.
    white: the colour of what is.
    """
    import torch

    from weft_image.colours import named
    from weft_image.pixels import checked_mask

    ends = []
    for name, text in (("black", black), ("white", white)):
        *rgb, alpha = named(text, name)
        if alpha < 1:
            raise InputError(f"{name}: expected a colour without transparency, got {text!r}")
        ends.append(torch.tensor(rgb, dtype=mask.dtype, device=mask.device))
    return torch.lerp(ends[0], ends[1], checked_mask(mask).clamp(0, 1)[..., None])
