"""Samplers against closed forms and exact solutions."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.builtin import SAMPLERS
from nodes.sampling.oracles import (
    ALPHAS,
    Mixture,
    exact_ode,
    gaussian,
    law,
    no_noise,
    order,
    power_grid,
    run,
)
from weft_nodes.sampling import multistep, one_step
from weft_nodes.sampling.evaluate import SamplerFunction
from weft_nodes.sampling.multistep import ADAMS_BASHFORTH

STARTS = torch.linspace(-2.0, 2.0, 9, dtype=torch.float64)
DETERMINISTIC: dict[str, tuple[SamplerFunction, float, dict[str, Any]]] = {
    "euler": (one_step.euler, 1.0, {}),
    "ddim": (one_step.ddim, 1.0, {}),
    "dpm_2": (one_step.dpm_2, 2.0, {}),
    "pndm": (multistep.pndm, 2.0, {}),
    "f-pndm": (multistep.pndm, 2.0, {"runge_kutta_start": True}),
    "dpmpp_2m": (multistep.dpmpp_2m, 2.0, {}),
}
grids = st.lists(st.floats(0.02, 0.98), min_size=2, max_size=8, unique=True).map(
    lambda values: sorted(values, reverse=True)
)


@settings(max_examples=25, deadline=None)
@given(grid=grids, std=st.floats(0.1, 3.0))
def test_discrete_euler_on_a_gaussian_has_a_closed_form(grid: list[float], std: float) -> None:
    """With theta = atan(sigma / c): (x_n - mu) cos(theta_n) / cos(theta_0) = prod cos(dtheta)."""
    sigmas = [20 * sigma for sigma in grid]
    theta = [math.atan(sigma / std) for sigma in sigmas]
    factor = math.cos(theta[0]) / math.cos(theta[-1])
    factor *= math.prod(math.cos(a - b) for a, b in pairwise(theta))
    for sampler in (one_step.euler, one_step.ddim):
        result, _ = run(sampler, gaussian(0.7, std), STARTS, sigmas)
        torch.testing.assert_close(result, 0.7 + (STARTS - 0.7) * factor, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("path", ["ve", "flow"])
@pytest.mark.parametrize("name", DETERMINISTIC)
def test_order_of_convergence(name: str, path: str) -> None:
    sampler, expected, options = DETERMINISTIC[name]
    start, end = (14.6, 0.1) if path == "ve" else (1.0, 0.05)
    denoiser = Mixture(alpha=ALPHAS[path])
    x = start * STARTS
    exact = exact_ode(denoiser, x, start, end)
    errors = []
    for steps in (40, 80, 160):
        sigmas = power_grid(start, end, steps, 7 if path == "ve" else 1.5)
        result, _ = run(sampler, denoiser, x, sigmas, **options)
        errors.append(float((result - exact).abs().max()))
    assert order(errors) == pytest.approx(expected, abs=0.25)
    assert errors[-1] < (3e-2 if expected == 1 else 1e-3)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_adams_bashforth_weights_integrate_polynomials(count: int) -> None:
    weights = ADAMS_BASHFORTH[count - 1]
    for power in range(count):
        integral = sum(w * (-i) ** power for i, w in enumerate(weights))
        assert integral == pytest.approx(1 / (power + 1), abs=1e-14)


def test_pndm_reaches_order_four_on_equal_steps_once_it_has_history() -> None:
    """With slopes that depend on sigma alone, Runge-Kutta starts and four weights are order 4."""
    errors = []
    for steps in (10, 20, 40):
        sigmas = [3 - 2 * i / steps for i in range(steps + 1)]
        result, _ = run(
            multistep.pndm,
            lambda x, sigma: x - sigma * math.sin(2 * sigma),
            torch.zeros(1, dtype=torch.float64),
            sigmas,
            runge_kutta_start=True,
            midpoint=lambda a, b: (a + b) / 2,
        )
        errors.append(abs(result.item() - (math.cos(6) - math.cos(2)) / 2))
    assert order(errors) > 3.7


@pytest.mark.parametrize("path", ["ve", "flow"])
@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (one_step.euler_ancestral, 1.0),
        (one_step.ddpm, 1.0),
        (one_step.dpm_2_ancestral, 2.0),
    ],
)
def test_variance_order_of_stochastic_samplers(
    sampler: SamplerFunction, expected: float, path: str
) -> None:
    alpha = ALPHAS[path]
    mean, std = 0.7, 0.6
    start, end = (14.6, 0.1) if path == "ve" else (0.99, 0.05)
    spread = {s: (alpha(s) * std) ** 2 + s * s for s in (start, end)}
    errors = []
    for steps in (40, 80, 160):
        sigmas = power_grid(start, end, steps, 7 if path == "ve" else 1.5)
        found = law(sampler, gaussian(mean, std, alpha), sigmas, alpha=alpha)
        assert found.mean(alpha(start) * mean) == pytest.approx(alpha(end) * mean, abs=1e-11)
        errors.append(abs(found.variance(spread[start]) - spread[end]))
    assert order(errors) == pytest.approx(expected, abs=0.15)


@settings(max_examples=25, deadline=None)
@given(
    grid=grids,
    eta=st.floats(0.05, 1.0),
    path=st.sampled_from(["ve", "flow"]),
    sampler=st.sampled_from([one_step.euler_ancestral, one_step.ddim, one_step.dpm_2_ancestral]),
)
def test_known_pictures_keep_the_exact_marginal(
    grid: list[float], eta: float, path: str, sampler: SamplerFunction
) -> None:
    """If x0 is known, every step is exact: mean alpha * x0 and variance sigma^2, whatever eta."""
    alpha = ALPHAS[path]
    found = law(sampler, lambda x, s: torch.full_like(x, 0.7), grid, eta=eta, alpha=alpha)
    assert found.mean(alpha(grid[0]) * 0.7) == pytest.approx(alpha(grid[-1]) * 0.7, rel=1e-10)
    assert found.variance(grid[0] ** 2) == pytest.approx(grid[-1] ** 2, rel=1e-9)


def test_ancestral_variance_is_the_ddim_formula() -> None:
    """Song et al. 2020, Equation 16, in abar: the amount of fresh noise of a single step."""
    sigma, sigma_next, eta = 5.0, 2.0, 0.6
    abar, abar_next = 1 / (1 + sigma**2), 1 / (1 + sigma_next**2)
    expected = eta * math.sqrt((1 - abar_next) / (1 - abar) * (1 - abar / abar_next))
    found = law(one_step.ddim, gaussian(0, 1), [sigma, sigma_next], eta=eta)
    assert found.draws[0] * math.sqrt(abar_next) == pytest.approx(expected, rel=1e-12)
    loud = law(one_step.euler_ancestral, gaussian(0, 1), [5.0, 2.0], eta=eta, s_noise=1.5)
    assert loud.draws[0] == pytest.approx(1.5 * found.draws[0], rel=1e-12)


def test_flow_ancestral_step_is_the_one_of_the_ratio() -> None:
    """On the flow path a step equals the VE step in S = sigma / alpha, scaled back by alpha."""
    sigmas = [0.9, 0.8]
    ratios = [s / (1 - s) for s in sigmas]
    noise = torch.full((3,), 0.3, dtype=torch.float64)
    x = torch.tensor([-1.0, 0.2, 2.0], dtype=torch.float64)
    flow, _ = run(
        one_step.euler_ancestral,
        Mixture(alpha=ALPHAS["flow"]),
        x,
        sigmas,
        lambda step: noise,
        alpha=ALPHAS["flow"],
    )
    ve, _ = run(one_step.euler_ancestral, Mixture(), x / 0.1, ratios, lambda step: noise)
    torch.testing.assert_close(flow, ve * 0.2, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SAMPLERS)
def test_evaluations_and_last_step(name: str) -> None:
    """Each step costs what the table says, the step to 0 one evaluation; no level is 0."""
    info = SAMPLERS[name]
    sigmas = [*power_grid(14.6, 0.03, 9), 0.0]
    noise = torch.zeros_like(STARTS)
    result, visited = run(info.function, Mixture(), 14.6 * STARTS, sigmas, lambda step: noise)
    extra = 1 if name == "pndm" else 0
    assert len(visited) == 9 * info.evaluations + 1 + extra
    assert min(visited) > 0
    assert torch.isfinite(result).all()
    if name == "pndm":
        _, visited = run(multistep.pndm, Mixture(), STARTS, sigmas, runge_kutta_start=True)
        assert len(visited) == 10 + 9
    else:
        single, visited = run(info.function, Mixture(), 14.6 * STARTS, [14.6, 0.0])
        assert torch.equal(single, Mixture()(14.6 * STARTS, 14.6))
        assert visited == [14.6]


def test_flow_runs_start_at_pure_noise() -> None:
    """Sigma 1 has alpha 0, where sigma / alpha has a pole; no sampler may divide by it."""
    noise = torch.full_like(STARTS, 0.1)
    for name, info in SAMPLERS.items():
        options = {"alpha": ALPHAS["flow"]} if info.stochastic else {}
        denoiser = Mixture(alpha=ALPHAS["flow"])
        result, _ = run(
            info.function, denoiser, STARTS, [1.0, 0.6, 0.3, 0.0], lambda step: noise, **options
        )
        assert torch.isfinite(result).all(), name


@pytest.mark.parametrize("path", ["ve", "flow"])
def test_eta_zero_is_the_deterministic_sampler(path: str) -> None:
    sigmas = [0.95, 0.5, 0.2, 0.0]
    denoiser = Mixture(alpha=ALPHAS[path])
    options: dict[str, Any] = {"eta": 0.0, "alpha": ALPHAS[path]}
    for ancestral, plain in (
        (one_step.euler_ancestral, one_step.euler),
        (one_step.ddim, one_step.euler),
        (one_step.dpm_2_ancestral, one_step.dpm_2),
    ):
        one, _ = run(ancestral, denoiser, STARTS, sigmas, no_noise, **options)
        other, _ = run(plain, denoiser, STARTS, sigmas)
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "name", ["euler", "euler_ancestral", "ddpm", "ddim", "dpm_2", "dpm_2_ancestral"]
)
@pytest.mark.parametrize("cut", [1, 4, 7])
def test_a_run_cut_in_two_is_the_whole_run(name: str, cut: int) -> None:
    info = SAMPLERS[name]
    draws = torch.randn(9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    sigmas = [*power_grid(14.6, 0.03, 7), 0.0]
    options = {"eta": 0.7} if any(o.name == "eta" for o in info.options) else {}
    x = 14.6 * STARTS
    whole, _ = run(info.function, Mixture(), x, sigmas, lambda k: draws[k], **options)
    first, _ = run(info.function, Mixture(), x, sigmas[: cut + 1], lambda k: draws[k], **options)
    second, _ = run(
        info.function, Mixture(), first, sigmas[cut:], lambda k: draws[k + cut], **options
    )
    assert torch.equal(whole, second)


@pytest.mark.parametrize("name", SAMPLERS)
def test_float32_follows_float64(name: str) -> None:
    info = SAMPLERS[name]
    noise = torch.full_like(STARTS, 0.2)
    sigmas = [*power_grid(14.6, 0.03, 19), 0.0]
    double, _ = run(info.function, Mixture(), 14.6 * STARTS, sigmas, lambda k: noise)
    single, _ = run(
        info.function, Mixture(), (14.6 * STARTS).float(), sigmas, lambda k: noise.float()
    )
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), double, rtol=2e-4, atol=2e-4)
