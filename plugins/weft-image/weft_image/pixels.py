"""Pictures on their way through a node: checked, taken apart, handed to a library, put together."""

from __future__ import annotations

from collections.abc import Callable

import numpy
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from weft import InputError

Pixels = NDArray[numpy.float32]
# Rec. 709 luma: how bright red, green and blue look.
LUMA = (0.2126, 0.7152, 0.0722)


def checked(image: Tensor, name: str = "image") -> Tensor:
    """The pictures as they are. Raises InputError unless they are [B, H, W, 1, 3 or 4], not empty
    and finite.
    """
    if image.ndim != 4:
        raise InputError(f"{name}: expected pictures [B, H, W, C], got {list(image.shape)}")
    if image.shape[3] not in (1, 3, 4):
        raise InputError(f"{name}: expected 1, 3 or 4 channels, got {image.shape[3]}")
    return _filled(image, name)


def checked_mask(mask: Tensor, name: str = "mask") -> Tensor:
    """The masks as they are. Raises InputError unless they are [B, H, W], not empty and finite."""
    if mask.ndim != 3:
        raise InputError(f"{name}: expected masks [B, H, W], got {list(mask.shape)}")
    return _filled(mask, name)


def _filled(values: Tensor, name: str) -> Tensor:
    if values.numel() == 0:
        raise InputError(f"{name}: there are no pixels in {list(values.shape)}")
    if not torch.isfinite(values).all():
        raise InputError(f"{name}: some values are NaN or infinite")
    return values


def paired(first: Tensor, second: Tensor, names: str, same_size: bool = True) -> Tensor:
    """The second batch, as many and on the device of the first; one stands for all.

    names: the two inputs, "image and mask". Raises InputError where they do not go together.
    """
    if same_size and first.shape[1:3] != second.shape[1:3]:
        sizes = " and ".join(f"{one.shape[2]} x {one.shape[1]}" for one in (first, second))
        raise InputError(f"{names}: expected one size, got {sizes}")
    if len(second) not in (1, len(first)):
        raise InputError(
            f"{names}: expected one for all or as many, got {len(first)} and {len(second)}"
        )
    return second.to(first.device).expand(len(first), *second.shape[1:])


def colours(image: Tensor) -> Tensor:
    """The channels without opacity: [B, H, W, 1 or 3]."""
    return image[..., :3]


def opacity(image: Tensor) -> Tensor | None:
    """The opacity [B, H, W, 1]; None where the pictures have none."""
    return image[..., 3:] if image.shape[-1] == 4 else None


def joined(colour: Tensor, alpha: Tensor | None) -> Tensor:
    """Colours with their opacity again, in 0..1."""
    whole = colour if alpha is None else torch.cat([colour, alpha], dim=-1)
    return whole.clamp(0, 1)


def brightness(image: Tensor) -> Tensor:
    """Rec. 709 luma [B, H, W] of the encoded values, opacity left out."""
    if image.shape[-1] == 1:
        return image[..., 0]
    return colours(image) @ torch.tensor(LUMA, dtype=image.dtype, device=image.device)


def floats(values: ArrayLike) -> Pixels:
    """An array of float32; the same one, where it is."""
    return numpy.asarray(values, numpy.float32)


def by_picture(values: Tensor, work: Callable[[Pixels], Pixels]) -> Tensor:
    """What a CPU library makes of each picture [H, W, C] or mask [H, W] of a batch.

    work: returns a new array; one that lost a last axis of length 1, as OpenCV does, gets it back.
    The answer is on the device, and of the dtype, of what was given.
    """
    host = values.detach().to("cpu", torch.float32).contiguous().numpy()
    made = []
    for one in host:
        answer = numpy.ascontiguousarray(work(one), dtype=numpy.float32)
        if one.ndim == 3 and answer.ndim == 2:
            answer = answer[..., None]
        made.append(torch.from_numpy(answer))
    return torch.stack(made).to(values.device, values.dtype)
