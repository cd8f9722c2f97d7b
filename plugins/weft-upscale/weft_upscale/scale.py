"""Upscales by a model, as often as allowed, and resizes the rest of the way."""

from __future__ import annotations

from torch import Tensor

from weft import Context, InputError
from weft_nodes.images.resize import Method, resized
from weft_upscale.kinds import UpscaleModel
from weft_upscale.upscale import MOST_PIXELS, upscaled


def wanted_size(
    width: int, height: int, factor: float, new_width: int | None, new_height: int | None
) -> tuple[int, int]:
    """The size to reach: of the two given sides; of one, keeping the shape; or by the factor.

    Raises InputError where it is too large.
    """
    if new_width is not None and new_height is not None:
        size = new_width, new_height
    elif new_width is not None:
        size = new_width, max(1, round(height * new_width / width))
    elif new_height is not None:
        size = max(1, round(width * new_height / height)), new_height
    else:
        size = max(1, round(width * factor)), max(1, round(height * factor))
    if size[0] * size[1] > MOST_PIXELS:
        raise InputError(f"expected at most {MOST_PIXELS} pixels, got {size[0]} x {size[1]}")
    return size


async def scaled_to(
    ctx: Context,
    model: UpscaleModel,
    image: Tensor,
    size: tuple[int, int],
    *,
    passes: int,
    method: Method,
    tile: int,
    overlap: int,
) -> Tensor:
    """Pictures [B, H, W, C] in another size (width, height).

    The model is applied at least once, and again, up to `passes` times, while they are smaller
    than wanted in either direction.
    """
    for _ in range(passes):
        image = await upscaled(ctx, model, image, tile, overlap)
        if image.shape[2] >= size[0] and image.shape[1] >= size[1]:
            break
        if model.scale == 1:
            break
    return await ctx.call(resized, image, *size, method, "stretch")
