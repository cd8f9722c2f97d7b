"""Finds the tensors of each part, under diffusers' names, in both layouts of Stable Diffusion.

What a part cannot use is refused, unless it is known to be left over from training.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from weft import InputError
from weft_nodes.models import ldm
from weft_nodes.models.source import Folder, SingleFile, Source, Stored, first_few

log = logging.getLogger(__name__)
Config = Mapping[str, Any]

# Tensors without a place in any network, left behind by training.
BESIDES = re.compile(
    r"model_ema\.|alphas_cumprod|betas$|posterior_|sqrt_|log_one_minus|logvar|v_pred$|ztsnr$"
)
SPARE = re.compile(r"(.*\.)?position_ids$|text_projection|logit_scale$|loss\.|model_ema\.")
OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def unet_tensors(source: Source, config: Config, what: str) -> dict[str, Stored]:
    """The tensors of the U-Net, by diffusers' names."""
    if isinstance(source, Folder):
        return source.tensors("unet")
    known = (ldm.UNET, ldm.VAE, "cond_stage_model.")
    rest = [
        name
        for name in source.header.tensors
        if not name.startswith(known) and not BESIDES.match(name)
    ]
    if rest:
        log.warning("%s: tensors that no part uses: %s", source.path, first_few(rest))
    tensors = _under(source, ldm.UNET, what)
    return _renamed(tensors, ldm.unet_names(tensors, config), what)


def vae_tensors(source: Source, config: Config, what: str) -> dict[str, Stored]:
    """The tensors of the VAE, by diffusers' names."""
    if isinstance(source, SingleFile):
        tensors = _under(source, ldm.VAE, what)
        if "down_block_types" not in config or "up_block_types" not in config:
            raise InputError(f"{what}: its config needs down_block_types and up_block_types")
        return _renamed(tensors, ldm.vae_names(tensors, config), what)
    return {_new_attention(name): stored for name, stored in source.tensors("vae").items()}


def _new_attention(name: str) -> str:
    """Folders from before diffusers 0.12 call the VAE's projections query, key and so on."""
    parts = name.split(".")
    if "attentions" in parts[:-2]:
        parts[-2] = OLD_ATTENTION.get(parts[-2], parts[-2])
    return ".".join(parts)


def clip_tensors(source: Source, what: str) -> dict[str, Stored]:
    """The tensors of the CLIP text encoder, by transformers' names without `text_model.`."""
    if isinstance(source, Folder):
        tensors = source.tensors("text_encoder")
    else:
        tensors = _under(source, ldm.TEXT, what)
    return {
        name.removeprefix("text_model."): stored
        for name, stored in tensors.items()
        if not SPARE.match(name)
    }


def _under(source: SingleFile, prefix: str, what: str) -> dict[str, Stored]:
    if not (tensors := source.under(prefix)):
        raise InputError(f"{what}: expected tensors named {prefix}*, got none")
    return tensors


def _renamed(
    tensors: Mapping[str, Stored], names: Mapping[str, str], what: str
) -> dict[str, Stored]:
    """Tensors by diffusers' names; what has no such name must be known as spare."""
    unknown = [name for name in tensors.keys() - set(names.values()) if not SPARE.match(name)]
    if unknown:
        raise InputError(f"{what}: {len(unknown)} tensors have no place: {first_few(unknown)}")
    return {new: tensors[old] for new, old in names.items()}
