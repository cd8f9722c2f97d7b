"""Nodes that take pictures off their background."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Image, InputError, Mask, Range, node


@node("image:compose.remove_background", title="Remove background")
def remove_background(
    image: Image,
    mask: Mask | None = None,
    fill: Literal["transparent", "colour", "picture"] = "transparent",
    colour: str = "white",
    background: Image | None = None,
    shrink: Annotated[int, Range(-64, 64)] = 0,
    feather: Annotated[float, Range(0, 100, 0.5)] = 0.0,
    invert: bool = False,
) -> Image:
    """Keep what a mask selects, and put nothing, a colour or another picture behind it.

    image: the pictures; of those with opacity only what was opaque is kept.
    mask: what is kept, of the same size; one for all, or as many. Empty to keep what is opaque.
    fill: what comes behind it. Transparent gives pictures with four channels.
    colour: by name, as #rrggbb or as #rrggbbaa, where fill is colour.
    background: the pictures behind, of the same size, where fill is picture.
    shrink: pixels by which the outline moves inwards first; it takes off fringes.
    feather: standard deviation in pixels by which the outline is then softened.
    invert: keep what the mask does not select.
    """
    from weft_image.blurs import blurred
    from weft_image.colours import filling
    from weft_image.composite import cut_out, over
    from weft_image.masks import channel, grown
    from weft_image.pixels import checked, checked_mask, paired

    checked(image)
    if mask is None and image.shape[-1] != 4:
        raise InputError("mask: expected one, since the pictures have no opacity of their own")
    if mask is None and invert:
        raise InputError("invert: expected a mask to invert, and there is none")
    if mask is None:
        selected = channel(image, "opacity")
    else:
        selected = paired(image, checked_mask(mask).clamp(0, 1), "image and mask")
    if invert:
        selected = 1 - selected
    softened = blurred(grown(selected, -shrink, "round"), "gaussian", feather)
    top = cut_out(image, softened, of_own=mask is None)
    if fill == "transparent":
        return top
    if fill == "colour":
        paint, alpha = filling(colour, top[..., :3])
        if alpha == 1:
            return over(top, paint.expand(*top.shape[:3], 3))
        behind = top.new_full((*top.shape[:3], 4), alpha)
        behind[..., :3] = paint
        return over(top, behind)
    if background is None:
        raise InputError("background: expected a picture, since fill is 'picture'")
    behind = paired(image, checked(background, "background"), "image and background")
    if behind.shape[-1] == 1:
        behind = behind.expand(*behind.shape[:3], 3)
    return over(top, behind)
