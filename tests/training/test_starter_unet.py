"""A few training steps of every stage: they resume exactly, and their file reads back exactly."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from safetensors import safe_open
from torch import Tensor, nn

from weft_training.bank import LatentBank
from weft_training.configs import build_unet, build_vae
from weft_training.evaluate import generate, load
from weft_training.export import TEXT_PREFIX, checkpoint_bytes, write_checkpoint
from weft_training.loop import Plan, Progress, Task, fraction_done, learning_rate, train
from weft_training.sampling import alphas_cumprod
from weft_training.scenes import HELD_OUT
from weft_training.train_text import SCENE_CLASSES, TextTask
from weft_training.train_unet import UnetTask
from weft_training.train_vae import DecoderTask, VaeTask, standardise, start_as_pooling, to_signal

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def text_task() -> Task:
    return TextTask(CPU, batch=4)


def vae_task() -> Task:
    return VaeTask(CPU, batch=1)


def decoder_task() -> Task:
    torch.manual_seed(0)
    return DecoderTask(build_vae(), CPU, batch=1)


def unet_task() -> Task:
    torch.manual_seed(0)
    text = TextTask(CPU).module.get_submodule("text")
    bank = LatentBank(build_vae().eval(), CPU)
    return UnetTask(bank, text, CPU, batch=1, first=16, grow=8)


@pytest.mark.parametrize("make", [text_task, vae_task, decoder_task, unet_task])
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    make: Callable[[], Task], tmp_path: Path
) -> None:
    plan = Plan(lr=1e-3, steps=3, warmup=2, shares=2, log_every=1)
    whole = train(make(), plan, tmp_path / "whole").state_dict()

    calls = 0

    class StopError(Exception):
        pass

    def stop(average: nn.Module, progress: Progress) -> None:
        nonlocal calls
        calls += 1
        if progress.step == 2:
            raise StopError

    often = replace(plan, save_minutes=0.0)
    with pytest.raises(StopError):
        train(make(), often, tmp_path / "parts", on_save=stop)
    resumed = train(make(), plan, tmp_path / "parts", resume=True).state_dict()
    assert calls == 2
    assert all(torch.equal(resumed[key], value) for key, value in whole.items())
    log = next(tmp_path.glob("parts/*.jsonl")).read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == [1, 2, 3]


def test_shares_average_to_one_large_batch(tmp_path: Path) -> None:
    class Constant:
        name, batch = "constant", 1

        def __init__(self) -> None:
            self.module: nn.Module = nn.Linear(1, 1, bias=False)
            nn.init.zeros_(self.module.weight)
            self.seen: list[tuple[int, int]] = []

        def loss(self, module: nn.Module, step: int, share: int) -> Tensor:
            self.seen.append((step, share))
            out: Tensor = module(torch.ones(1, 1)) * (1.0 if share else -3.0)
            return out.sum()

    task = Constant()
    average = train(task, Plan(lr=0.1, steps=1, warmup=1, shares=2), tmp_path)
    assert sorted(task.seen) == [(0, 0), (0, 1)]
    assert float(task.module.get_parameter("weight").detach()) > 0  # the mean slope is -1
    assert torch.isfinite(average.get_parameter("weight")).all()


def test_the_learning_rate_rises_and_falls_with_the_budget() -> None:
    plan = Plan(lr=1.0, minutes=1.0, warmup=10)
    assert learning_rate(plan, Progress()) == pytest.approx(0.1)
    assert learning_rate(plan, Progress(step=10)) == pytest.approx(1.0)
    assert learning_rate(plan, Progress(step=10, wall_s=60)) == pytest.approx(0.01)
    assert fraction_done(plan, Progress(wall_s=30)) == pytest.approx(0.5)


def test_captions_in_training_name_no_held_out_pair() -> None:
    task = TextTask(CPU, batch=200)
    batch = task.draw(0, 0)
    texts = task.tokenizer.batch_decode(batch.tokens, skip_special_tokens=True)
    assert not any(f"{colour} {shape}" in t for t in texts for colour, shape in HELD_OUT)
    assert batch.scenes.shape == (200, len(SCENE_CLASSES))


def test_the_autoencoder_starts_by_passing_colours_on() -> None:
    vae = build_vae().eval()
    start_as_pooling(vae)
    pictures = torch.stack([torch.full((3, 64, 64), value) for value in (-1.0, 1.0)])
    with torch.no_grad():
        latents = vae.encode(pictures).latent_dist.mean
    assert latents.shape == (2, 4, 8, 8)
    assert float((latents[0] - latents[1]).abs().mean()) > 0.01


def test_standardised_latents_decode_to_the_same_picture() -> None:
    torch.manual_seed(1)
    vae = build_vae().eval()
    pictures = to_signal(np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8))
    with torch.no_grad():
        before = vae.encode(pictures).latent_dist
        decoded = vae.decode(before.mean).sample
        standardise(vae, CPU, pictures=8)
        after = vae.encode(pictures).latent_dist
        torch.testing.assert_close(vae.decode(after.mean).sample, decoded, atol=1e-4, rtol=1e-3)
    ratio = (after.mean.std(dim=(0, 2, 3)) / before.mean.std(dim=(0, 2, 3)))[:, None, None]
    torch.testing.assert_close(after.std, before.std * ratio, atol=1e-5, rtol=1e-3)


def test_the_noise_schedule_is_stable_diffusions() -> None:
    sigma = ((1 - alphas_cumprod()) / alphas_cumprod()).sqrt()
    assert float(sigma[0]) == pytest.approx(0.0292, abs=1e-4)
    assert float(sigma[-1]) == pytest.approx(14.6146, abs=1e-3)


def test_the_file_reads_back_exactly_and_draws(tmp_path: Path) -> None:
    torch.manual_seed(2)
    unet, vae = build_unet(), build_vae()
    text = TextTask(CPU).module.get_submodule("text")
    states = unet.state_dict(), vae.state_dict(), text.state_dict()
    data = checkpoint_bytes(*states, card="a test")
    assert data == checkpoint_bytes(*states, card="a test")
    assert len(data) <= 30_000_000
    path = tmp_path / "model.safetensors"
    write_checkpoint(path, data)

    with safe_open(str(path), framework="pt") as file:
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        notes = file.metadata()
    assert data.index(b'"weft.card"') < data.index(b'"weft.configs"') < data.index(b'"weft.tok')
    assert notes["weft.family"] == "sd1"
    configs = json.loads(notes["weft.configs"])
    back = (
        convert_ldm_unet_checkpoint(dict(weights), configs["unet"]),
        convert_ldm_vae_checkpoint(dict(weights), configs["vae"]),
        {k.removeprefix(TEXT_PREFIX): v for k, v in weights.items() if k.startswith(TEXT_PREFIX)},
    )
    for found, meant in zip(back, states, strict=True):
        assert found.keys() == meant.keys()
        assert all(torch.equal(found[key], value.half()) for key, value in meant.items())

    pictures = generate(load(path, CPU), ["a small red circle"], [1], steps=2)
    assert pictures[0].shape == (128, 128, 3)
