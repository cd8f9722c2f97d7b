"""Pictures of any number of channels, for networks that take 1, 3 or 4."""

from __future__ import annotations

import torch
from torch import Tensor

from weft import InputError


def check(image: Tensor) -> None:
    """Raises InputError for anything but pictures [B, H, W, C] with 1 to 4 channels."""
    if image.ndim != 4 or image.shape[3] not in (1, 2, 3, 4) or 0 in image.shape:
        raise InputError(
            f"image: expected [B, H, W, C] with 1 to 4 channels, got {list(image.shape)}"
        )


def split(image: Tensor, channels: int) -> Tensor:
    """Pictures [B, H, W, C] as what a network takes, [B * n, channels, H, W] in 0..1.

    C is 1 for grey or 3 for colour, and 2 or 4 with opacity, which goes through the network by
    itself unless it takes opacity. A grey network takes each channel by itself.
    """
    planes = image.movedim(-1, 1).clamp(0, 1)
    colours = planes.shape[1] - (planes.shape[1] % 2 == 0)
    if channels == 1:
        return planes.flatten(0, 1)[:, None]
    colour = planes[:, :colours]
    if colours == 1:
        colour = colour.expand(-1, 3, -1, -1)
    opacity = planes[:, colours:]
    if channels == 4:
        opaque = torch.ones_like(planes[:, :1])
        return torch.cat([colour, opacity if opacity.shape[1] else opaque], 1)
    if not opacity.shape[1]:
        return colour.contiguous()
    return torch.stack([colour, opacity.expand(-1, 3, -1, -1)], 1).flatten(0, 1)


def join(made: Tensor, channels: int) -> Tensor:
    """The inverse of `split`: [B * n, c, H, W] as pictures [B, H, W, channels]."""
    colours = channels - (channels % 2 == 0)
    if made.shape[1] == 1:
        return made.reshape(-1, channels, *made.shape[2:]).movedim(1, -1).contiguous()
    if made.shape[1] == 3 and channels > colours:
        pairs = made.reshape(-1, 2, *made.shape[1:])
        colour, opacity = pairs[:, 0], pairs[:, 1].mean(1, keepdim=True)
    else:
        colour, opacity = made[:, :3], made[:, 3:]
    if colours == 1:
        colour = colour.mean(1, keepdim=True)
    planes = torch.cat([colour, opacity], 1) if channels > colours else colour
    return planes.movedim(1, -1).contiguous()
