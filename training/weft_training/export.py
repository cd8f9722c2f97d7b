"""Writes the trained parts as one file in the layout of Stable Diffusion 1.x checkpoints.

The names are those of the LDM / CompVis code (`input_blocks`, `middle_block`, ...), the other
way round from `diffusers.loaders.single_file_utils`. Configs and tokenizer go into the file's
metadata, since the dimensions are not Stable Diffusion's.
"""

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from weft_training.configs import SCHEDULER, TEXT, UNET, VAE
from weft_training.tokenizer import tokenizer_data

UNET_PREFIX = "model.diffusion_model."
VAE_PREFIX = "first_stage_model."
TEXT_PREFIX = "cond_stage_model.transformer.text_model."

Weights = dict[str, Tensor]

_RESNET = (
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
)
_TOP = (
    ("time_embedding.linear_1", "time_embed.0"),
    ("time_embedding.linear_2", "time_embed.2"),
    ("conv_in", "input_blocks.0.0"),
    ("conv_norm_out", "out.0"),
    ("conv_out", "out.2"),
)


def _inner(name: str) -> str:
    """The end of a U-Net name, inside a residual block; attention keeps its names."""
    for ours, theirs in _RESNET:
        if name.startswith(ours + "."):
            return theirs + name[len(ours) :]
    return name


def unet_key(key: str, layers: int, levels: int, attention: tuple[bool, ...]) -> str:
    """The LDM name of a U-Net weight.

    `layers` is layers_per_block; `attention` says, from the outermost of `levels` inwards,
    which have cross-attention.
    """
    for ours, theirs in _TOP:
        if key.startswith(ours + "."):
            return theirs + key[len(ours) :]
    if match := re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d)\.(.+)", key):
        kind, index, rest = match[1], int(match[2]), match[3]
        place = 1 if kind == "attentions" else 2 * index
        return f"middle_block.{place}.{_inner(rest)}"
    match = re.fullmatch(
        r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)", key
    )
    if match is None:
        raise KeyError(f"no LDM name for {key}")
    block, index, rest = int(match[2]), int(match[4]), match[5]
    if match[1] == "down":
        if match[3] == "downsamplers":
            return f"input_blocks.{(block + 1) * (layers + 1)}.0.op{rest.removeprefix('conv')}"
        place = 1 + block * (layers + 1) + index
        return f"input_blocks.{place}.{int(match[3] == 'attentions')}.{_inner(rest)}"
    if match[3] == "upsamplers":
        slot = 2 if attention[levels - 1 - block] else 1
        return f"output_blocks.{block * (layers + 1) + layers}.{slot}.{rest}"
    place = block * (layers + 1) + index
    return f"output_blocks.{place}.{int(match[3] == 'attentions')}.{_inner(rest)}"


def unet_weights(weights: Weights, config: dict[str, Any]) -> Weights:
    """A diffusers U-Net's weights under their LDM names."""
    attention = tuple("CrossAttn" in name for name in config["down_block_types"])
    layers = int(config["layers_per_block"])
    return {
        UNET_PREFIX + unet_key(key, layers, len(attention), attention): value
        for key, value in weights.items()
    }


_VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def vae_key(key: str, levels: int) -> str:
    """The LDM name of an autoencoder weight."""
    key = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", key)
    key = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0\.", r"down.\1.downsample.", key)
    key = re.sub(r"up_blocks\.(\d+)\.resnets\.", r"up_blocks.\1.block.", key)
    key = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0\.", r"up_blocks.\1.upsample.", key)
    key = re.sub(r"up_blocks\.(\d+)\.", lambda m: f"up.{levels - 1 - int(m[1])}.", key)
    key = re.sub(r"mid_block\.resnets\.(\d)\.", lambda m: f"mid.block_{int(m[1]) + 1}.", key)
    key = key.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
    if match := re.fullmatch(r"(.*)mid_block\.attentions\.0\.(.+)\.(weight|bias)", key):
        key = f"{match[1]}mid.attn_1.{_VAE_ATTENTION[match[2]]}.{match[3]}"
    return key


def vae_weights(weights: Weights, config: dict[str, Any]) -> Weights:
    """An autoencoder's weights under their LDM names; its attention becomes 1x1 convolutions."""
    levels = len(config["block_out_channels"])
    found: Weights = {}
    for key, value in weights.items():
        name = vae_key(key, levels)
        if "attn_1" in name and value.ndim == 2:
            value = value[:, :, None, None]
        found[VAE_PREFIX + name] = value
    return found


def text_weights(weights: Weights) -> Weights:
    """A CLIPTextModel's weights; newer transformers leave `text_model.` out, files have it."""
    return {TEXT_PREFIX + key.removeprefix("text_model."): value for key, value in weights.items()}


def metadata(card: str) -> dict[str, str]:
    """What a loader needs besides the weights, as JSON texts."""
    configs = {
        "unet": UNET,
        "vae": VAE,
        "text_encoder": TEXT | tokenizer_ids(),
        "scheduler": SCHEDULER,
    }
    return {
        "weft.family": "sd1",
        "weft.configs": json.dumps(configs, sort_keys=True),
        "weft.tokenizer": json.dumps(tokenizer_data(), sort_keys=True),
        "weft.licence": "Apache-2.0",
        "weft.card": card,
    }


def tokenizer_ids() -> dict[str, int]:
    """The text config's token ids: the start and end tokens are the vocabulary's last two."""
    size = len(tokenizer_data()["vocab"])
    return {
        "vocab_size": size,
        "bos_token_id": size - 2,
        "eos_token_id": size - 1,
        "pad_token_id": size - 1,
    }


def checkpoint_bytes(unet: Weights, vae: Weights, text: Weights, *, card: str) -> bytes:
    """The whole file in float16; the same weights give the same bytes."""
    tensors = unet_weights(unet, UNET) | vae_weights(vae, VAE) | text_weights(text)
    halves = {
        key: tensors[key].detach().to("cpu", torch.float16).contiguous() for key in sorted(tensors)
    }
    return in_order(save(halves, metadata=metadata(card)))


def in_order(data: bytes) -> bytes:
    """The same safetensors file with its metadata sorted, which the library leaves to chance."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def write_checkpoint(path: Path, data: bytes) -> None:
    """Puts the file in place in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)
