"""Latent formats: which latents may be mixed, and linear maps to colours for cheap previews."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from weft import InputError
from weft_nodes.kinds import LatentFormat
from weft_nodes.models.json_file import parse_json_object

if TYPE_CHECKING:
    from torch import Tensor

Factors = tuple[tuple[float, float, float], ...]

TILES, SIDE = 8, 2  # of the mosaic, in latent cells


# What tells one latent space from another; a VAE that is alike in these is a fine-tune.
IDENTITY = ("block_out_channels", "latent_channels", "scaling_factor", "shift_factor")


def latent_format(
    config: Mapping[str, Any],
    metadata: Mapping[str, str],
    where: str,
    *,
    own_config: Mapping[str, Any],
    own: LatentFormat,
) -> LatentFormat:
    """The latent format of a VAE, from its config and its checkpoint's metadata.

    own_config, own: the family's VAE and its format. Any other VAE has a space of its own, named
    by `weft.latent_format`, or else after its config.
    """
    full = {**own_config, **config}
    if all(full.get(key) == own_config.get(key) for key in IDENTITY):
        format = own
    else:
        format = _unnamed(full, where)
    if "weft.latent_format" in metadata:
        format = replace(format, name=metadata["weft.latent_format"])
    if (text := metadata.get("weft.latent_rgb")) is not None:
        format = _with_map(format, text, f"{where}: metadata weft.latent_rgb")
    return format


def _unnamed(config: Mapping[str, Any], where: str) -> LatentFormat:
    channels, blocks = config["latent_channels"], config["block_out_channels"]
    if type(channels) is not int or not 1 <= channels <= 1024 or not isinstance(blocks, list):
        raise InputError(f"{where}: VAE: expected latent_channels and block_out_channels")
    facts = {key: value for key, value in config.items() if not key.startswith("_")}
    digest = hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=4)
    downscale = 2 ** (min(len(blocks), 8) - 1)
    return LatentFormat(f"vae-{digest.hexdigest()}", channels, downscale, unmeasured(channels))


def unmeasured(channels: int) -> Factors:
    """A map for latents of which nothing is known: their mean as grey."""
    grey = 0.5 / channels
    return ((grey, grey, grey),) * channels


def is_measured(format: LatentFormat) -> bool:
    """Whether the map shows the latents' true colours."""
    return format.rgb_factors != unmeasured(format.channels)


def measure(format: LatentFormat, decode: Callable[[Tensor], Tensor]) -> LatentFormat:
    """The format with the map that fits `decode` best, by least squares.

    Decodes one picture, a mosaic of flat tiles in random latents.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    values = torch.randn(format.channels, TILES, TILES, generator=generator)
    mosaic = values.repeat_interleave(SIDE, 1).repeat_interleave(SIDE, 2)
    picture = decode(mosaic[None]).cpu().double()[0]
    edge = SIDE * format.downscale
    colours = picture.reshape(TILES, edge, TILES, edge, 3).mean(dim=(1, 3)).flatten(0, 1)
    known = torch.cat([values, torch.ones(1, TILES, TILES)]).flatten(1).T.double()
    *factors, bias = torch.linalg.lstsq(known, colours).solution.tolist()
    return replace(format, rgb_factors=tuple(map(_triple, factors)), rgb_bias=_triple(bias))


def _with_map(format: LatentFormat, text: str, where: str) -> LatentFormat:
    """The format with the map that a checkpoint brings: {"factors": [channels][3], "bias": [3]}."""
    fields = parse_json_object(text, where)
    factors, bias = fields.get("factors"), fields.get("bias", [0.5, 0.5, 0.5])
    rows = [*factors, bias] if isinstance(factors, list) else []
    fits = len(rows) == format.channels + 1 and all(
        isinstance(row, list)
        and len(row) == 3
        and all(isinstance(value, int | float) and math.isfinite(value) for value in row)
        for row in rows
    )
    if not fits:
        raise InputError(f"{where}: expected factors [{format.channels}][3] and bias [3]")
    return replace(format, rgb_factors=tuple(map(_triple, rows[:-1])), rgb_bias=_triple(bias))


def _triple(values: list[float]) -> tuple[float, float, float]:
    red, green, blue = (round(value, 5) for value in values)
    return red, green, blue
