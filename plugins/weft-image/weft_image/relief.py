"""What the slopes of brightness show: edges, and the normals of a surface of that height."""

from __future__ import annotations

from functools import partial

import cv2
import numpy
import torch
from torch import Tensor

from weft_image.blurs import blurred
from weft_image.pixels import Pixels, brightness, by_picture, floats

# Canny takes gradients as 16-bit integers: the steepest, 4 for Sobel's 3 x 3, stays within them.
CANNY_UNITS = 255 * 16


def sobel(image: Tensor, blur: float) -> Tensor:
    """The steepness of brightness [B, H, W] in 0..1; a straight step of 1 gives 1."""
    return by_picture(_height(image, blur), _steepness).clamp(0, 1)


def canny(image: Tensor, low: float, high: float, blur: float) -> Tensor:
    """Thin edges [B, H, W], 0 or 1 (Canny, "A Computational Approach to Edge Detection", 1986).

    low, high: steepness in brightness a pixel by Sobel's unscaled 3 x 3: an edge begins above
    `high` and is followed while above `low`.
    """
    return by_picture(_height(image, blur), partial(_canny, low=low, high=high))


def normals(image: Tensor, strength: float, blur: float, tile: bool, green_up: bool) -> Tensor:
    """The unit normals of brightness taken as height, as colours n / 2 + 1/2, [B, H, W, 3].

    strength: the height of white above black, in pixels. tile: the picture repeats beyond its
    edges. green_up: y points up, as OpenGL has it, else down, as DirectX does.
    """
    work = partial(_slopes, blur=blur, tile=tile)
    slopes = by_picture(brightness(image)[..., None], work) * strength
    across, down = slopes[..., 0], slopes[..., 1]
    normal = torch.stack([-across, down if green_up else -down, torch.ones_like(down)], dim=-1)
    return (torch.nn.functional.normalize(normal, dim=-1) / 2 + 0.5).clamp(0, 1)


def _height(image: Tensor, blur: float) -> Tensor:
    return blurred(brightness(image), "gaussian", blur)


def _gradient(plane: Pixels) -> tuple[Pixels, Pixels]:
    """Sobel's slopes to the right and down, 8 for a rise of 1 in a pixel; edges replicated."""
    across, down = (
        floats(cv2.Sobel(plane, cv2.CV_32F, x, y, ksize=3, borderType=cv2.BORDER_REPLICATE))
        for x, y in ((1, 0), (0, 1))
    )
    return across, down


def _steepness(plane: Pixels) -> Pixels:
    across, down = _gradient(plane)
    # A step of 1 is 4 to Sobel: its weights, 1, 2 and 1.
    return floats(numpy.hypot(across, down) / 4)


def _canny(plane: Pixels, low: float, high: float) -> Pixels:
    across, down = (numpy.rint(one * CANNY_UNITS).astype(numpy.int16) for one in _gradient(plane))
    edges = cv2.Canny(across, down, low * CANNY_UNITS, high * CANNY_UNITS, L2gradient=True)
    return floats(edges > 0)


def _slopes(plane: Pixels, blur: float, tile: bool) -> Pixels:
    margin = int(numpy.ceil(4 * blur)) + 1
    border = cv2.BORDER_WRAP if tile else cv2.BORDER_REPLICATE
    wide = floats(cv2.copyMakeBorder(plane, margin, margin, margin, margin, border))
    if blur > 0:
        wide = floats(cv2.GaussianBlur(wide, (0, 0), blur))
    across, down = _gradient(wide)
    inside = slice(margin, -margin)
    return floats(numpy.stack([across[inside, inside], down[inside, inside]], axis=-1) / 8)
