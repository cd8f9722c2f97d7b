"""Exact answers to hold samplers against: analytic denoisers, a reference ODE solution, runners."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from weft_nodes.sampling.evaluate import Alpha, NoiseSource, SamplerFunction
from weft_nodes.sampling.paths import straight, variance_exploding

Denoiser = Callable[[Tensor, float], Tensor]
ALPHAS: dict[str, Alpha] = {"ve": variance_exploding, "flow": straight}


def sd_sigmas() -> list[float]:
    """The training sigmas of the "scaled linear" schedule of SD 1.x."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    abar = torch.cumprod(1 - betas, 0)
    sigmas: list[float] = ((1 - abar) / abar).sqrt().tolist()
    return sigmas


@dataclass(frozen=True)
class Mixture:
    """Data drawn from a mixture of Gaussians, each number by itself; its exact denoiser."""

    weights: tuple[float, ...] = (0.3, 0.5, 0.2)
    means: tuple[float, ...] = (-1.5, 0.4, 2.0)
    variances: tuple[float, ...] = (0.09, 0.04, 0.16)
    alpha: Alpha = variance_exploding

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        weights, means, variances = (
            torch.tensor(v, dtype=x.dtype) for v in (self.weights, self.means, self.variances)
        )
        a = self.alpha(sigma)
        x = x[..., None]
        total = a * a * variances + sigma * sigma
        logits = weights.log() - total.log() / 2 - (x - a * means) ** 2 / (2 * total)
        posterior = (a * variances * x + sigma * sigma * means) / total
        return (logits.softmax(-1) * posterior).sum(-1)


def gaussian(mean: float, std: float, alpha: Alpha = variance_exploding) -> Mixture:
    """Data drawn from one Gaussian."""
    return Mixture((1.0,), (mean,), (std * std,), alpha)


def no_noise(step: int) -> Tensor:
    """For deterministic samplers, which must not ask."""
    raise AssertionError(f"noise was drawn for step {step}")


def run(
    sampler: SamplerFunction,
    denoiser: Denoiser,
    x: Tensor,
    sigmas: Sequence[float],
    noise: NoiseSource = no_noise,
    **options: Any,
) -> tuple[Tensor, list[float]]:
    """The final state, and the noise level of every evaluation."""
    steps = sampler(x, sigmas, noise, **options)
    visited: list[float] = []
    try:
        request = next(steps)
        while True:
            kept = request.x.clone()
            visited.append(request.sigma)
            denoised = denoiser(request.x, request.sigma)
            following = steps.send(denoised)
            assert torch.equal(kept, request.x), "a yielded state was edited in place"
            request = following
    except StopIteration as stop:
        result: Tensor = stop.value
        return result, visited


def exact_ode(denoiser: Denoiser, x: Tensor, start: float, end: float) -> Tensor:
    """The solution of dx/dsigma = (x - D) / sigma, to about 1e-11."""

    def slope(log_sigma: float, y: Any) -> Any:
        state = torch.from_numpy(y)
        return (state - denoiser(state, math.exp(log_sigma))).numpy()

    span = (math.log(start), math.log(end))
    solution = solve_ivp(slope, span, x.numpy(), method="DOP853", rtol=1e-11, atol=1e-12)
    return torch.from_numpy(solution.y[:, -1].copy())


def power_grid(start: float, end: float, steps: int, rho: float = 7.0) -> list[float]:
    """Falling sigmas with equal distances in sigma^(1/rho), not ending in 0."""
    high, low = start ** (1 / rho), end ** (1 / rho)
    return [(high + i / steps * (low - high)) ** rho for i in range(steps + 1)]


def order(errors: Sequence[float]) -> float:
    """Order of convergence from the last two errors of runs that double their steps."""
    return math.log2(errors[-2] / errors[-1])


@dataclass(frozen=True)
class Affine:
    """A sampler's law on Gaussian data: result = offset + start * x + sum of draws[k] * z_k."""

    offset: float
    start: float
    draws: tuple[float, ...]

    def mean(self, start_mean: float) -> float:
        return self.offset + self.start * start_mean

    def variance(self, start_variance: float) -> float:
        return self.start**2 * start_variance + sum(draw**2 for draw in self.draws)


def law(
    sampler: SamplerFunction, denoiser: Denoiser, sigmas: Sequence[float], **options: Any
) -> Affine:
    """The exact law of a stochastic sampler, with no Monte Carlo.

    With a denoiser that is affine in x the result is affine in the start and in every draw. One
    batch finds all coefficients: row 0 is all zero, row 1 starts at 1, row k + 1 has draw k = 1.
    """
    steps = len(sigmas) - 1
    x = torch.zeros(steps + 2, dtype=torch.float64)
    x[1] = 1.0

    def impulse(step: int) -> Tensor:
        draws = torch.zeros_like(x)
        draws[step + 1] = 1.0
        return draws

    result, _ = run(sampler, denoiser, x, sigmas, impulse, **options)
    offset, start, *rest = result.tolist()
    return Affine(offset, start - offset, tuple(value - offset for value in rest))
