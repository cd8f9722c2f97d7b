"""On a CUDA device: half precision, places, tiles, memory. Skipped where there is none."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from small_upscalers import picture, run, write

from weft.values import measure
from weft_upscale.loading import load

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
GPU = "cuda:0"


@pytest.mark.parametrize("name", ["compact", "esrgan-shuffled", "swinir"])
def test_half_precision_is_close_to_the_processor(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    image = picture(48, 60, 4, batch=2)
    whole, half = load(path), load(path, GPU)
    # spandrel takes no float16 for SwinIR.
    assert half.dtype == ("float32" if name == "swinir" else "float16")
    assert measure(half).device > 0
    made = run(half, image, 32, 16)
    assert made.device == image.device
    # float16 keeps 11 bits of a number, and layers add up a few such roundings.
    torch.testing.assert_close(made, run(whole, image, 32, 16), atol=0.01, rtol=0)


def test_single_precision_is_the_processors(tmp_path: Path) -> None:
    path, image = write(tmp_path, "compact"), picture(70, 101)
    model = load(path, GPU, "float32")
    wanted = run(load(path), image, 0)
    for tile in (0, 32):
        torch.testing.assert_close(run(model, image, tile, 12), wanted, atol=1e-5, rtol=0)
    torch.testing.assert_close(run(model, image, 32, 12), run(model, image, 32, 12), atol=0, rtol=0)


def test_pictures_stay_where_they_are(tmp_path: Path) -> None:
    path, image = write(tmp_path, "compact"), picture(40, 40)
    made = run(load(path, GPU, "float32"), image.to(GPU), 32, 12)
    assert str(made.device) == GPU
    moved = run(load(path), image.to(GPU), 32, 12)  # a model on the processor
    assert str(moved.device) == GPU
    torch.testing.assert_close(made, moved, atol=1e-5, rtol=0)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """About 400 MB of the device."""
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(GPU).total_memory
    torch.cuda.set_per_process_memory_fraction(400e6 / total, GPU)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0, GPU)


@pytest.mark.usefixtures("little_memory")
def test_tiles_are_halved_until_they_fit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """8 features of a picture of 4096 x 4096 pixels are 537 MB."""
    path, image = write(tmp_path, "compact-1x"), picture(4096, 4096)
    with caplog.at_level(logging.WARNING):
        made = run(load(path, GPU, "float32"), image, 0, 16)
    assert "no room for tiles of all pixels; trying 2048" in caplog.text
    torch.testing.assert_close(made, run(load(path), image, 1024, 16), atol=1e-5, rtol=0)
