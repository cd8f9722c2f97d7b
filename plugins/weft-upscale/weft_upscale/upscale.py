"""Upscales pictures tile by tile, giving the device up between tiles."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from weft import Context, InputError, choose_device
from weft_upscale.kinds import UpscaleModel
from weft_upscale.loading import fixed_random
from weft_upscale.planes import check, join, split
from weft_upscale.tiles import Span, spans, weights

MOST_PIXELS = 1 << 28  # of one picture that is made: 3 GB of colours
SMALLEST = 64  # pixels; where memory is short, tiles are halved down to this
PREVIEW = 512  # pixels, the longer side of a preview


async def upscaled(
    ctx: Context, model: UpscaleModel, image: Tensor, tile: int = 512, overlap: int = 32
) -> Tensor:
    """Pictures [B, H, W, C], C from 1 to 4, as [B, H * scale, W * scale, C] on the same device.

    tile, overlap: pixels of the pictures given; see `tiles`. Tile 0 takes each picture whole.
    Where the device has no room for a tile, all are made again with tiles half the size.

    Raises InputError for sizes that do not go together and for pictures that grow too large.
    """
    check(image)
    height, width = image.shape[1:3]
    _check(model, width, height, tile)
    planes = await ctx.call(split, image, model.channels)
    if model.tiling == "internal":
        tile = 0
    device = choose_device(model.device)
    while True:
        try:
            made = await _tiled(ctx, model, planes, tile, overlap, image.shape[3])
            return await ctx.call(join, made, image.shape[3])
        except Exception as error:
            smaller = min(tile or max(height, width), max(height, width)) // 2
            if not device.is_out_of_memory(error) or smaller < _least(model, overlap):
                raise
            # The traceback holds the frames and so the tensors of the failed attempt.
            error.__traceback__ = None
            ctx.log.warning("no room for tiles of %s pixels; trying %s", tile or "all", smaller)
        tile = smaller
        await ctx.call(device.release)


def _check(model: UpscaleModel, width: int, height: int, tile: int) -> None:
    size = width * height * model.scale**2
    if size > MOST_PIXELS:
        raise InputError(
            f"{width} x {height} pixels, {model.scale} times larger, are {size}; expected at most "
            f"{MOST_PIXELS}"
        )
    if 0 < tile < min(model.minimum, max(width, height)):
        raise InputError(
            f"tile: {model.architecture} takes pictures of at least {model.minimum} pixels, got "
            f"{tile}"
        )


def _least(model: UpscaleModel, overlap: int) -> int:
    return max(SMALLEST, 2 * overlap, overlap + 3 * model.multiple_of, model.minimum)


async def _tiled(
    ctx: Context, model: UpscaleModel, planes: Tensor, tile: int, overlap: int, channels: int
) -> Tensor:
    """What the network makes of planes [N, c, H, W]: [N, c, H * scale, W * scale]."""
    scale, (height, width) = model.scale, planes.shape[2:]
    rows = spans(height, tile, overlap, model.multiple_of)
    columns = spans(width, tile, overlap, model.multiple_of)
    down = [one[:, None].to(planes.device) for one in weights(rows, scale)]
    across = [one.to(planes.device) for one in weights(columns, scale)]
    made = planes.new_zeros(*planes.shape[:2], height * scale, width * scale)
    tiles = list(product(range(len(planes)), range(len(rows)), range(len(columns))))

    def fill(plane: int, row: int, column: int) -> None:
        (top, bottom), (left, right) = rows[row], columns[column]
        done = compute(model, planes[plane : plane + 1, :, top:bottom, left:right])
        done = done[0] * (down[row] * across[column])
        _part(made[plane], rows[row], columns[column], scale).add_(done)

    for number, place in enumerate(ctx.track(tiles)):
        await ctx.call(fill, *place)
        if number + 1 < len(tiles):
            ctx.preview(lambda: _preview(made, channels))
    return made


def _part(picture: Tensor, row: Span, column: Span, scale: int) -> Tensor:
    return picture[
        :, row.start * scale : row.end * scale, column.start * scale : column.end * scale
    ]


def _preview(made: Tensor, channels: int) -> Tensor:
    """The first picture so far, [H, W, 3] in 0..1, made small by leaving pixels out."""
    step = max(1, max(made.shape[2:]) // PREVIEW)
    per_picture = channels if made.shape[1] == 1 else 1 + (channels % 2 == 0 and made.shape[1] == 3)
    picture = join(made[:per_picture, :, ::step, ::step], channels)[0]
    return picture[..., :3] if channels > 2 else picture[..., :1].expand(-1, -1, 3)


def compute(model: UpscaleModel, tile: Tensor) -> Tensor:
    """What the network makes of one tile [1, c, h, w], as float32 on the tile's device.

    Raises InputError where the network gives anything but finite numbers of the right shape.
    """
    dtype: torch.dtype = getattr(torch, model.dtype)
    # A copy always: networks may work in place.
    sent = tile.to(model.device, dtype, copy=True, memory_format=torch.contiguous_format)
    with torch.no_grad(), fixed_random(model.device):
        made: Tensor = model.descriptor(sent).to(tile.device, torch.float32)
    height, width = tile.shape[2:]
    wanted = (1, tile.shape[1], height * model.scale, width * model.scale)
    if tuple(made.shape) != wanted:
        raise InputError(f"{model.architecture}: expected {list(wanted)}, got {list(made.shape)}")
    if not bool(torch.isfinite(made).all()):
        hint = "; load it with precision float32" if model.dtype != "float32" else ""
        raise InputError(f"{model.architecture} gave values that are not finite{hint}")
    return made
