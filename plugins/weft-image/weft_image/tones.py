"""Levels and the tone controls: maps from one value to another, and from colour to colour."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from weft import InputError
from weft_image.pixels import LUMA, colours, joined, opacity

CHANNELS = {"red": 0, "green": 1, "blue": 2, "opacity": 3}


def on_channel(image: Tensor, channel: str, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Change one channel by name, or all colours, and leave the rest as it is.

    Raises InputError where the picture lacks the channel.
    """
    if channel == "all":
        return joined(change(colours(image)), opacity(image))
    place = CHANNELS[channel]
    if place >= image.shape[-1] or image.shape[-1] == 1:
        have = {1: "one channel of grey", 3: "red, green and blue"}[image.shape[-1]]
        raise InputError(f"channel: expected one that the picture has, got {channel!r} of {have}")
    planes = [image[..., index : index + 1] for index in range(image.shape[-1])]
    planes[place] = change(planes[place])
    return joined(torch.cat(planes, dim=-1), None)


def levels(
    values: Tensor, black: float, white: float, gamma: float, out_black: float, out_white: float
) -> Tensor:
    """out_black + (out_white - out_black) * t ** (1 / gamma), where t is 0 at black, 1 at white.

    Raises InputError unless black is below white.
    """
    if black >= white:
        raise InputError(f"black: expected less than white, which is {white:g}, got {black:g}")
    place = ((values - black) / (white - black)).clamp(0, 1)
    if gamma != 1:
        place = place ** (1 / gamma)
    return out_black + (out_white - out_black) * place


def toned(
    colour: Tensor, brightness: float, contrast: float, saturation: float, hue: float
) -> Tensor:
    """Add brightness, stretch about middle grey, then stretch and turn colours about grey.

    colour: [..., 1 or 3]; grey has no saturation and no hue, so one channel keeps only the first
    two. hue: degrees, by the matrix of feColorMatrix hueRotate (W3C Filter Effects 1).
    """
    made = (colour + brightness - 0.5) * contrast + 0.5
    if colour.shape[-1] == 1:
        return made
    if saturation != 1:
        grey = made @ torch.tensor(LUMA, dtype=made.dtype, device=made.device)
        made = torch.lerp(grey[..., None], made, saturation)
    if hue % 360:
        matrix = torch.tensor(_hue_matrix(hue), dtype=made.dtype, device=made.device)
        made = made @ matrix.T
    return made


def _hue_matrix(degrees: float) -> list[list[float]]:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    red, green, blue = 0.213, 0.715, 0.072
    turned = (
        (-red, -green, 1 - blue),
        (0.143, 0.140, -0.283),
        (red - 1, green, blue),
    )
    return [
        [
            weight + cosine * ((row == column) - weight) + sine * turned[row][column]
            for column, weight in enumerate((red, green, blue))
        ]
        for row in range(3)
    ]
