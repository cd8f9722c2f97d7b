"""Samplers against the schedulers of diffusers, with an analytic denoiser.

diffusers computes its coefficients in float32, so 1e-5 is the agreement to expect in float64.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    KDPM2AncestralDiscreteScheduler,
    KDPM2DiscreteScheduler,
    PNDMScheduler,
)
from torch import Tensor

from nodes.sampling.oracles import ALPHAS, Mixture, run, sd_sigmas
from weft_nodes.sampling import multistep, one_step

SD: dict[str, Any] = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
TABLE = sd_sigmas()
SHAPE = (2, 3, 4)
DENOISER = Mixture()
# numpy 2 dislikes how schedulers of diffusers turn tensors into arrays.
pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")
assert_close = partial(torch.testing.assert_close, rtol=1e-5, atol=1e-5)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def start(sigma: float) -> Tensor:
    unit = torch.randn(SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return unit * sigma


class Drawn:
    """The draws that diffusers takes from an equal generator, one for each step."""

    def __init__(self) -> None:
        self._generator = generator()
        self._draws: list[Tensor] = []

    def __call__(self, step: int) -> Tensor:
        while len(self._draws) < step:
            self._draws.append(torch.randn(SHAPE, dtype=torch.float64, generator=self._generator))
        return self._draws[step - 1]


def eps(x: Tensor, sigma: float) -> Tensor:
    return (x - DENOISER(x, sigma)) / sigma


def in_ve(scheduler: Any, x: Tensor, **options: Any) -> Tensor:
    """Run a diffusers scheduler whose states are x0 + sigma * eps."""
    for i, t in enumerate(scheduler.timesteps):
        scheduler.scale_model_input(x, t)
        sigma = float(scheduler.sigmas[i])
        x = scheduler.step(eps(x, sigma), t, x, **options).prev_sample
    return x


def in_vp(scheduler: Any, x: Tensor, **options: Any) -> Tensor:
    """Run a diffusers scheduler whose states are sqrt(abar) * x0 + sqrt(1 - abar) * eps."""
    scale = (1 + TABLE[int(scheduler.timesteps[0])] ** 2) ** 0.5
    x = x / scale
    for t in scheduler.timesteps:
        sigma = TABLE[int(t)]
        prediction = eps(x * math.sqrt(1 + sigma**2), sigma)
        x = scheduler.step(prediction, t, x, **options).prev_sample
    return x


def unique_sigmas(scheduler: Any) -> list[float]:
    """The sigmas of a scheduler that knows timesteps only, then 0."""
    return [*(TABLE[t] for t in dict.fromkeys(scheduler.timesteps.tolist())), 0.0]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_karras_sigmas": True},
        {"use_exponential_sigmas": True},
        {"timestep_spacing": "trailing"},
        {"timestep_spacing": "leading", "steps_offset": 1},
    ],
)
def test_euler(options: dict[str, Any]) -> None:
    scheduler = EulerDiscreteScheduler(**SD, **options)
    scheduler.set_timesteps(20)
    sigmas = scheduler.sigmas.tolist()
    expected = in_ve(scheduler, start(sigmas[0]))
    result, _ = run(one_step.euler, DENOISER, start(sigmas[0]), sigmas)
    assert_close(result, expected)


def test_euler_ancestral() -> None:
    scheduler = EulerAncestralDiscreteScheduler(**SD)
    scheduler.set_timesteps(20)
    sigmas = scheduler.sigmas.tolist()
    expected = in_ve(scheduler, start(sigmas[0]), generator=generator())
    result, _ = run(one_step.euler_ancestral, DENOISER, start(sigmas[0]), sigmas, Drawn())
    assert_close(result, expected)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim(eta: float) -> None:
    scheduler = DDIMScheduler(**SD, clip_sample=False, set_alpha_to_one=True, steps_offset=1)
    scheduler.set_timesteps(20)
    sigmas = unique_sigmas(scheduler)
    expected = in_vp(scheduler, start(sigmas[0]), eta=eta, generator=generator())
    result, _ = run(one_step.ddim, DENOISER, start(sigmas[0]), sigmas, Drawn(), eta=eta)
    assert_close(result, expected)


def test_ddpm() -> None:
    scheduler = DDPMScheduler(**SD, clip_sample=False, variance_type="fixed_small")
    scheduler.set_timesteps(20)
    sigmas = unique_sigmas(scheduler)
    expected = in_vp(scheduler, start(sigmas[0]), generator=generator())
    result, _ = run(one_step.ddpm, DENOISER, start(sigmas[0]), sigmas, Drawn())
    assert_close(result, expected)


@pytest.mark.parametrize("karras", [False, True])
@pytest.mark.parametrize("ancestral", [False, True])
def test_dpm_2(karras: bool, ancestral: bool) -> None:
    kind: Any = KDPM2AncestralDiscreteScheduler if ancestral else KDPM2DiscreteScheduler
    scheduler = kind(**SD, use_karras_sigmas=karras)
    scheduler.set_timesteps(20)
    sigmas = [scheduler.sigmas[0].item(), *scheduler.sigmas[1:-1:2].tolist()]
    options = {"generator": generator()} if ancestral else {}
    middles = [math.sqrt(a * down(a, b) if ancestral else a * b) for a, b in pairwise(sigmas[:-1])]
    levels = [s for pair in zip(sigmas[:-2], middles, strict=True) for s in pair] + [sigmas[-2]]
    x = start(sigmas[0])
    assert len(levels) == len(scheduler.timesteps)
    for sigma, t in zip(levels, scheduler.timesteps, strict=True):
        x = scheduler.step(eps(x, sigma), t, x, **options).prev_sample
    if ancestral:
        noise = Drawn()
        result, visited = run(one_step.dpm_2_ancestral, DENOISER, start(sigmas[0]), sigmas, noise)
    else:
        result, visited = run(one_step.dpm_2, DENOISER, start(sigmas[0]), sigmas)
    assert visited == pytest.approx(levels, rel=1e-6)
    assert_close(result, x)


def down(sigma: float, sigma_next: float) -> float:
    """sigma_down at eta = 1."""
    return sigma_next * sigma_next / sigma


@pytest.mark.parametrize("runge_kutta_start", [False, True])
def test_pndm(runge_kutta_start: bool) -> None:
    scheduler = PNDMScheduler(
        **SD, skip_prk_steps=not runge_kutta_start, set_alpha_to_one=True, steps_offset=1
    )
    scheduler.set_timesteps(20)
    steps = list(range(951, 0, -50))
    sigmas = [*(TABLE[t] for t in steps), 0.0]
    expected = in_vp(scheduler, start(sigmas[0]))

    def midpoint(sigma: float, sigma_next: float) -> float:
        return TABLE[TABLE.index(sigma) - 25]

    result, visited = run(
        multistep.pndm,
        DENOISER,
        start(sigmas[0]),
        sigmas,
        runge_kutta_start=runge_kutta_start,
        midpoint=midpoint,
    )
    assert visited == [TABLE[t] for t in scheduler.timesteps.tolist()]
    assert_close(result, expected)


@pytest.mark.parametrize("steps", [10, 20])
@pytest.mark.parametrize("karras", [False, True])
def test_dpmpp_2m(steps: int, karras: bool) -> None:
    scheduler = DPMSolverMultistepScheduler(**SD, use_karras_sigmas=karras)
    scheduler.set_timesteps(steps)
    sigmas = scheduler.sigmas.tolist()
    x = start(sigmas[0]) / math.sqrt(1 + sigmas[0] ** 2)
    for sigma, t in zip(sigmas, scheduler.timesteps, strict=False):
        prediction = eps(x * math.sqrt(1 + sigma**2), sigma)
        x = scheduler.step(prediction, t, x).prev_sample
    result, _ = run(multistep.dpmpp_2m, DENOISER, start(sigmas[0]), sigmas)
    assert_close(result, x)


def test_flow_euler() -> None:
    denoiser = Mixture(alpha=ALPHAS["flow"])
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(20)
    sigmas = scheduler.sigmas.tolist()
    x = start(1.0)
    for sigma, t in zip(sigmas, scheduler.timesteps, strict=False):
        velocity = (x - denoiser(x, sigma)) / sigma
        x = scheduler.step(velocity, t, x).prev_sample
    result, _ = run(one_step.euler, denoiser, start(1.0), sigmas)
    assert_close(result, x)
