"""Colours by name, and Oklab, a space in which distances are what people see."""

from __future__ import annotations

import torch
from PIL import ImageColor
from torch import Tensor

from weft import InputError
from weft_image.pixels import LUMA

# Ottosson, "A perceptual color space for image processing" (2020): linear sRGB -> LMS -> Oklab.
TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def named(text: str, name: str = "colour") -> tuple[float, float, float, float]:
    """Red, green, blue and opacity in 0..1 of "white", "#rrggbb", "#rrggbbaa", "rgb(255, 0, 0)".

    Raises InputError for anything else.
    """
    try:
        red, green, blue, *rest = ImageColor.getrgb(text.strip())
    except ValueError as error:
        raise InputError(
            f"{name}: {text!r} is no colour; expected 'white', '#rrggbb', '#rrggbbaa' or alike"
        ) from error
    return red / 255, green / 255, blue / 255, (rest[0] if rest else 255) / 255


def filling(text: str, like: Tensor, name: str = "colour") -> tuple[Tensor, float]:
    """A colour by name for the colour channels of a picture, and its opacity.

    In a picture with one channel it is the colour's Rec. 709 luma. Raises InputError.
    """
    *rgb, alpha = named(text, name)
    values = rgb
    if like.shape[-1] == 1:
        values = [sum(weight * one for weight, one in zip(LUMA, rgb, strict=True))]
    return torch.tensor(values, dtype=like.dtype, device=like.device), alpha


def linear(encoded: Tensor) -> Tensor:
    """Light from sRGB's encoded values (IEC 61966-2-1)."""
    dark = encoded / 12.92
    return torch.where(encoded <= 0.04045, dark, ((encoded.clamp(min=0) + 0.055) / 1.055) ** 2.4)


def encoded(light: Tensor) -> Tensor:
    """The inverse of `linear`."""
    bright = 1.055 * light.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(light <= 0.0031308, light * 12.92, bright)


def to_oklab(rgb: Tensor) -> Tensor:
    """Oklab [..., 3] of sRGB [..., 3]: lightness 0..1, and two axes of colour, 0 for grey.

    In float64: cube roots and their inverses then cancel to well below one step of 16 bits.
    """
    lms = linear(rgb.double()) @ _matrix(TO_LMS, rgb).T
    return _cube_root(lms) @ _matrix(TO_LAB, rgb).T


def from_oklab(lab: Tensor) -> Tensor:
    """The inverse of `to_oklab`; colours that sRGB lacks fall outside 0..1."""
    lms = lab @ _matrix(TO_LAB, lab, inverse=True).T
    return encoded(lms**3 @ _matrix(TO_LMS, lab, inverse=True).T)


def _cube_root(values: Tensor) -> Tensor:
    return values.sign() * values.abs() ** (1 / 3)


def _matrix(rows: tuple[tuple[float, ...], ...], like: Tensor, inverse: bool = False) -> Tensor:
    made = torch.tensor(rows, dtype=torch.float64)
    return (torch.linalg.inv(made) if inverse else made).to(like.device)
