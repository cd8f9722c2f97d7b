"""The nodes of the plugin."""

from __future__ import annotations

from typing import Annotated

from weft import Image, InputError, Range, Widget, node

Curve = Annotated[list[Annotated[float, Range(0, 1)]], Widget("example/curve")]
STRAIGHT = [0.0, 0.25, 0.5, 0.75, 1.0]


@node("example:image.curve")
def curve(image: Image, points: Curve = STRAIGHT) -> Image:
    """Change the brightness of a picture along a curve.

    image: the picture.
    points: the new brightness, from black to white, at as many old ones evenly apart.
    """
    import torch

    if len(points) < 2:
        raise InputError(f"points: expected two or more, got {len(points)}")
    heights = torch.tensor(points, dtype=image.dtype, device=image.device)
    place = image.clamp(0, 1) * (len(points) - 1)
    left = place.floor().clamp(max=len(points) - 2)
    index = left.long()
    return torch.lerp(heights[index], heights[index + 1], place - left)
