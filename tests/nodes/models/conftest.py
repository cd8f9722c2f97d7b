"""Tiny random models in the SD 1.x architecture, as a diffusers folder and as an LDM file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from torch import Tensor

os.environ.setdefault("HF_HUB_OFFLINE", "1")

UNET = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "block_out_channels": [16, 32],
    "layers_per_block": 2,
    "cross_attention_dim": 32,
    "attention_head_dim": 2,
    "norm_num_groups": 8,
}
VAE = {
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "block_out_channels": [8, 8, 16],
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 4,
    "sample_size": 32,
    "scaling_factor": 0.5,
}
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "projection_dim": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 12,
    "hidden_act": "quick_gelu",
}
SCHEDULER = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
}
MERGES = [("r", "e"), ("re", "d</w>"), ("a", "t</w>"), ("c", "at</w>")]


def vocabulary() -> dict[str, int]:
    letters = sorted(ByteLevel.alphabet())
    tokens = [*letters, *(letter + "</w>" for letter in letters)]
    tokens += [first + second for first, second in MERGES]
    return {token: i for i, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}


@dataclass
class Tiny:
    """The original modules, and their tensors and metadata as an LDM file holds them."""

    unet: Any
    vae: Any
    text: Any
    tensors: dict[str, Tensor]
    metadata: dict[str, str]

    def write(self, path: Path, *, without: tuple[str, ...] = (), **changed: Tensor | None) -> Path:
        """Writes the LDM file; `without` names metadata to leave out, None drops a tensor."""
        tensors = {**self.tensors, **dict(changed.items())}
        kept = {name: value.contiguous() for name, value in tensors.items() if value is not None}
        metadata = {key: text for key, text in self.metadata.items() if key not in without}
        save_file(kept, path, metadata)
        return path


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers.models.clip.configuration_clip import CLIPTextConfig
    from transformers.models.clip.modeling_clip import CLIPTextModel

    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = UNet2DConditionModel(**UNET).eval().requires_grad_(False)
        vae = AutoencoderKL(**VAE).eval().requires_grad_(False)
        text_config = {
            **TEXT,
            "vocab_size": len(vocabulary()),
            "bos_token_id": 516,
            "eos_token_id": 517,
        }
        text = CLIPTextModel(CLIPTextConfig(**text_config)).eval().requires_grad_(False)
    tensors = {
        **{f"model.diffusion_model.{ldm_unet(k)}": v for k, v in unet.state_dict().items()},
        **{f"first_stage_model.{k}": v for k, v in ldm_vae(vae.state_dict()).items()},
        **{f"cond_stage_model.transformer.{ldm_text(k)}": v for k, v in text.state_dict().items()},
    }
    configs = {"unet": UNET, "vae": VAE, "text_encoder": text_config, "scheduler": SCHEDULER}
    tokenizer = {"vocab": vocabulary(), "merges": MERGES, "model_max_length": 12}
    metadata = {
        "weft.family": "sd1",
        "weft.configs": json.dumps(configs),
        "weft.tokenizer": json.dumps(tokenizer),
    }
    return Tiny(unet, vae, text, tensors, metadata)


@pytest.fixture(scope="session")
def tiny_file(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.safetensors")


@pytest.fixture
def tiny_folder(tiny: Tiny, tmp_path: Path) -> Path:
    folder = tmp_path / "diffusers"
    tiny.unet.save_pretrained(folder / "unet")
    tiny.vae.save_pretrained(folder / "vae")
    tiny.text.save_pretrained(folder / "text_encoder")
    write_tokenizer(folder / "tokenizer")
    write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    write_json(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    return folder


@pytest.fixture(autouse=True)
def quiet_torch() -> Iterator[None]:
    """No gradients; and one thread, since for tiny tensors a pool of them only costs time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.no_grad():
        yield
    torch.set_num_threads(threads)


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def write_tokenizer(folder: Path) -> None:
    write_json(folder / "vocab.json", vocabulary())
    lines = ["#version: 0.2", *(" ".join(pair) for pair in MERGES)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")


RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
OUTER = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
}


def ldm_unet(name: str, config: Mapping[str, Any] = UNET) -> str:
    """A U-Net tensor's name in the LDM layout."""
    layer, kind = name.rsplit(".", 1)
    if layer in OUTER:
        return f"{OUTER[layer]}.{kind}"
    per_block = config["layers_per_block"] + 1
    stage, what, *rest = name.split(".")
    if stage == "mid_block":
        index = int(rest[0])
        place = f"middle_block.{2 * index if what == 'resnets' else 1}"
        inner = ".".join(rest[1:])
    else:
        block, what, index, inner = int(what), rest[0], int(rest[1]), ".".join(rest[2:])
        attention = "CrossAttn" in config[f"{stage.split('_')[0]}_block_types"][block]
        if what == "downsamplers":
            return f"input_blocks.{(block + 1) * per_block}.0.op.{kind}"
        if what == "upsamplers":
            slot = 2 if attention else 1
            return f"output_blocks.{block * per_block + per_block - 1}.{slot}.conv.{kind}"
        number = block * per_block + index
        place = (
            f"input_blocks.{number + 1}" if stage == "down_blocks" else f"output_blocks.{number}"
        )
        place += ".0" if what == "resnets" else ".1"
    if what == "resnets":
        part, kind = inner.rsplit(".", 1)
        inner = f"{RESNET[part]}.{kind}"
    return f"{place}.{inner}"


def ldm_vae(tensors: dict[str, Tensor], config: Mapping[str, Any] = VAE) -> dict[str, Tensor]:
    """A VAE's tensors in the LDM layout, attention as 1x1 convolutions."""
    last = len(config["block_out_channels"]) - 1
    converted = {}
    for name, value in tensors.items():
        new = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
        new = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", new)
        new = re.sub(r"up_blocks\.(\d)\.resnets", lambda m: f"up.{last - int(m[1])}.block", new)
        new = re.sub(
            r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{last - int(m[1])}.upsample", new
        )
        new = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", new)
        new = new.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        if "mid_block.attentions.0" in new:
            new = new.replace("mid_block.attentions.0", "mid.attn_1").replace("group_norm", "norm")
            new = re.sub(r"to_(q|k|v)\.", r"\1.", new).replace("to_out.0", "proj_out")
            value = value[..., None, None] if value.ndim == 2 else value
        converted[new] = value
    return converted


def ldm_text(name: str) -> str:
    """A text encoder tensor's name in the LDM layout: always under `text_model.`."""
    return name if name.startswith("text_model.") else f"text_model.{name}"
