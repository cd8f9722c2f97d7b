"""Stable Diffusion 1.5 itself, at full size, by shapes alone: its weights take 4 GB."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from weft import InputError
from weft_nodes.models import layouts, libraries, noise_schedule
from weft_nodes.models.families import sd1
from weft_nodes.models.loader import identify
from weft_nodes.models.source import SingleFile, shapes

UNET, VAE = "model.diffusion_model.", "first_stage_model."
TEXT = "cond_stage_model.transformer.text_model."
# Shapes that tell the parts of the real file apart, and how many tensors each part has.
KNOWN = {
    UNET + "input_blocks.0.0.weight": (320, 4, 3, 3),
    UNET + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768),
    UNET + "input_blocks.4.0.skip_connection.weight": (640, 320, 1, 1),
    UNET + "middle_block.1.proj_in.weight": (1280, 1280, 1, 1),
    UNET + "output_blocks.2.1.conv.weight": (1280, 1280, 3, 3),
    UNET + "output_blocks.5.2.conv.weight": (1280, 1280, 3, 3),
    UNET + "output_blocks.11.0.in_layers.2.weight": (320, 640, 3, 3),
    UNET + "out.2.weight": (4, 320, 3, 3),
    VAE + "encoder.down.1.block.0.nin_shortcut.weight": (256, 128, 1, 1),
    VAE + "encoder.mid.attn_1.q.weight": (512, 512, 1, 1),
    VAE + "decoder.up.0.block.2.conv2.weight": (128, 128, 3, 3),
    VAE + "decoder.up.3.upsample.conv.weight": (512, 512, 3, 3),
    VAE + "post_quant_conv.weight": (4, 4, 1, 1),
    TEXT + "embeddings.token_embedding.weight": (49408, 768),
    TEXT + "embeddings.position_embedding.weight": (77, 768),
    TEXT + "encoder.layers.11.mlp.fc1.weight": (3072, 768),
}


def write_sparse(path: Path, tensors: dict[str, tuple[int, ...]]) -> Path:
    """A float16 file of zeros that takes no room on the disk."""
    header, end = {}, 0
    for name, shape in tensors.items():
        size = 2 * torch.Size(shape).numel()
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    raw = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        file.truncate(8 + len(raw) + end)
    return path


def sd15_shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor of the real file, by building its networks and renaming backwards."""
    from nodes.models.conftest import ldm_text, ldm_unet, ldm_vae

    with torch.device("meta"):
        unet = libraries.unet_class().from_config(dict(sd1.UNET))
        vae = libraries.vae_class().from_config(dict(sd1.VAE))
        model, config = libraries.clip_text_classes()
        text = model(config(**sd1.TEXT))
    tensors = {UNET + ldm_unet(name, sd1.UNET): v for name, v in unet.state_dict().items()}
    tensors |= {VAE + name: v for name, v in ldm_vae(vae.state_dict(), sd1.VAE).items()}
    prefix = TEXT.removesuffix("text_model.")
    tensors |= {prefix + ldm_text(name): v for name, v in text.state_dict().items()}
    return {name: tuple(value.shape) for name, value in tensors.items()}


@pytest.fixture(scope="module")
def real() -> dict[str, tuple[int, ...]]:
    return sd15_shapes()


def parts(path: Path) -> dict[str, Any]:
    family, source = identify(path)
    assert isinstance(source, SingleFile)
    configs = sd1._configs(source)
    return {
        "family": family.name,
        "configs": configs,
        "unet": shapes(layouts.unet_tensors(source, configs["unet"], "U-Net")),
        "vae": shapes(layouts.vae_tensors(source, configs["vae"], "VAE")),
        "text": shapes(layouts.clip_tensors(source, "text encoder")),
    }


def test_the_default_configs_are_the_real_ones(real: dict[str, tuple[int, ...]]) -> None:
    assert {name: real[name] for name in KNOWN} == KNOWN
    counts = [sum(name.startswith(part) for name in real) for part in (UNET, VAE, TEXT)]
    assert counts == [686, 248, 196]


def test_a_file_without_configs(real: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    found = parts(write_sparse(tmp_path / "sd15.safetensors", real))
    assert found["family"] == "sd1"
    with torch.device("meta"):
        unet = libraries.unet_class().from_config(dict(sd1.UNET))
    expected = {name: tuple(value.shape) for name, value in unet.state_dict().items()}
    assert found["unet"] == expected
    assert len(found["vae"]) == 248
    assert len(found["text"]) == 196
    assert sd1._native_size(found["configs"]["unet"], 8, "") == (512, 512)


@pytest.mark.parametrize("channels", [8, 9])
def test_editing_and_inpainting_models(
    real: dict[str, tuple[int, ...]], tmp_path: Path, channels: int
) -> None:
    changed = real | {UNET + "input_blocks.0.0.weight": (320, channels, 3, 3)}
    found = parts(write_sparse(tmp_path / "sd15.safetensors", changed))
    assert found["configs"]["unet"]["in_channels"] == channels
    assert found["unet"]["conv_in.weight"] == (320, channels, 3, 3)


def test_an_inpainting_network_says_what_it_misses() -> None:
    from weft_nodes.kinds import Conditioning
    from weft_nodes.models.networks import UnetNetwork

    module = torch.nn.Module()
    module.conv_in = torch.nn.Conv2d(9, 8, 3)
    with pytest.raises(InputError, match=r"takes 9 input channels, got 4; .*inpainting"):
        UnetNetwork(module)(
            torch.zeros(1, 4, 8, 8), torch.zeros(1), Conditioning(torch.zeros(1, 2, 3))
        )


def test_other_dimensions_need_configs(real: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    for shape in ((64, 4, 3, 3), (320, 5, 3, 3), (320,)):
        changed = real | {UNET + "input_blocks.0.0.weight": shape}
        with pytest.raises(InputError, match=r"must carry its configs"):
            parts(write_sparse(tmp_path / "m.safetensors", changed))


def test_v_prediction_is_found(real: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    path = write_sparse(tmp_path / "m.safetensors", real | {"v_pred": (0,)})
    scheduler = parts(path)["configs"]["scheduler"]
    assert noise_schedule.prediction(scheduler, "") == "v"


def test_the_latent_space_of_fine_tunes_is_the_same(
    real: dict[str, tuple[int, ...]], tmp_path: Path
) -> None:
    _, source = identify(write_sparse(tmp_path / "m.safetensors", real))
    format = sd1._latent_format(source, sd1.VAE)
    assert (format.name, format.downscale) == ("sd1", 8)
    other = sd1._latent_format(source, {**sd1.VAE, "scaling_factor": 0.2})
    assert other.name.startswith("vae-")
