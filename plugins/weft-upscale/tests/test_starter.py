"""The small upscaler that ships: better than a filter, trained alike each time, in a workflow."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import torch
from PIL import Image
from small_upscalers import run

from weft import Engine, ModelFolders, Workflow
from weft_upscale.loading import load

FILE = Path(str(files("weft_upscale"))) / "models/upscale_models/starter-2x.safetensors"
FLOW = Path(str(files("weft_upscale"))) / "workflows/text-to-image-2x.json"


def test_it_is_found_by_its_name() -> None:
    folders = ModelFolders.default(shipped=["weft_upscale:models"])
    assert folders.find("upscale_models", FILE.name) == FILE
    assert FILE.stat().st_size < 200_000
    assert (load(FILE).scale, load(FILE).channels) == (2, 3)


def test_it_is_better_than_bicubic_on_scenes_it_never_saw() -> None:
    """The README states 10 dB on 300 scenes; a few already tell them far apart."""
    pytest.importorskip("weft_training")
    from training.train_starter import evaluate

    model = load(FILE)
    report = evaluate(lambda small: run(model, small.movedim(1, -1)).movedim(-1, 1), count=12)
    assert report.keys() == {"area", "bicubic"}
    for ways in report.values():
        assert ways["starter-2x"] > ways["bicubic"] + 6
        assert ways["bicubic"] > ways["nearest"]


def test_training_gives_the_same_weights_again() -> None:
    pytest.importorskip("weft_training")
    from training.train_starter import train

    first, second, other = (train(2, seed, count=6).state_dict() for seed in (1, 1, 2))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, atol=0, rtol=0)
    assert not torch.equal(other["body.0.weight"], first["body.0.weight"])


def test_the_workflow_is_canonical() -> None:
    assert Workflow.load(FLOW).dumps() == FLOW.read_text("utf-8")


def test_the_workflow_runs(tmp_path: Path) -> None:
    flow = Workflow.load(FLOW).with_parameters({"steps": 2, "width": 64, "height": 64})
    with Engine(device="cpu", output_dir=tmp_path) as engine:
        (item,) = engine.run(flow).check().outputs["save"]
    with Image.open(item["path"]) as opened:
        assert opened.size == (128, 128)
