"""Recognising what a file is, from headers alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from weft import InputError
from weft_nodes.models.loader import identify

LAYOUTS = {
    "Stable Diffusion XL": [
        "conditioner.embedders.1.model.ln_final.weight",
        "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight",
        "model.diffusion_model.input_blocks.0.0.weight",
        "model.diffusion_model.label_emb.0.0.weight",
        "first_stage_model.encoder.conv_in.weight",
    ],
    "Stable Diffusion 2.x": [
        "cond_stage_model.model.ln_final.weight",
        "model.diffusion_model.input_blocks.0.0.weight",
        "first_stage_model.encoder.conv_in.weight",
    ],
    "Stable Diffusion 3": [
        "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight",
        "text_encoders.clip_l.transformer.text_model.final_layer_norm.weight",
    ],
    "Flux": ["double_blocks.0.img_attn.norm.key_norm.scale", "single_blocks.0.linear1.weight"],
    "a LoRA": ["lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight"],
    "a ControlNet": ["control_model.input_hint_block.0.weight"],
    "a VAE alone": ["encoder.conv_in.weight", "decoder.conv_in.weight"],
    "a U-Net alone": ["down_blocks.0.resnets.0.conv1.weight", "conv_in.weight"],
    "a Stable Diffusion U-Net without its text encoder": [
        "model.diffusion_model.input_blocks.0.0.weight"
    ],
}


def write(path: Path, names: list[str]) -> Path:
    save_file({name: torch.zeros(1) for name in names}, path)
    return path


@pytest.mark.parametrize("title", LAYOUTS)
def test_other_models_are_named(tmp_path: Path, title: str) -> None:
    path = write(tmp_path / "m.safetensors", LAYOUTS[title])
    with pytest.raises(InputError, match=rf"this is {title}.*does not read.*known families"):
        identify(path)


def test_unknown_files_are_described(tmp_path: Path) -> None:
    names = [f"tower.{i}.weight" for i in range(3)] + ["tower.0.bias", "head.weight"]
    with pytest.raises(InputError) as caught:
        identify(write(tmp_path / "m.safetensors", names))
    message = str(caught.value)
    assert "no family recognises" in message
    assert "5 tensors: tower.0.* (2), " in message
    assert "head.weight (1)" in message
    assert "Stable Diffusion 1.x (sd1)" in message


def test_a_file_of_an_unknown_weft_family(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"a": torch.zeros(1)}, path, {"weft.family": "acme-dit"})
    with pytest.raises(InputError, match="acme-dit"):
        identify(path)


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"without model_index.json"):
        identify(tmp_path)
    index = tmp_path / "model_index.json"
    index.write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    with pytest.raises(InputError, match="this is Stable Diffusion XL"):
        identify(tmp_path)
    index.write_text('{"_class_name": "AcmePipeline"}')
    with pytest.raises(InputError, match="diffusers folder of class 'AcmePipeline'"):
        identify(tmp_path)
    index.write_text('{"_class_name": "StableDiffusionPipeline"}')
    (tmp_path / "text_encoder").mkdir()
    config = '{"hidden_size": 1024, "hidden_act": "gelu"}'
    (tmp_path / "text_encoder" / "config.json").write_text(config)
    with pytest.raises(InputError, match=r"this is Stable Diffusion 2.x"):
        identify(tmp_path)


def test_both_layouts_of_sd1(tiny_file: Path, tiny_folder: Path) -> None:
    assert identify(tiny_file)[0].name == identify(tiny_folder)[0].name == "sd1"
