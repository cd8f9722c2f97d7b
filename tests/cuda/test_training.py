"""A few training steps of every stage on a CUDA device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from weft_training.bank import LatentBank
from weft_training.configs import build_unet, build_vae
from weft_training.evaluate import generate, load
from weft_training.export import checkpoint_bytes, write_checkpoint
from weft_training.loop import Plan, Task, train
from weft_training.starter_unet import Workshop
from weft_training.train_text import TextTask
from weft_training.train_unet import UnetTask
from weft_training.train_vae import DecoderTask, VaeTask, standardise

GPU = torch.device("cuda")


def unet_task() -> Task:
    torch.manual_seed(0)
    text = TextTask(GPU).module.get_submodule("text")
    bank = LatentBank(build_vae().to(GPU).eval(), GPU)
    return UnetTask(bank, text, GPU, batch=2, first=16, grow=8)


@pytest.mark.parametrize(
    "make",
    [
        lambda: TextTask(GPU, batch=4),
        lambda: VaeTask(GPU, batch=2),
        lambda: DecoderTask(build_vae(), GPU, batch=2),
        unet_task,
    ],
    ids=["text", "vae", "decoder", "unet"],
)
def test_a_stage_trains_and_goes_on(make: Callable[[], Task], tmp_path: Path) -> None:
    plan = Plan(lr=1e-3, steps=4, warmup=2, shares=2, log_every=1)
    before = {name: one.clone() for name, one in make().module.state_dict().items()}
    train(make(), Plan(lr=1e-3, steps=2, warmup=2, shares=2, log_every=1), tmp_path)
    trained = train(make(), plan, tmp_path, resume=True)
    assert len(next(tmp_path.glob("*.jsonl")).read_text().splitlines()) == 4
    state = trained.state_dict()
    assert {one.device.type for one in state.values()} == {"cuda"}
    assert all(torch.isfinite(one).all() for one in state.values())
    assert any(not torch.equal(one, before[name]) for name, one in state.items())


def test_the_stages_follow_one_another(tmp_path: Path) -> None:
    """Each loads what the one before has left, on the device."""
    workshop = Workshop(tmp_path, GPU)
    plan = Plan(lr=1e-3, steps=2, warmup=1, shares=2, log_every=1)
    for stage in ("text", "vae", "decoder"):
        workshop.run(stage, plan, resume=False)
    assert workshop.text().device.type == workshop.vae().device.type == "cuda"
    path = workshop.export(build_unet())
    (picture,) = generate(load(path, GPU), ["a small red circle"], [1], steps=2)
    assert picture.shape == (128, 128, 3)


def test_what_was_trained_there_is_written_and_judged(tmp_path: Path) -> None:
    torch.manual_seed(2)
    unet, vae = build_unet().to(GPU), build_vae().to(GPU)
    standardise(vae, GPU, pictures=8)
    text = TextTask(GPU).module.get_submodule("text")
    data = checkpoint_bytes(unet.state_dict(), vae.state_dict(), text.state_dict(), card="a test")
    path = tmp_path / "model.safetensors"
    write_checkpoint(path, data)
    (there,) = generate(load(path, GPU), ["a small red circle"], [1], steps=2)
    (here,) = generate(load(path, torch.device("cpu")), ["a small red circle"], [1], steps=2)
    # Untrained weights make noise of pictures; float32 in another order makes the same noise.
    assert abs(there.astype(int) - here.astype(int)).max() <= 2
