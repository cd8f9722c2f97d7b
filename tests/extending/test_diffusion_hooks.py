"""A third party's sampler, schedule, guider, model family and file reader, from file to picture."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import PIL.Image
import pytest
import torch

from weft import InputError, ModelFolders, Registry, offered
from weft.offers import forget_offers
from weft_nodes import Conditioning, Evaluate, Sampler
from weft_nodes.models.loader import identify, load_checkpoint
from weft_nodes.sampling.guiders import make_guider
from weft_nodes.sampling.samplers import bind
from weft_nodes.sampling.schedules import make_schedule

SITE = Path(__file__).parent / "site"
CHOICES = {
    "sampler": "acme/heun",
    "schedule": "acme/squared",
    "guider": "acme/rescaled",
    "guidance": 1.5,
}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(SITE)
    monkeypatch.setenv("PYTHONPATH", str(SITE))
    forget_offers()
    yield
    forget_offers()
    for name in [one for one in sys.modules if one.startswith("acme_field")]:
        del sys.modules[name]


def gaussian(name: str, steps: int, **options: float) -> float:
    """The error of a run on pictures drawn from N(0, 1), whose exact end is known."""
    top = 10.0
    sigmas = [top * (1 - k / steps) for k in range(steps + 1)]
    x = torch.full((1, 1, 2, 2), 3.0, dtype=torch.float64)
    exact = 3.0 / math.sqrt(1 + top * top)
    run = bind(Sampler(name, options))(x, sigmas, lambda draw: torch.zeros_like(x))
    try:
        asked = next(run)
        while True:
            assert isinstance(asked, Evaluate)
            asked = run.send(asked.x / (1 + asked.sigma**2))
    except StopIteration as end:
        return abs(float(end.value[0, 0, 0, 0]) - exact)


def test_the_sampler_is_chosen_by_name_and_takes_its_options() -> None:
    assert gaussian("acme/heun", 200) < gaussian("euler", 200) / 10
    assert gaussian("acme/heun", 200, correction=0.0) == pytest.approx(
        gaussian("euler", 200), rel=1e-9
    )
    with pytest.raises(InputError, match="'correction' must be a number from 0 to 1"):
        gaussian("acme/heun", 4, correction=2.0)
    with pytest.raises(InputError, match=r"no sampler is called 'acme/hein' .*'acme/heun'"):
        gaussian("acme/hein", 4)


def test_the_schedule_is_chosen_by_name() -> None:
    sigmas = make_schedule("acme/squared", [0.1, 4.0], 4)
    torch.testing.assert_close(sigmas, torch.tensor([4.0, 2.25, 1.0, 0.25, 0.0]).double())


def test_the_guider_is_chosen_by_name(tmp_path: Path) -> None:
    model = load_checkpoint(saved(tmp_path, 0.5)).model
    one, other = (Conditioning(torch.zeros(1, 1, 1)) for _ in range(2))
    guider = make_guider("acme/rescaled", model, one, other, 3.0)
    torch.manual_seed(0)
    positive, negative = torch.randn(2, 1, 1, 8, 8)
    guided = guider.combine(positive, 1.0, [positive, negative])
    assert float(guided.std()) == pytest.approx(float(positive.std()), rel=1e-5)
    with pytest.raises(InputError, match="needs a negative prompt"):
        make_guider("acme/rescaled", model, one, None, 3.0)


def saved(folder: Path, number: float) -> Path:
    path = folder / "checkpoints" / "grey.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: Any = {"acme.number": numpy.float32(number)}
    numpy.savez(path, **arrays)
    return path


def test_a_file_is_read_and_its_family_recognised(tmp_path: Path) -> None:
    path = saved(tmp_path, 0.25)
    family, _ = identify(path)
    assert family.name == "acme/number"
    model, _, _ = load_checkpoint(path)
    call: Any = model.network
    answer = call(torch.zeros(1, 1, 2, 2), torch.zeros(1), None)
    assert answer.flatten().tolist() == [0.25] * 4
    assert ModelFolders((tmp_path,)).list("checkpoints") == ["grey.npz"]
    path.write_bytes(b"PK no archive")
    with pytest.raises(InputError, match=r"grey\.npz: expected arrays"):
        identify(path)


def test_weft_s_own_are_asked_and_listed_first() -> None:
    for group in ("samplers", "schedules", "guiders", "model_families", "file_readers"):
        assert next(one.distribution for one in offered(group).values()) == "weft"
        assert "acme-field" in [one.distribution for one in offered(group).values()]
    spec = Registry.installed().get("latent.sample")
    assert spec is not None
    chosen = spec.input("sampler")
    assert chosen is not None
    assert {"euler", "acme/heun"} <= set(chosen.schema["enum"])


def flow(**values: Any) -> dict[str, Any]:
    link = {"text_encoder": "load.text_encoder"}
    return {
        "weft": 1,
        "nodes": {
            "load": {"type": "model.load_checkpoint", "values": {"file": "grey.npz"}},
            "yes": {"type": "text.encode", "values": {"text": "grey"}, "links": link},
            "no": {"type": "text.encode", "values": {"text": ""}, "links": link},
            "empty": {"type": "latent.empty", "links": {"model": "load.model"}},
            "sample": {
                "type": "latent.sample",
                "values": {"steps": 3, **values},
                "links": {
                    "model": "load.model",
                    "positive": "yes.conditioning",
                    "negative": "no.conditioning",
                    "latent": "empty.latent",
                },
            },
            "decode": {
                "type": "latent.decode",
                "links": {"latent": "sample.latent", "vae": "load.vae"},
            },
            "save": {"type": "image.save", "links": {"image": "decode.image"}},
        },
    }


def test_a_workflow_runs_with_all_of_them_from_the_command_line(tmp_path: Path) -> None:
    saved(tmp_path / "models", 0.25)
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(flow(**CHOICES)))
    env = {**os.environ, "WEFT_MODELS": str(tmp_path / "models")}

    def weft(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from weft.cli import main; main()", *args]
        return subprocess.run(command, cwd=tmp_path, env=env, text=True, capture_output=True)

    done = weft("run", "flow.json", "--output-dir", "out", "--no-cache")
    assert done.returncode == 0, done.stderr
    (picture,) = (tmp_path / "out").glob("*.png")
    with PIL.Image.open(picture) as image:
        assert image.size == (8, 8)
        assert image.getextrema() == ((64, 64), (64, 64), (64, 64))
    written = weft("format", "flow.json", "--requires")
    assert json.loads(written.stdout)["requires"] == {"acme-field": ">=1.0", "weft": ">=0.1.0"}
    env["PYTHONPATH"] = ""
    file.write_text(written.stdout)
    refused = weft("run", "flow.json")
    assert refused.returncode == 2
    assert "pip install 'acme-field>=1.0'" in refused.stderr
    assert "nodes.sample.sampler: wrong value" in refused.stderr


def test_options_of_a_plugins_sampler_are_given_by_name() -> None:
    from weft_nodes.nodes.sampling import sampler

    assert sampler("acme/heun", options={"correction": 0.5}).options == {"correction": 0.5}
