"""Resizing pictures."""

from __future__ import annotations

from typing import Literal

import numpy
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

Method = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
Fit = Literal["stretch", "contain", "cover"]
# torch's antialiasing on CUDA keeps the filter's weights in a block's memory, which is soon full.
CUDA_SHRINKS = 32


def resized(image: Tensor, width: int, height: int, method: Method, fit: Fit) -> Tensor:
    """The pictures [B, H, W, C] in another size.

    fit: stretch to exactly width x height; contain the whole picture in it, keeping its shape; or
        cover it, keeping the shape and cutting off what stands out on both sides.
    """
    old_height, old_width = image.shape[1:3]
    if fit == "stretch":
        return _scaled(image, width, height, method)
    factors = width / old_width, height / old_height
    factor = min(factors) if fit == "contain" else max(factors)
    new_width, new_height = _rounded(old_width * factor), _rounded(old_height * factor)
    scaled = _scaled(image, new_width, new_height, method)
    if fit == "contain":
        return scaled
    left, top = (new_width - width) // 2, (new_height - height) // 2
    return scaled[:, top : top + height, left : left + width].contiguous()


def _rounded(length: float) -> int:
    return max(1, round(length))


def _scaled(image: Tensor, width: int, height: int, method: Method) -> Tensor:
    if tuple(image.shape[1:3]) == (height, width):
        return image
    if method == "lanczos":
        return _lanczos(image, width, height)
    if method == "nearest":
        return image[:, _nearest(image.shape[1], height)][:, :, _nearest(image.shape[2], width)]
    planes = image.movedim(-1, 1)
    if method == "area":
        result = interpolate(planes, (height, width), mode="area")
    else:
        if planes.is_cuda and max(planes.shape[2] / height, planes.shape[3] / width) > CUDA_SHRINKS:
            planes = planes.cpu()
        # Without antialiasing, shrinking would skip pixels.
        result = interpolate(planes, (height, width), mode=method, antialias=True)
    return result.movedim(1, -1).clamp(0, 1).contiguous().to(image.device)


def _nearest(old: int, new: int) -> Tensor:
    """Which old pixel each new one takes: the one under its centre, in whole numbers, so exactly.

    torch's own way works in float32 and takes a neighbour where a centre falls between two pixels.
    """
    return (2 * torch.arange(new) + 1) * old // (2 * new)


def _lanczos(image: Tensor, width: int, height: int) -> Tensor:
    """Each plane by Pillow, in floats: torch has no Lanczos filter."""
    planes = image.movedim(-1, 1).cpu()
    result = torch.empty(*planes.shape[:2], height, width)
    for index in numpy.ndindex(*planes.shape[:2]):
        plane = Image.fromarray(planes[index].numpy(), "F")
        done = plane.resize((width, height), Image.Resampling.LANCZOS)
        result[index] = torch.from_numpy(numpy.asarray(done).copy())
    return result.movedim(1, -1).clamp(0, 1).contiguous().to(image.device)
