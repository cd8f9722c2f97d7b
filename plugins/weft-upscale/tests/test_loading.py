"""Several architectures load from safetensors files; whatever else there is is refused."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from small_upscalers import ARCHITECTURES, context, model_of, picture, run, write

from weft import InputError, describe_model
from weft_upscale.loading import load
from weft_upscale.nodes import facts, load_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_is_told_from_its_file(folder: Path, name: str) -> None:
    _, title, scale, channels = ARCHITECTURES[name]
    write(folder, name)
    model = load_model(f"{name}.safetensors", context(folder))
    assert (model.architecture, model.scale, model.channels) == (title, scale, channels)
    assert facts(model) == (scale, channels, title)
    assert (model.device, model.dtype) == ("cpu", "float32")
    wanted = load_file(folder / "upscale_models" / f"{name}.safetensors")
    # spandrel may rename them; the numbers are the file's.
    held = sum(value.numel() for value in model.modules[0].state_dict().values())
    assert held == sum(value.numel() for value in wanted.values())
    assert not model.modules[0].training
    made = run(model, picture(24, 20, min(channels, 4)))
    assert made.shape == (1, 24 * scale, 20 * scale, channels)
    assert made.dtype == torch.float32


def test_it_is_the_network_of_the_file(folder: Path) -> None:
    make = ARCHITECTURES["compact"][0]
    network = make()
    network.load_state_dict(load_file(write(folder, "compact")))
    image = picture(17, 23)
    with torch.no_grad():
        wanted = network(image.movedim(-1, 1)).clamp(0, 1).movedim(1, -1)
    torch.testing.assert_close(run(model_of(folder, "compact"), image), wanted)


def test_requirements_come_with_the_model(folder: Path) -> None:
    assert model_of(folder, "esrgan-shuffled").multiple_of == 4
    assert model_of(folder, "swinir").minimum == 16
    assert model_of(folder, "swinir").tiling == "discouraged"


def test_a_model_is_frozen_and_counted(folder: Path) -> None:
    from weft.values import measure

    model = model_of(folder, "esrgan")
    with pytest.raises(FrozenInstanceError):
        model.scale = 3  # type: ignore[misc]
    weights = sum(4 * value.numel() for value in model.modules[0].parameters())
    assert measure(model).host >= weights
    assert measure(model).movable


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_moves_and_comes_back(folder: Path, name: str) -> None:
    from weft.disk import DiskTier
    from weft.testing import FakeDevice
    from weft.values import moved

    model = model_of(folder, name)
    with FakeDevice(), torch.no_grad():
        there = moved(model, "fake:0")
        assert {one.device.type for one in there.modules[0].parameters()} == {"fake"}
        assert {one.device.type for one in model.modules[0].parameters()} == {"cpu"}
        back = moved(there, "cpu")
    assert moved(model, "cpu") is model
    assert back.device == "cpu"
    for one, other in zip(
        model.modules[0].state_dict().values(), back.modules[0].state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    assert not DiskTier(folder / "kept", 1 << 20).put("ab", (model,), 1.0)  # its file is on disk


def test_a_model_says_what_it_is(folder: Path) -> None:
    shown = model_of(folder, "compact").weft_shown()
    assert shown == "RealESRGAN Compact, 2x, colour\nfloat32 on cpu"


def test_loading_draws_no_global_random_numbers(folder: Path) -> None:
    path = write(folder, "compact")
    before = torch.default_generator.get_state()
    load(path)
    assert torch.equal(torch.default_generator.get_state(), before)


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_half_precision_where_the_model_can(folder: Path, precision: Any) -> None:
    image = picture(16, 16)
    whole = model_of(folder, "compact")
    half = load(write(folder, "compact"), precision=precision)
    assert half.dtype == precision
    made = run(half, image)
    assert made.dtype == torch.float32
    # bfloat16 keeps 8 bits of a number; three layers add up a few such roundings.
    torch.testing.assert_close(made, run(whole, image), atol=0.03, rtol=0)


def test_and_only_there(folder: Path) -> None:
    path = write(folder, "dat")
    able = load(path).descriptor.supports_half
    if able:
        assert load(path, precision="float16").dtype == "float16"
    else:
        with pytest.raises(InputError, match="computes in float32, bfloat16, got precision"):
            load(path, precision="float16")


def test_the_list_of_models_says_what_it_is(folder: Path, tmp_path: Path) -> None:
    from weft_upscale.plugin import weft_describe_model

    path = write(folder, "esrgan")
    assert weft_describe_model(path) == {"family": "ESRGAN", "title": "ESRGAN upscaler"}
    elsewhere = tmp_path / "esrgan.safetensors"
    elsewhere.write_bytes(path.read_bytes())
    assert weft_describe_model(elsewhere) is None
    assert describe_model(path)["family"] == "ESRGAN"


def saved(path: Path, names: dict[str, list[int]]) -> Path:
    save_file({name: torch.zeros(shape) for name, shape in names.items()}, path)
    return path


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ({"lora_up.weight": [4, 4]}, "a LoRA"),
        ({"model.diffusion_model.input_blocks.0.0.weight": [4]}, "a diffusion checkpoint"),
        ({"conv1.weight_orig": [8, 3, 4, 4], "conv1.weight_u": [8]}, "the discriminator of a GAN"),
        ({"something": [3], "else": [4]}, "2 tensors of no known architecture: 'else'"),
        (
            {"toRGB.0.weight": [3, 3, 1, 1], "stylegan_decoder.style_mlp.1.weight": [4, 4]},
            "one aligned face",
        ),
    ],
)
def test_what_is_no_upscaler(tmp_path: Path, names: dict[str, list[int]], reason: str) -> None:
    path = saved(tmp_path / "other.safetensors", names)
    with pytest.raises(InputError, match=f"expected an upscaler, got .*{reason}"):
        load(path)


def test_a_model_that_fills_holes(tmp_path: Path) -> None:
    path = saved(tmp_path / "lama.safetensors", {"generator.model.1.bn_l.running_mean": [4]})
    with pytest.raises(InputError, match=r"expected an upscaler, got LaMa, .*it fills holes"):
        load(path)


def test_a_mismatched_mask_model_is_refused_after_building_too(folder: Path) -> None:
    from weft_upscale.loading import _check

    class Descriptor:
        architecture = type("Named", (), {"name": "Filler"})

    with pytest.raises(InputError, match="Filler, which needs a mask"):
        _check(Descriptor(), Path("x"))


def changed(folder: Path, tmp_path: Path, name: str, **tensors: torch.Tensor) -> Path:
    """An architecture's file with some tensors replaced."""
    state = load_file(write(folder, name)) | {
        key.replace("__", "."): value for key, value in tensors.items()
    }
    path = tmp_path / "changed.safetensors"
    save_file(state, path)
    return path


