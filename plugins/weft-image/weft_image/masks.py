"""Making masks from pictures, and changing their outlines."""

from __future__ import annotations

from functools import partial
from typing import Literal

import cv2
import numpy
import torch
from torch import Tensor

from weft import InputError
from weft_image.colours import named, to_oklab
from weft_image.pixels import Pixels, brightness, by_picture, floats
from weft_image.tones import CHANNELS

Channel = Literal["brightness", "red", "green", "blue", "opacity"]
Shape = Literal["round", "square"]


def channel(image: Tensor, name: Channel) -> Tensor:
    """One channel [B, H, W] in 0..1; a picture without opacity is opaque.

    Raises InputError for red, green or blue of a picture with one channel.
    """
    if name == "brightness":
        return brightness(image).clamp(0, 1)
    place = CHANNELS[name]
    if place < image.shape[-1] and image.shape[-1] > 1:
        return image[..., place].clamp(0, 1)
    if name == "opacity":
        return torch.ones_like(image[..., 0])
    raise InputError(f"channel: expected one that the picture has, got {name!r} of one of grey")


def near_colour(image: Tensor, colour: str, tolerance: float, softness: float) -> Tensor:
    """1 where a pixel is within `tolerance` of a colour in Oklab, falling to 0 over `softness`.

    Distances are 100 times Oklab's: black and white are 100 apart.
    """
    *rgb, _ = named(colour)
    wanted = to_oklab(torch.tensor(rgb, dtype=image.dtype, device=image.device))
    pixels = image[..., :3].expand(*image.shape[:3], 3)
    distance = (to_oklab(pixels) - wanted).norm(dim=-1).mul(100).to(image.dtype)
    # White is not quite 1 in Oklab's published matrices: a hundredth is no difference.
    return falling(distance, tolerance + 0.01, softness)


def between(values: Tensor, low: float, high: float, softness: float) -> Tensor:
    """1 from low to high, both included, falling to 0 over `softness` on either side.

    Raises InputError where low is above high.
    """
    if low > high:
        raise InputError(f"low: expected at most high, which is {high:g}, got {low:g}")
    outside = torch.maximum(low - values, values - high).clamp(min=0)
    return falling(outside, 0, softness)


def falling(distance: Tensor, tolerance: float, softness: float) -> Tensor:
    """1 up to a tolerance, 0 from tolerance + softness on, straight between."""
    beyond = distance - tolerance
    if softness == 0:
        return (beyond <= 0).to(distance.dtype)
    return (1 - beyond / softness).clamp(0, 1)


def grown(mask: Tensor, pixels: int, shape: Shape) -> Tensor:
    """Masks [B, H, W] whose outline moved outwards, or inwards where `pixels` is negative.

    The largest, or the least, value within that distance: Euclidean for round, along the axes for
    square. What lies beyond the edge of the picture moves nothing.
    """
    if pixels == 0:
        return mask.clamp(0, 1)
    if pixels < 0:
        return 1 - grown(1 - mask, -pixels, shape)
    return by_picture(mask, partial(_dilated, radius=pixels, shape=shape)).clamp(0, 1)


def _dilated(mask: Pixels, radius: int, shape: Shape) -> Pixels:
    if shape == "square":
        side = numpy.ones((2 * radius + 1, 1), numpy.uint8)
        return floats(cv2.dilate(cv2.dilate(mask, side), side.T))
    if not numpy.isin(mask, (0, 1)).all():
        return floats(cv2.dilate(mask, disc(radius)))
    if not mask.any():
        return mask.copy()
    # For hard masks the same by distances, whose cost does not grow with the radius.
    away = cv2.distanceTransform(
        (mask == 0).astype(numpy.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    return floats(away <= radius)


def disc(radius: int) -> numpy.typing.NDArray[numpy.uint8]:
    """The pixels no further than `radius` from the middle one."""
    along = numpy.arange(-radius, radius + 1)
    return (along[:, None] ** 2 + along**2 <= radius**2).astype(numpy.uint8)
