"""Nodes that show what is in a picture: edges, relief, the distribution of its values."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from weft import Advanced, Image, InputError, Mask, Range, Slider, node

Blur = Annotated[float, Range(0, 50, 0.1)]
Side = Annotated[int, Range(128, 4096)]


class Edges(NamedTuple):
    """Edges, white on black, and as a mask."""

    image: Image
    mask: Mask


@node("image:analyse.edges", title="Edges")
def edges(
    image: Image,
    method: Literal["canny", "sobel"] = "canny",
    low: Annotated[float, Slider(0, 4, 0.01)] = 0.2,
    high: Annotated[float, Slider(0, 4, 0.01)] = 0.4,
    blur: Blur = 1.0,
) -> Edges:
    """Find edges in the brightness of pictures.

    image: the pictures; opacity does not count.
    method: canny gives thin lines that are there or not; sobel how steep every place is.
    low: canny: a line is followed while it is steeper than this: OpenCV's threshold,
        divided by 255.
    high: canny: a line begins where it is steeper than this.
    blur: standard deviation in pixels of a blur that comes first and quiets noise.
    """
    from weft_image.pixels import checked
    from weft_image.relief import canny, sobel

    if low > high:
        raise InputError(f"low: expected at most high, which is {high:g}, got {low:g}")
    checked(image)
    mask = canny(image, low, high, blur) if method == "canny" else sobel(image, blur)
    return Edges(mask[..., None].repeat(1, 1, 1, 3), mask)


@node("image:analyse.normal_map", title="Normal map")
def normal_map(
    image: Image,
    strength: Annotated[float, Range(0, 200, 0.1)] = 8.0,
    blur: Blur = 0.0,
    green: Literal["up", "down"] = "up",
    tile: bool = False,
    invert: bool = False,
) -> Image:
    """Make a normal map from brightness taken as height: bright is high.

    It needs no depth: a texture's own light and dark give the relief.

    image: the pictures; opacity does not count.
    strength: how many pixels white stands above black; 0 gives a flat surface.
    blur: standard deviation in pixels of a blur that comes first, for a softer relief.
    green: up, as OpenGL, Blender and Unity have it, or down, as DirectX and Unreal do.
    tile: whether the picture repeats beyond its edges, as a texture does.
    invert: dark is high instead.
    """
    from weft_image.pixels import checked
    from weft_image.relief import normals

    signed = -strength if invert else strength
    return normals(checked(image), signed, blur, tile, green == "up")


@node("image:analyse.histogram", title="Histogram")
def histogram(
    image: Image,
    show: Literal["colours", "brightness", "all"] = "colours",
    logarithmic: bool = False,
    width: Annotated[Side, Advanced()] = 512,
    height: Annotated[Side, Advanced()] = 320,
) -> Image:
    """Draw how often each value occurs in a picture, from black at the left to white at the right.

    Each picture of a batch gets its own. The fullest bin but the first and the last gives the
    scale, so that a white background does not flatten all else. Above the curves stand the shares
    of values that are fully black and fully white.

    image: the pictures; what is fully transparent does not count.
    show: red, green and blue, the brightness, or all four.
    logarithmic: show rare values larger.
    width: of the drawing in pixels.
    height: of the drawing in pixels.
    """
    import torch

    from weft_image.pixels import by_picture, checked
    from weft_image.plot import histogram as plot

    checked(image)
    made = [
        by_picture(one[None], lambda pixels: plot(pixels, show, logarithmic, width, height))
        for one in image
    ]
    return torch.cat(made)
