"""Samplers that remember nothing between steps: Euler, DDIM, DDPM and DPM-Solver-2.

Because they carry no history, running `sigmas[:k]` and then `sigmas[k - 1:]` gives bitwise the
state of the whole run. A straight move from a state towards its denoised estimate,
`x + (x - denoised) / sigma * (target - sigma)`, is written `lerp(denoised, x, target / sigma)`: the
same line, which ends on `denoised` exactly when the target is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from weft_nodes.sampling.evaluate import Alpha, Evaluate, NoiseSource, Steps
from weft_nodes.sampling.paths import renoise, variance_exploding


def euler(x: Tensor, sigmas: Sequence[float], noise: NoiseSource) -> Steps:
    """Euler steps on the probability-flow ODE.

    Karras et al. 2022, arXiv:2206.00364, Algorithm 2 without churn and second-order correction.
    1 evaluation per step, order 1, deterministic.
    """
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluate(x, sigma)
        x = torch.lerp(denoised, x, sigma_next / sigma)
    return x


def euler_ancestral(
    x: Tensor,
    sigmas: Sequence[float],
    noise: NoiseSource,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
    alpha: Alpha = variance_exploding,
) -> Steps:
    """Euler steps below the target level, then fresh noise back up to it.

    Ancestral sampling of Song et al. 2020, arXiv:2011.13456, Appendix F, in the coordinates of
    Karras et al. 2022. eta = 0 is `euler`; s_noise scales the added noise. 1 evaluation per step,
    order 1 in the variance, stochastic.
    """
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas), start=1):
        denoised = yield Evaluate(x, sigma)
        lift = renoise(sigma, sigma_next, alpha, eta, s_noise)
        x = torch.lerp(denoised, x, lift.sigma_down / sigma)
        x = lift.apply(x, noise, step)
    return x


def ddim(
    x: Tensor,
    sigmas: Sequence[float],
    noise: NoiseSource,
    *,
    eta: float = 0.0,
    alpha: Alpha = variance_exploding,
) -> Steps:
    """Denoising diffusion implicit models.

    Song et al. 2020, arXiv:2010.02502, Equation 12 with the variance of Equation 16. Divided by the
    signal scale, Equation 12 is the update of `euler_ancestral` (and of `euler` at eta = 0,
    Equations 13 and 14): one algorithm, different names and customs. 1 evaluation per step, order
    1, deterministic at eta = 0.
    """
    return (yield from euler_ancestral(x, sigmas, noise, eta=eta, alpha=alpha))


def ddpm(
    x: Tensor,
    sigmas: Sequence[float],
    noise: NoiseSource,
    *,
    alpha: Alpha = variance_exploding,
) -> Steps:
    """Denoising diffusion probabilistic models: the original ancestral chain.

    Ho et al. 2020, arXiv:2006.11239, Algorithm 2, with the posterior mean and variance of Equations
    6 and 7 taken between neighbouring levels of the schedule ("fixed small" variance). The same
    update as `euler_ancestral` at eta = 1. 1 evaluation per step, order 1 in the variance,
    stochastic.
    """
    return (yield from euler_ancestral(x, sigmas, noise, alpha=alpha))


def dpm_2(x: Tensor, sigmas: Sequence[float], noise: NoiseSource) -> Steps:
    """Midpoint steps on the probability-flow ODE, the middle taken in log sigma.

    DPM-Solver-2, Lu et al. 2022, arXiv:2206.00927, Algorithm 1, in sigma coordinates. 2 evaluations
    per step (1 for a step to 0, which is Euler's), order 2, deterministic.
    """
    for sigma, sigma_next in pairwise(sigmas):
        x = yield from _midpoint_step(x, sigma, sigma_next)
    return x


def dpm_2_ancestral(
    x: Tensor,
    sigmas: Sequence[float],
    noise: NoiseSource,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
    alpha: Alpha = variance_exploding,
) -> Steps:
    """Midpoint steps below the target level, then fresh noise back up to it.

    The step of `dpm_2` down to the level of `euler_ancestral`, middle included. eta = 0 is `dpm_2`.
    2 evaluations per step (1 for a step to 0), order 2 in the variance, stochastic.
    """
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas), start=1):
        lift = renoise(sigma, sigma_next, alpha, eta, s_noise)
        x = yield from _midpoint_step(x, sigma, lift.sigma_down)
        x = lift.apply(x, noise, step)
    return x


def _midpoint_step(x: Tensor, sigma: float, target: float) -> Steps:
    """From sigma to target with the slope found at their geometric mean."""
    denoised = yield Evaluate(x, sigma)
    middle = math.sqrt(sigma * target)
    if middle == 0.0:
        return denoised
    x_middle = torch.lerp(denoised, x, middle / sigma)
    denoised_middle = yield Evaluate(x_middle, middle)
    return x + (x_middle - denoised_middle) * ((target - sigma) / middle)
