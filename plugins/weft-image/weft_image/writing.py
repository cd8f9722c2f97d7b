"""Text on pictures."""

from __future__ import annotations

import numpy
import torch
from torch import Tensor

from weft_image.colours import filling
from weft_image.composite import over
from weft_image.lettering import Block
from weft_image.pixels import Pixels, colours, joined, opacity

# Across and down, as shares of the room: 0 at the left and top.
ANCHORS = {
    "top left": (0.0, 0.0),
    "top": (0.5, 0.0),
    "top right": (1.0, 0.0),
    "left": (0.0, 0.5),
    "middle": (0.5, 0.5),
    "right": (1.0, 0.5),
    "bottom left": (0.0, 1.0),
    "bottom": (0.5, 1.0),
    "bottom right": (1.0, 1.0),
}


def corner(
    block: Block,
    size: tuple[int, int],
    anchor: str,
    place: tuple[float | None, float | None],
    margin: int,
) -> tuple[int, int]:
    """Where the left top of a block goes, in pixels of a picture of that width and height.

    anchor: the point of the block that lies at `place`, shares of the picture's width and height.
    A None in it stands for the same point of the picture, a margin away from the edge.
    """
    found = []
    for share, at, room, side in zip(
        ANCHORS[anchor], place, size, (block.width, block.height), strict=True
    ):
        point = margin + share * (room - 2 * margin) if at is None else at * room
        found.append(round(point - share * side))
    return found[0], found[1]


def boxed(block: Block, size: tuple[int, int], left: int, top: int, padding: int) -> Pixels:
    """Coverage [H, W] of a box around a block whose corner is at left and top."""
    plane = numpy.zeros((size[1], size[0]), numpy.float32)
    above, before = max(0, top - padding), max(0, left - padding)
    below, after = max(0, top + block.height + padding), max(0, left + block.width + padding)
    plane[above:below, before:after] = 1
    return plane


def painted(image: Tensor, coverage: Pixels, colour: str, name: str = "colour") -> Tensor:
    """Pictures [B, H, W, C] with a colour laid where it covers [H, W]. Raises InputError."""
    fill, alpha = filling(colour, colours(image), name)
    weight = torch.from_numpy(coverage).to(image.device, image.dtype)[..., None] * alpha
    if opacity(image) is None:
        return joined(torch.lerp(image, fill, weight), None)
    top = torch.cat([fill.expand(*weight.shape[:2], 3), weight], dim=-1)
    return over(top.expand(len(image), *top.shape), image)
