"""Schedules and timesteps against the schedulers of diffusers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler

from nodes.sampling.oracles import sd_sigmas
from weft_nodes.sampling import schedules
from weft_nodes.sampling.levels import NoiseLevels

SD: dict[str, Any] = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
TABLE = sd_sigmas()
# numpy 2 dislikes how schedulers of diffusers turn tensors into arrays.
pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")


@pytest.mark.parametrize(
    ("name", "options", "steps"),
    [
        ("karras", {"use_karras_sigmas": True}, 20),
        ("exponential", {"use_exponential_sigmas": True}, 20),
        ("logarithmic", {"use_exponential_sigmas": True}, 7),
        ("linear", {}, 28),  # 27 divides 999: diffusers interpolates sigma, we its logarithm
    ],
)
def test_schedules(name: str, options: dict[str, Any], steps: int) -> None:
    scheduler = EulerDiscreteScheduler(**SD, **options)
    scheduler.set_timesteps(steps)
    expected: Sequence[float] = scheduler.sigmas.tolist()
    sigmas = schedules.make_schedule(name, TABLE, steps).tolist()
    assert sigmas == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_linear_flow_schedule_is_the_one_of_flow_pipelines(shift: float) -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
    scheduler.set_timesteps(sigmas=[1 - i / 20 for i in range(20)])
    table = [shift * u / (1 + (shift - 1) * u) for u in (i / 1000 for i in range(1, 1001))]
    sigmas = schedules.make_schedule("linear", table, 20, flow=True).tolist()
    assert sigmas == pytest.approx(scheduler.sigmas.tolist(), abs=1e-6)
    told = [NoiseLevels(table, flow=True).timestep(sigma) for sigma in sigmas[:-1]]
    assert told == pytest.approx(scheduler.timesteps.tolist(), rel=1e-5)


def test_timestep_of_a_sigma() -> None:
    scheduler = EulerDiscreteScheduler(**SD)
    levels = NoiseLevels(TABLE)
    for sigma in (0.0292, 0.05, 0.7, 3.3, 14.6):
        expected = scheduler._sigma_to_t(np.array(sigma), torch.tensor(TABLE).log().numpy())
        assert levels.timestep(sigma) == pytest.approx(float(expected), abs=2e-2)
