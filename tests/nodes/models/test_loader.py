"""Checkpoints load to the same networks from both layouts, and unusable ones are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from weft import InputError
from weft_nodes.kinds import Conditioning
from weft_nodes.models.checkpoint import Checkpoint
from weft_nodes.models.loader import (
    identify,
    load_checkpoint,
    load_model,
    load_text_encoder,
    load_vae,
)

LDM_UNET = "model.diffusion_model."
Loaders = dict[str, Callable[[Path], Any]]


def ids(texts: list[str], tiny: Any) -> torch.Tensor:
    from transformers import CLIPTokenizer

    data = json.loads(tiny.metadata["weft.tokenizer"])
    tokenizer = CLIPTokenizer(
        vocab=data["vocab"],
        merges=[tuple(pair) for pair in data["merges"]],
        unk_token="<|endoftext|>",
        bos_token="<|startoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
    )
    rows = tokenizer(texts, padding="max_length", truncation=True, max_length=12)
    return torch.tensor(rows.input_ids)


def assert_equals_originals(checkpoint: Checkpoint, tiny: Any) -> None:
    texts = ["a red cat", "", "Ünïcode   and\nmore than twelve tokens, certainly!! 123"]
    conditioning = checkpoint.text_encoder.encode(texts)
    expected = tiny.text(input_ids=ids(texts, tiny)).last_hidden_state
    assert torch.equal(conditioning.embeddings, expected)

    generator = torch.Generator().manual_seed(1)
    x = torch.randn(3, 4, 8, 8, generator=generator)
    timestep = torch.tensor([0.0, 10.5, 999.0])
    answer = checkpoint.model.network(x, timestep, conditioning)
    assert torch.equal(answer, tiny.unet(x, timestep, expected).sample)

    image = torch.rand(2, 16, 24, 3, generator=generator)
    latents = checkpoint.vae.encode(image)
    pictures = image.permute(0, 3, 1, 2).contiguous() * 2 - 1
    means = [tiny.vae.encode(one[None]).latent_dist.mean for one in pictures]
    assert torch.equal(latents, torch.cat(means) * 0.5)
    decoded = torch.cat([tiny.vae.decode(one[None] / 0.5).sample for one in latents])
    expected = ((decoded / 2 + 0.5).clamp(0, 1)).permute(0, 2, 3, 1)
    assert torch.equal(checkpoint.vae.decode(latents), expected)


def test_single_file_gives_the_original_networks(tiny: Any, tiny_file: Path) -> None:
    assert_equals_originals(load_checkpoint(tiny_file), tiny)


def test_folder_gives_the_original_networks(tiny: Any, tiny_folder: Path) -> None:
    assert_equals_originals(load_checkpoint(tiny_folder), tiny)


def test_what_a_model_says_of_itself(tiny_file: Path) -> None:
    model, text_encoder, vae = load_checkpoint(tiny_file)
    assert (model.family, text_encoder.family, model.prediction) == ("sd1", "sd1", "epsilon")
    assert model.native_size == (32, 32)
    assert len(model.training_sigmas) == 1000
    assert model.training_sigmas[0] == pytest.approx(0.029167158, rel=1e-6)
    assert model.training_sigmas[-1] == pytest.approx(14.614641, rel=1e-6)
    assert (model.latent_format.channels, model.latent_format.downscale) == (4, 4)
    assert model.latent_format == vae.latent_format
    assert model.latent_format.name.startswith("vae-")
    assert all(not p.requires_grad for m in model.modules for p in m.parameters())


def test_parts_load_alone_and_agree(tiny_file: Path) -> None:
    whole = load_checkpoint(tiny_file)
    x, t = torch.ones(1, 4, 8, 8), torch.tensor([5.0])
    text = load_text_encoder(tiny_file).encode(["cat"])
    assert torch.equal(text.embeddings, whole.text_encoder.encode(["cat"]).embeddings)
    assert torch.equal(load_model(tiny_file).network(x, t, text), whole.model.network(x, t, text))
    assert torch.equal(load_vae(tiny_file).decode(x), whole.vae.decode(x))
    assert load_model(tiny_file).latent_format.name == load_vae(tiny_file).latent_format.name


def test_half_precision_files_are_widened(tiny: Any, tmp_path: Path) -> None:
    halves = {name: value.half() for name, value in tiny.tensors.items()}
    path = tiny.write(tmp_path / "half.safetensors", **halves)
    model = load_model(path)
    weight = model.modules[0].conv_in.weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, tiny.unet.conv_in.weight.half().float())


def test_lower_precision_computes_nearly_the_same(tiny_file: Path) -> None:
    whole = load_checkpoint(tiny_file)
    low = load_checkpoint(tiny_file, dtype="bfloat16")
    assert (whole.model.dtype, low.model.dtype) == ("float32", "bfloat16")
    x, t = torch.randn(2, 4, 8, 8), torch.tensor([5.0, 900.0])
    text, low_text = whole.text_encoder.encode(["cat"]), low.text_encoder.encode(["cat"])
    assert low_text.embeddings.dtype == torch.float32
    answer = low.model.network(x, t, low_text)
    assert answer.dtype == torch.float32
    torch.testing.assert_close(answer, whole.model.network(x, t, text), rtol=0.1, atol=0.1)
    assert torch.equal(low.vae.decode(x), whole.vae.decode(x)), "a VAE stays in float32"
    with pytest.raises(InputError, match="dtype: expected auto"):
        load_model(tiny_file, dtype="int4")


def test_one_prompt_serves_a_batch(tiny_file: Path) -> None:
    model, text_encoder, _ = load_checkpoint(tiny_file)
    text = text_encoder.encode(["red cat"])
    x, t = torch.randn(3, 4, 8, 8), torch.full((3,), 7.0)
    together = model.network(x, t, text)
    repeated = model.network(x, t, Conditioning(text.embeddings.repeat(3, 1, 1)))
    assert torch.equal(together, repeated)
    assert model.network(x.double(), t.double(), text).dtype == torch.float64


def test_wrong_conditioning_is_refused(tiny_file: Path) -> None:
    network = load_model(tiny_file).network
    x, t = torch.randn(3, 4, 8, 8), torch.full((3,), 7.0)
    with pytest.raises(InputError, match="width 32"):
        network(x, t, Conditioning(torch.zeros(1, 12, 64)))
    with pytest.raises(InputError, match="1 or 3 pictures, got 2"):
        network(x, t, Conditioning(torch.zeros(2, 12, 32)))


def test_image_sizes_that_the_vae_cannot_take(tiny_file: Path) -> None:
    vae = load_vae(tiny_file)
    with pytest.raises(InputError, match=r"multiples of 4.*got 18x16"):
        vae.encode(torch.zeros(1, 16, 18, 3))
    with pytest.raises(InputError, match=r"\[B, H, W, 3\]"):
        vae.encode(torch.zeros(1, 16, 16, 4))
    with pytest.raises(InputError, match=r"\[B, 4, h, w\]"):
        vae.decode(torch.zeros(1, 3, 4, 4))


def test_nothing_changes_when_the_file_does(tiny: Any, tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "model.safetensors")
    model = load_model(path)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert torch.equal(model.modules[0].conv_in.weight, tiny.unet.conv_in.weight)


def test_truncated_prompts_are_reported(tiny_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    encoder = load_text_encoder(tiny_file)
    assert encoder.tokens("red cat") == (2, 10)
    encoder.encode(["red cat"])
    assert not caplog.records
    encoder.encode(["cat " * 11])
    assert "11 tokens is cut off after 10" in caplog.text


# -- what is refused ------------------------------------------------------------------------------


def test_missing_tensor(tiny: Any, tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "m.safetensors", **{LDM_UNET + "time_embed.0.bias": None})
    with pytest.raises(InputError, match=r"U-Net: 1 tensors are missing: time_embedding.linear_1"):
        load_model(path)


def test_unexpected_tensor(tiny: Any, tmp_path: Path) -> None:
    extra = {LDM_UNET + "surprise.weight": torch.zeros(1)}
    path = tiny.write(tmp_path / "m.safetensors", **extra)
    with pytest.raises(InputError, match=r"1 tensors have no place: surprise.weight"):
        load_model(path)


def test_unused_parts_are_reported_and_training_leftovers_are_not(
    tiny: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spare = {
        "model_ema.decay": torch.zeros(1),
        "alphas_cumprod": torch.zeros(10),
        "first_stage_model.loss.logvar": torch.zeros(1),
        "cond_stage_model.transformer.text_model.embeddings.position_ids": torch.arange(12)[None],
    }
    path = tiny.write(tmp_path / "a.safetensors", **spare)
    for load in (load_model, load_vae, load_text_encoder):
        load(path)
    assert not caplog.records
    load_model(tiny.write(tmp_path / "b.safetensors", **{"extra.net": torch.zeros(1)}))
    assert "no part uses: extra.net" in caplog.text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers(tiny: Any, tmp_path: Path, value: float) -> None:
    name = "first_stage_model.decoder.conv_in.weight"
    broken = tiny.tensors[name].clone()
    broken[1, 2, 0, 0] = value
    path = tiny.write(tmp_path / "m.safetensors", **{name: broken})
    with pytest.raises(InputError, match=r"VAE: tensor decoder.conv_in.weight|NaN or infinity"):
        load_vae(path)


def test_wrong_shape(tiny: Any, tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "m.safetensors", **{LDM_UNET + "out.2.bias": torch.zeros(5)})
    with pytest.raises(InputError, match=r"out.2.bias: expected shape \[4\], got \[5\]"):
        load_model(path)


def test_integer_weights(tiny: Any, tmp_path: Path) -> None:
    name = LDM_UNET + "out.2.bias"
    path = tiny.write(tmp_path / "m.safetensors", **{name: torch.zeros(4, dtype=torch.int8)})
    with pytest.raises(InputError, match="floating point weights, got I8"):
        load_model(path)


def test_truncated_file(tiny_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(tiny_file.read_bytes()[:-1000])
    with pytest.raises(InputError, match="cut short"):
        load_checkpoint(path)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "scheduler", "tokenizer"])
def test_folder_with_a_missing_part(tiny_folder: Path, part: str) -> None:
    for file in (tiny_folder / part).iterdir():
        file.unlink()
    parts: Loaders = {
        "vae": load_vae,
        "text_encoder": load_text_encoder,
        "tokenizer": load_text_encoder,
    }
    with pytest.raises(InputError, match=part):
        parts.get(part, load_model)(tiny_folder)


def test_folder_with_pickled_weights(tiny_folder: Path) -> None:
    weights = tiny_folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(InputError, match="unpickling runs code"):
        load_model(tiny_folder)


def test_sharded_and_half_precision_folders(tiny: Any, tiny_folder: Path) -> None:
    weights = tiny_folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = list(load_file(weights).items())
    weights.unlink()
    for number, part in enumerate((tensors[:50], tensors[50:]), start=1):
        save_file(dict(part), weights.with_stem(f"{weights.stem}-0000{number}-of-00002"))
    vae = tiny_folder / "vae" / "diffusion_pytorch_model.safetensors"
    vae.rename(vae.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert_equals_originals(load_checkpoint(tiny_folder), tiny)


def test_folder_from_before_attention_was_renamed(tiny: Any, tiny_folder: Path) -> None:
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    path = tiny_folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    for new, name in old.items():
        tensors = {key.replace(f".{new}.", f".{name}."): value for key, value in tensors.items()}
    save_file(tensors, path)
    assert_equals_originals(load_checkpoint(tiny_folder), tiny)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"weft.configs": "{"}, "weft.configs: expected JSON"),
        ({"weft.configs": "[1]"}, "expected a JSON object, got list"),
        ({"weft.configs": "{}"}, "expected objects named unet"),
        ({"weft.tokenizer": "{}"}, "weft.tokenizer: expected a tokenizer"),
        ({"weft.tokenizer": '{"vocab": {"a": 1}, "merges": []}'}, "CLIP vocabulary"),
        ({"weft.latent_rgb": '{"factors": [[1, 2]]}'}, r"factors \[4\]\[3\]"),
    ],
)
def test_metadata_that_makes_no_sense(
    tiny: Any, tmp_path: Path, metadata: dict[str, str], message: str
) -> None:
    path = tmp_path / "m.safetensors"
    save_file(tiny.tensors, path, {**tiny.metadata, **metadata})
    with pytest.raises(InputError, match=message):
        (load_text_encoder if "weft.tokenizer" in metadata else load_vae)(path)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("unet", {"block_out_channels": [10**12, 1]}),
        ("unet", {"layers_per_block": 10**6}),
        ("unet", {"down_block_types": ["DownBlock2D"] * 10**5}),
        ("unet", {"down_block_types": "x"}),
        ("unet", {"norm_num_groups": 0}),
        ("unet", {"attention_head_dim": 0}),
        ("unet", {"sample_size": -1}),
        ("unet", {"layers_per_block": None}),
        ("unet", {"cross_attention_dim": {"a": 1}}),
        ("vae", {"latent_channels": "many"}),
        ("vae", {"block_out_channels": []}),
        ("vae", {"norm_num_groups": -1}),
        ("vae", {"scaling_factor": 0}),
        ("vae", {"scaling_factor": "x"}),
        ("vae", {"shift_factor": "x"}),
        ("vae", {"scaling_factor": float("nan")}),
        ("vae", {"down_block_types": None}),
        ("text_encoder", {"num_hidden_layers": 10**9}),
        ("text_encoder", {"hidden_act": "no such thing"}),
        ("text_encoder", {"vocab_size": "x"}),
        ("text_encoder", {"num_attention_heads": 3}),
        ("text_encoder", {"max_position_embeddings": 1}),
        ("scheduler", {"beta_schedule": "wild"}),
        ("scheduler", {"beta_end": 2.0}),
        ("scheduler", {"num_train_timesteps": 10**9}),
        ("scheduler", {"prediction_type": "guess"}),
    ],
)
def test_configs_that_make_no_sense(
    tiny: Any, tmp_path: Path, part: str, change: dict[str, Any]
) -> None:
    configs = json.loads(tiny.metadata["weft.configs"])
    configs[part] |= change
    path = tmp_path / "m.safetensors"
    save_file(tiny.tensors, path, {**tiny.metadata, "weft.configs": json.dumps(configs)})
    loaders: Loaders = {"vae": load_vae, "text_encoder": load_text_encoder}
    with pytest.raises(InputError):
        loaders.get(part, load_model)(path)


def test_tokenizer_of_another_size(tiny: Any, tmp_path: Path) -> None:
    data = json.loads(tiny.metadata["weft.tokenizer"])
    data["vocab"]["one more"] = len(data["vocab"])
    path = tmp_path / "m.safetensors"
    save_file(tiny.tensors, path, {**tiny.metadata, "weft.tokenizer": json.dumps(data)})
    with pytest.raises(InputError, match=r"expected a tokenizer of 518 tokens.*got one of 519"):
        load_text_encoder(path)


def test_a_family_may_come_from_outside(tiny_file: Path) -> None:
    class Greedy:
        name = title = "acme"

        def recognises(self, source: object) -> bool:
            return True

    family, _ = identify(tiny_file, among=(Greedy(),))  # type: ignore[arg-type]
    assert family.name == "acme"
