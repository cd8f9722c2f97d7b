"""Nodes that blur and sharpen."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Advanced, Image, Range, Slider, node


@node("image:filter.blur", title="Blur")
def blur(
    image: Image,
    radius: Annotated[float, Range(0, 200, 0.5)] = 4.0,
    method: Literal["gaussian", "box", "median"] = "gaussian",
) -> Image:
    """Blur pictures.

    Beyond its edges a picture is mirrored. What is transparent does not bleed into what is seen.

    image: the pictures.
    radius: in pixels; gaussian: the standard deviation; box and median: how far the window reaches
        to each side, whole pixels for a median. 0 changes nothing.
    method: gaussian is smooth, box is a plain mean, median removes specks and keeps edges. A median
        of more than 2 pixels works in steps of 1/255.
    """
    from weft_image.blurs import blurred
    from weft_image.pixels import checked

    return blurred(checked(image), method, radius)


@node("image:filter.sharpen", title="Sharpen")
def sharpen(
    image: Image,
    amount: Annotated[float, Slider(0, 5, 0.05)] = 0.8,
    radius: Annotated[float, Range(0, 100, 0.1)] = 1.5,
    threshold: Annotated[float, Slider(0, 1, 0.005), Advanced()] = 0.0,
) -> Image:
    """Sharpen pictures with an unsharp mask: add what a blur would take away.

    image: the pictures; the opacity stays as it is.
    amount: how much of it; 0 changes nothing.
    radius: standard deviation of the blur in pixels: the size of the details that stand out.
    threshold: differences smaller than this are left alone, so that noise is not sharpened.
    """
    from weft_image.blurs import sharpened
    from weft_image.pixels import checked

    return sharpened(checked(image), radius, amount, threshold)