def test_hostile_tensors(folder: Path, tmp_path: Path) -> None:
    wrong = changed(folder, tmp_path, "compact", body__2__weight=torch.zeros(9, 8, 3, 3))
    with pytest.raises(InputError, match=r"no such network can be made of it: .*size mismatch"):
        load(wrong)
    missing = load_file(write(folder, "compact"))
    missing.pop("body.2.bias")
    save_file(missing, tmp_path / "missing.safetensors")
    with pytest.raises(InputError, match=r"Missing key.*body\.2\.bias"):
        load(tmp_path / "missing.safetensors")
    broken = changed(folder, tmp_path, "compact", body__0__bias=torch.full((8,), torch.nan))
    with pytest.raises(InputError, match=r"body\.0\.bias holds values that are not finite"):
        load(broken)
    empty = changed(folder, tmp_path, "compact", body__0__bias=torch.zeros(0))
    with pytest.raises(InputError, match="expected a shape with values in it"):
        load(empty)


def test_a_number_in_a_name_builds_no_million_blocks(folder: Path, tmp_path: Path) -> None:
    path = changed(folder, tmp_path, "compact", body__900000__weight=torch.zeros(1))
    with pytest.raises(InputError, match="expected no number above 100 in a file of 9"):
        load(path)


def test_shapes_ask_for_no_larger_network_than_the_file_holds(folder: Path, tmp_path: Path) -> None:
    # 30 kB that would be a network of 3 GB.
    first = torch.zeros(10000, 3, 1, 1, dtype=torch.int8)
    path = changed(folder, tmp_path, "compact", body__0__weight=first)
    with pytest.raises(InputError, match="far larger network than the file holds"):
        load(path)


def test_hostile_files(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    torch.save({"body.0.weight": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="pickled PyTorch file"):
        load(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        load(path)
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}")
    with pytest.raises(InputError, match="not a usable safetensors file"):
        load(path)
    entry = {"dtype": "F32", "shape": [1 << 30], "data_offsets": [0, 1 << 32]}
    text = json.dumps({"body.0.weight": entry}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(InputError, match="cut short"):
        load(path)
    path.write_bytes((2).to_bytes(8, "little") + b"{}")
    with pytest.raises(InputError, match="expected 1 to 20000 tensors, got 0"):
        load(path)
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.safetensors")
    save_file({"body.0.weight": torch.zeros(4).to(torch.float8_e5m2)}, path)
    with pytest.raises(InputError, match="got F8_E5M2"):
        load(path)


def test_a_name_that_leads_out_of_the_folder(folder: Path) -> None:
    write(folder, "compact")
    with pytest.raises(InputError):
        load_model("../upscale_models/compact.safetensors", context(folder))


def test_cancel_while_loading(folder: Path) -> None:
    from weft import Cancelled

    def cancelled() -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        load(write(folder, "compact"), check_cancelled=cancelled)
