"""Blur and sharpen, with OpenCV, in float32 and with colours weighted by their opacity."""

from __future__ import annotations

from functools import partial
from typing import Literal

import cv2
import numpy
import torch
from torch import Tensor

from weft import InputError
from weft_image.pixels import Pixels, by_picture, colours, floats, joined, opacity

Method = Literal["gaussian", "box", "median"]
# OpenCV's median takes floats up to 5 x 5, and bytes beyond.
EXACT_MEDIAN = 2


def blurred(image: Tensor, method: Method, radius: float) -> Tensor:
    """Pictures [B, H, W, C] or masks [B, H, W], blurred; mirrored beyond their edges.

    radius: gaussian: the standard deviation; box, median: pixels to each side of the middle. A box
    of a broken radius weights its outermost pixels by the fraction. Raises InputError for a median
    of one.
    """
    if radius == 0:
        return image.clamp(0, 1)
    if method == "median":
        if radius != int(radius):
            raise InputError(f"radius: a median takes whole pixels, got {radius:g}")
        return by_picture(image, partial(_median, radius=int(radius))).clamp(0, 1)
    work = partial(_gaussian if method == "gaussian" else _box, radius=radius)
    alpha = opacity(image) if image.ndim == 4 else None
    if alpha is None:
        return by_picture(image, work).clamp(0, 1)
    # Else what hides under transparent pixels would bleed into what is seen.
    mixed = by_picture(torch.cat([colours(image) * alpha, alpha], dim=-1), work)
    weight = mixed[..., 3:]
    seen = mixed[..., :3] / weight.clamp(min=1e-6)
    return joined(torch.where(weight > 1e-6, seen, colours(image)), weight)


def sharpened(image: Tensor, radius: float, amount: float, threshold: float) -> Tensor:
    """image + amount * (image - its gaussian blur), where the two differ by the threshold or more.

    The opacity stays as it is.
    """
    detail = colours(image) - colours(blurred(image, "gaussian", radius))
    detail = torch.where(detail.abs() >= threshold, detail, 0.0)
    return joined(colours(image) + amount * detail, opacity(image))


def _gaussian(picture: Pixels, radius: float) -> Pixels:
    return floats(cv2.GaussianBlur(picture, (0, 0), radius, borderType=cv2.BORDER_REFLECT))


def _box(picture: Pixels, radius: float) -> Pixels:
    whole = int(radius)
    side = 2 * whole + 1
    if radius == whole:
        return floats(cv2.blur(picture, (side, side), borderType=cv2.BORDER_REFLECT))
    weights = numpy.ones(side + 2)
    weights[0] = weights[-1] = radius - whole
    weights /= weights.sum()
    return floats(cv2.sepFilter2D(picture, -1, weights, weights, borderType=cv2.BORDER_REFLECT))


def _median(picture: Pixels, radius: int) -> Pixels:
    side = 2 * radius + 1
    if radius <= EXACT_MEDIAN:
        return floats(cv2.medianBlur(picture, side))
    steps = numpy.rint(picture.clip(0, 1) * 255).astype(numpy.uint8)
    return floats(cv2.medianBlur(steps, side)) / numpy.float32(255)
