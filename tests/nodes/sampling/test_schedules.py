"""Schedules against closed forms, and what they refuse."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import torch

from nodes.builtin import SCHEDULES
from nodes.sampling.oracles import sd_sigmas
from weft import InputError
from weft_nodes.sampling.levels import NoiseLevels
from weft_nodes.sampling.prediction import timestep
from weft_nodes.sampling.schedules import check_sigmas, karras, make_schedule

TABLE = sd_sigmas()
FLOW = [(i + 1) / 1000 for i in range(1000)]
LOW, HIGH = TABLE[0], TABLE[-1]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("flow", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 3, 20, 117])
def test_every_schedule_falls_from_the_highest_level_to_zero(
    name: str, flow: bool, steps: int
) -> None:
    table = FLOW if flow else TABLE
    sigmas = make_schedule(name, table, steps, flow=flow)
    assert sigmas.dtype == torch.float64
    values = check_sigmas(sigmas)
    assert len(values) == steps + 1
    assert values[0] == table[-1]
    assert values[-1] == 0.0
    if steps > 1 and not (name == "linear" and flow):
        assert values[-2] == pytest.approx(table[0], rel=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_denoise_keeps_the_end_of_a_longer_schedule(name: str) -> None:
    for steps, denoise, total in ((20, 0.5, 40), (7, 0.7, 10), (6, 0.6, 10), (10, 0.3, 33)):
        part = make_schedule(name, TABLE, steps, denoise=denoise)
        assert torch.equal(part, make_schedule(name, TABLE, total)[-(steps + 1) :])
        assert len(part) == steps + 1


def test_linear_is_linear_in_the_timestep() -> None:
    sigmas = make_schedule("linear", TABLE, 10).tolist()
    for i, sigma in enumerate(sigmas[:-1]):
        assert timestep(TABLE, sigma) == pytest.approx(999 * (1 - i / 9), abs=1e-9)
    flow = make_schedule("linear", FLOW, 10, flow=True).tolist()
    assert flow == pytest.approx([1 - i / 10 for i in range(11)], abs=1e-12)


def test_exponential_has_one_ratio() -> None:
    sigmas = make_schedule("exponential", TABLE, 9).tolist()
    for a, b in pairwise(sigmas[:-1]):
        assert b / a == pytest.approx((LOW / HIGH) ** (1 / 8), rel=1e-12)


def test_karras_is_equation_five() -> None:
    for rho in (1.0, 3.0, 7.0):
        sigmas = make_schedule("karras", TABLE, 8, options={"rho": rho}).tolist()
        for i, sigma in enumerate(sigmas[:-1]):
            a, b = HIGH ** (1 / rho), LOW ** (1 / rho)
            assert sigma == pytest.approx((a + i / 7 * (b - a)) ** rho, rel=1e-12)
    steep = karras(TABLE, 8, rho=1e6)
    torch.testing.assert_close(steep, make_schedule("exponential", TABLE, 8), rtol=1e-4, atol=0)


def test_logarithmic_is_uniform_in_log_snr() -> None:
    same = make_schedule("logarithmic", TABLE, 12)
    assert torch.equal(same, make_schedule("exponential", TABLE, 12))
    sigmas = make_schedule("logarithmic", FLOW, 12, flow=True).tolist()
    log_snr = [math.log((1 - s) / s) for s in sigmas[1:-1]]
    gaps = [b - a for a, b in pairwise(log_snr)]
    assert gaps == pytest.approx([2 * math.log(999) / 11] * len(gaps), rel=1e-9)
    other = make_schedule("exponential", FLOW, 12, flow=True)
    assert float((torch.tensor(sigmas) - other).abs().max()) > 0.2


@pytest.mark.parametrize("flow", [False, True])
def test_sigma_and_timestep_are_inverse(flow: bool) -> None:
    levels = NoiseLevels(FLOW if flow else TABLE, flow=flow)
    for t in (0.25, 1.0, 17.3, 500.5, levels.last_timestep):
        assert levels.timestep(levels.sigma(t)) == pytest.approx(t, abs=1e-8)
    for index in (0, 1, 500, 999):
        told = levels.timestep(levels.sigmas[index])
        assert told == pytest.approx(index + 1 if flow else index, abs=1e-8)


def test_beyond_the_table_its_ends_hold() -> None:
    assert timestep(TABLE, 1e-5) == 0.0
    assert timestep(TABLE, 100.0) == 999.0


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"steps": -3},
        {"steps": 10**9},
        {"denoise": 0.0},
        {"denoise": 1.5},
        {"denoise": math.nan},
        {"denoise": 1e-9},
        {"name": "magic"},
        {"training_sigmas": [1.0]},
        {"training_sigmas": [2.0, 1.0]},
        {"training_sigmas": [0.0, 1.0]},
        {"training_sigmas": [1.0, math.inf]},
        {"training_sigmas": [math.nan, 1.0]},
        {"training_sigmas": [0.5, 2.0], "flow": True},
        {"options": {"rho": 0.0}},
        {"options": {"rho": "seven"}},
        {"options": {"rho": math.nan}},
        {"options": {"sharpness": 1.0}},
    ],
)
def test_bad_input_is_refused(change: dict[str, Any]) -> None:
    inputs: dict[str, Any] = {"name": "karras", "training_sigmas": TABLE, "steps": 10}
    with pytest.raises(InputError):
        make_schedule(**(inputs | change))


@pytest.mark.parametrize(
    "values",
    [[1.0], [[1.0, 0.0]], [1.0, 2.0], [1.0, 1.0], [math.nan, 0.0], [math.inf, 1.0], [1.0, -1.0]],
)
def test_sigmas_that_nothing_can_follow_are_refused(values: Any) -> None:
    with pytest.raises(InputError, match="sigmas must"):
        check_sigmas(torch.tensor(values, dtype=torch.float64))
