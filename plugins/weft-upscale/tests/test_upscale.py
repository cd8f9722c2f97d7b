"""The nodes on pictures: batches, channels, progress, cancel, memory, determinism."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from small_upscalers import model_of, picture, run
from torch import Tensor

from weft import Cancelled, Context, InputError
from weft_upscale.nodes import scale_to, upscale


def test_a_batch_is_its_pictures(tmp_path: Path) -> None:
    model, images = model_of(tmp_path, "compact"), picture(24, 40, batch=3)
    each = torch.cat([run(model, one[None], 32, 8) for one in images])
    torch.testing.assert_close(run(model, images, 32, 8), each, atol=0, rtol=0)


@pytest.mark.parametrize("name", ["compact", "compact-grey", "compact-rgba"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_any_picture_through_any_network(tmp_path: Path, name: str, channels: int) -> None:
    made = run(model_of(tmp_path, name), picture(20, 28, channels, batch=2), 20, 4)
    assert made.shape == (2, 40, 56, channels)
    assert 0 <= made.min() <= made.max() <= 1


def test_opacity_goes_through_by_itself(tmp_path: Path) -> None:
    model, image = model_of(tmp_path, "compact"), picture(20, 28, 4)
    made = run(model, image)
    torch.testing.assert_close(made[..., :3], run(model, image[..., :3]))
    torch.testing.assert_close(made[..., 3:], run(model, image[..., 3:]))
    grey = run(model, image[..., 3:].expand(-1, -1, -1, 3))
    torch.testing.assert_close(made[..., 3], grey.mean(-1))


def test_a_grey_network_takes_each_channel(tmp_path: Path) -> None:
    model, image = model_of(tmp_path, "compact-grey"), picture(20, 28, 3)
    each = torch.cat([run(model, image[..., index : index + 1]) for index in range(3)], -1)
    torch.testing.assert_close(run(model, image), each)


def test_a_network_with_opacity_takes_it_along(tmp_path: Path) -> None:
    model, image = model_of(tmp_path, "compact-rgba"), picture(20, 28, 3)
    opaque = torch.cat([image, torch.ones(1, 20, 28, 1)], -1)
    torch.testing.assert_close(run(model, image), run(model, opaque)[..., :3])


@pytest.mark.parametrize("shape", [(20, 28, 3), (1, 20, 28, 5), (0, 20, 28, 3)])
def test_no_picture(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"expected \[B, H, W, C\]"):
        run(model_of(tmp_path, "compact"), torch.zeros(shape))


def test_nothing_is_edited_and_every_run_is_alike(tmp_path: Path) -> None:
    for name in ("compact", "esrgan-shuffled", "swinir"):
        model, image = model_of(tmp_path, name), picture(40, 36)
        given, version = image.clone(), image._version
        before = torch.default_generator.get_state()
        first = run(model, image, 32, 8)
        assert image._version == version
        torch.testing.assert_close(image, given, atol=0, rtol=0)
        torch.manual_seed(99)
        torch.testing.assert_close(run(model, image, 32, 8), first, atol=0, rtol=0)
        torch.default_generator.set_state(before)


def test_a_network_that_draws_random_numbers_is_deterministic(tmp_path: Path) -> None:
    model = model_of(tmp_path, "compact")

    def noisy(image: Tensor) -> Tensor:
        made: Tensor = model.descriptor(image)
        return made + torch.rand(made.shape)

    drawing = replace(model, descriptor=noisy)
    before = torch.default_generator.get_state()
    first = run(drawing, picture(16, 16))
    torch.manual_seed(3)
    torch.testing.assert_close(run(drawing, picture(16, 16)), first, atol=0, rtol=0)
    torch.default_generator.set_state(before)
    run(drawing, picture(16, 16))
    assert torch.equal(torch.default_generator.get_state(), before)


class Watcher:
    """The run behind a context: keeps what is reported, and may cancel."""

    def __init__(self, stop_at: float = -1) -> None:
        self.seen: list[tuple[float, float | None]] = []
        self.previews: list[Tensor] = []
        self.cancelled = threading.Event()
        self.stop_at = stop_at
        self.calls = 0

    def progress(self, node: str, done: float, total: float | None) -> None:
        self.seen.append((done, total))
        if done == self.stop_at:
            self.cancelled.set()

    def preview(self, node: str, render: Any) -> None:
        self.previews.append(render())

    def output(self, node: str, item: dict[str, Any]) -> None:
        raise AssertionError("it makes no files")

    async def on_lane(self, lane: str, function: Any) -> Any:
        assert lane == "device"
        self.calls += 1
        return function()

    def context(self) -> Context:
        return Context(host=self, cancelled=self.cancelled)


def test_progress_by_tile(tmp_path: Path) -> None:
    watcher, model = Watcher(), model_of(tmp_path, "compact")
    made = asyncio.run(upscale(model, picture(40, 70, batch=2), watcher.context(), 32, 8))
    assert watcher.seen == [(done, 12) for done in range(13)]  # 2 pictures, 2 rows, 3 columns
    assert watcher.calls >= 12  # the device is free for others in between
    assert len(watcher.previews) == 11
    torch.testing.assert_close(watcher.previews[-1], made[0])
    assert watcher.previews[0].shape == (80, 140, 3)


def test_cancel_in_mid_run(tmp_path: Path) -> None:
    watcher, model = Watcher(stop_at=3), model_of(tmp_path, "compact")
    with pytest.raises(Cancelled):
        asyncio.run(upscale(model, picture(40, 70, batch=2), watcher.context(), 32, 8))
    assert watcher.seen[-1] == (3, 12)


def short_of_memory(model: Any, most: int, tried: list[int]) -> Any:
    """The model on a device that has room for tiles of at most `most` pixels."""

    def descriptor(image: Tensor) -> Tensor:
        tried.append(max(image.shape[2:]))
        if tried[-1] > most:
            raise RuntimeError("[enforce fail] not enough memory: you tried to allocate 9 bytes")
        made: Tensor = model.descriptor(image)
        return made

    return replace(model, descriptor=descriptor)


def test_tiles_are_halved_where_memory_is_short(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, image, tried = model_of(tmp_path, "compact"), picture(300, 300), list[int]()
    with caplog.at_level(logging.WARNING):
        made = run(short_of_memory(model, 100, tried), image, 0, 12)
    assert tried[0] == 300
    assert 100 < tried[1] <= 150
    assert max(tried[2:]) <= 75
    assert "no room for tiles of all pixels; trying 150" in caplog.text
    torch.testing.assert_close(made, run(model, image, 0), atol=1e-5, rtol=0)


def test_and_no_further_than_sense_goes(tmp_path: Path) -> None:
    model, tried = model_of(tmp_path, "compact"), list[int]()
    with pytest.raises(RuntimeError, match="not enough memory"):
        run(short_of_memory(model, 10, tried), picture(300, 300))
    assert min(tried) >= 64


def test_numbers_that_overflow_are_told(tmp_path: Path) -> None:
    model = model_of(tmp_path, "compact")
    endless = replace(
        model, dtype="float16", descriptor=lambda image: torch.full((1, 3, 8, 8), torch.nan)
    )
    with pytest.raises(InputError, match="not finite; load it with precision float32"):
        run(endless, picture(4, 4))
    wrong = replace(model, descriptor=lambda image: image)
    with pytest.raises(InputError, match=r"expected \[1, 3, 8, 8\], got \[1, 3, 4, 4\]"):
        run(wrong, picture(4, 4))


def scaled(model: Any, image: Tensor, **options: Any) -> Tensor:
    return asyncio.run(scale_to(model, image, Context.null(), **options))


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (40, 60)),
        ({"factor": 1.5}, (30, 45)),
        ({"factor": 0.5}, (10, 15)),
        ({"factor": 3.0, "passes": 2}, (60, 90)),
        ({"width": 75}, (50, 75)),
        ({"height": 33}, (33, 50)),
        ({"width": 20, "height": 31}, (31, 20)),
    ],
)
def test_scale_to_a_size(tmp_path: Path, options: Any, size: tuple[int, int]) -> None:
    made = scaled(model_of(tmp_path, "compact"), picture(20, 30), **options)
    assert made.shape[1:3] == size
    assert 0 <= made.min() <= made.max() <= 1


def test_scale_to_is_the_model_and_then_a_filter(tmp_path: Path) -> None:
    from weft_nodes.nodes.image import resize

    model, image = model_of(tmp_path, "compact"), picture(20, 30)
    twice = run(model, image)
    torch.testing.assert_close(scaled(model, image), twice)
    torch.testing.assert_close(scaled(model, image, factor=1.5), resize(twice, 45, 30))
    four = run(model, twice)
    torch.testing.assert_close(scaled(model, image, factor=3, passes=3), resize(four, 90, 60))
    torch.testing.assert_close(scaled(model, image, factor=3), resize(twice, 90, 60))


def test_a_model_that_only_cleans_is_applied_once(tmp_path: Path) -> None:
    from weft_nodes.nodes.image import resize

    model, image = model_of(tmp_path, "nafnet"), picture(20, 32)
    wanted = resize(run(model, image), 64, 40)
    torch.testing.assert_close(scaled(model, image, passes=4), wanted)


def test_a_size_too_large(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got 16384 x 24576"):
        scaled(model_of(tmp_path, "compact"), picture(30, 20), width=16384)
