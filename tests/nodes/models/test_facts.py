"""Noise schedules and preview colours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from weft import InputError
from weft_nodes.kinds import LatentFormat
from weft_nodes.models import latents, noise_schedule
from weft_nodes.models.components import Placement
from weft_nodes.models.loader import load_checkpoint

SCALED = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
}


@pytest.mark.parametrize("kind", ["scaled_linear", "linear"])
@pytest.mark.parametrize("rescale", [False, True])
def test_sigmas_equal_the_library_s(kind: str, rescale: bool) -> None:
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    config = {**SCALED, "beta_schedule": kind, "rescale_betas_zero_snr": rescale}
    alphas = EulerDiscreteScheduler(**config).alphas_cumprod.double()
    expected = ((1 - alphas) / alphas).sqrt()
    ours = torch.tensor(noise_schedule.training_sigmas(config, ""), dtype=torch.float64)
    # The library computes in float32, which differs most near pure noise.
    last = -1 if rescale else None
    torch.testing.assert_close(ours[:last], expected[:last], rtol=3e-4, atol=1e-6)
    assert ours[-1].item() == pytest.approx(expected[-1].item(), rel=1e-3)
    assert (ours.diff() > 0).all()


@pytest.mark.parametrize(
    ("name", "meaning"),
    [("epsilon", "epsilon"), ("v_prediction", "v"), ("sample", "x0")],
)
def test_predictions(name: str, meaning: str) -> None:
    assert noise_schedule.prediction({"prediction_type": name}, "") == meaning


def test_measured_colours_of_a_linear_decoder() -> None:
    factors = torch.tensor([[0.1, 0.0, -0.05], [0.02, 0.03, 0.04]])
    bias = torch.tensor([0.5, 0.4, 0.3])

    def decode(samples: torch.Tensor) -> torch.Tensor:
        colours = samples.permute(0, 2, 3, 1) @ factors + bias
        return colours.repeat_interleave(4, 1).repeat_interleave(4, 2)

    format = LatentFormat("test", 2, 4, latents.unmeasured(2))
    assert not latents.is_measured(format)
    measured = latents.measure(format, decode)
    torch.testing.assert_close(torch.tensor(measured.rgb_factors), factors, atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.tensor(measured.rgb_bias), bias, atol=1e-4, rtol=0)
    assert latents.is_measured(measured)


def test_metadata_names_the_latent_space(tiny: Any, tmp_path: Path) -> None:
    colours = {"factors": [[0.1, 0.2, 0.3]] * 4, "bias": [0, 0.5, 1]}
    changed = {"weft.latent_format": "tiny", "weft.latent_rgb": json.dumps(colours)}
    tiny.metadata, before = {**tiny.metadata, **changed}, tiny.metadata
    try:
        path = tiny.write(tmp_path / "m.safetensors")
    finally:
        tiny.metadata = before
    format = load_checkpoint(path).model.latent_format
    assert format == LatentFormat("tiny", 4, 4, ((0.1, 0.2, 0.3),) * 4, (0.0, 0.5, 1.0))


def test_automatic_precision() -> None:
    large = torch.nn.Linear(10_000, 10_000, device="meta")
    small = torch.nn.Linear(10, 10, device="meta")
    assert Placement("cuda:0").resolve(large) == "float16"
    assert Placement("cuda:0").resolve(small) == "float32"
    assert Placement("cpu").resolve(large) == "float32"
    assert Placement("cuda:0", "bfloat16").resolve(large) == "bfloat16"


def test_sigmas_of_nonsense_are_refused() -> None:
    for change in ({"beta_start": "x"}, {"num_train_timesteps": 1}, {"beta_schedule": None}):
        with pytest.raises(InputError):
            noise_schedule.training_sigmas({**SCALED, **change}, "")
