"""Samplers that reuse earlier evaluations: PNDM and DPM-Solver++(2M).

One evaluation buys a second-order step. The price is a history, so a run cut in two parts restarts
at first order.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from weft_nodes.sampling.evaluate import Evaluate, NoiseSource, Steps

ADAMS_BASHFORTH: tuple[tuple[float, ...], ...] = (
    (1.0,),
    (3 / 2, -1 / 2),
    (23 / 12, -16 / 12, 5 / 12),
    (55 / 24, -59 / 24, 37 / 24, -9 / 24),
)
"""Weights of the newest slope and those before it, for 1 to 4 equally spaced slopes."""

RUNGE_KUTTA_STEPS = 3


def geometric_mean(sigma: float, sigma_next: float) -> float:
    """The middle of two noise levels in log sigma."""
    return math.sqrt(sigma * sigma_next)


def pndm(
    x: Tensor,
    sigmas: Sequence[float],
    noise: NoiseSource,
    *,
    runge_kutta_start: bool = False,
    midpoint: Callable[[float, float], float] = geometric_mean,
) -> Steps:
    """Pseudo numerical methods: Adams-Bashforth weights on the slope (x - denoised) / sigma.

    Liu et al. 2022, arXiv:2202.09778. The transfer step, Equation 9, is an Euler step in these
    coordinates; Equation 12 gives the weights. They assume steps of equal size, as the paper does
    for timesteps, so the order is 2 on any smooth schedule.

    The start is a pseudo improved Euler step, which averages the slopes at both ends of the first
    step (the PLMS variant: n + 1 evaluations for n steps). With runge_kutta_start the first three
    steps are classical Runge-Kutta steps, Equation 13 and Algorithm 2 (F-PNDM: n + 9 evaluations);
    `midpoint` says where their middle lies. Deterministic.
    """
    slopes: deque[Tensor] = deque(maxlen=len(ADAMS_BASHFORTH))
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = yield Evaluate(x, sigma)
        slopes.appendleft((x - denoised) / sigma)
        # No slope exists at sigma 0, so a step that ends there takes the weights it can have.
        if sigma_next > 0 and runge_kutta_start and step < RUNGE_KUTTA_STEPS:
            middle = midpoint(sigma, sigma_next)
            slope = yield from _runge_kutta_slope(x, slopes[0], sigma, middle, sigma_next)
        elif sigma_next > 0 and not runge_kutta_start and step == 0:
            end = yield from _slope(x + slopes[0] * (sigma_next - sigma), sigma_next)
            slope = (slopes[0] + end) / 2
        else:
            slope = _weighted(slopes)
        x = x + slope * (sigma_next - sigma)
    return x


def _weighted(slopes: deque[Tensor]) -> Tensor:
    """Adams-Bashforth combination of the slopes, newest first."""
    weights = ADAMS_BASHFORTH[len(slopes) - 1]
    total = slopes[0] * weights[0]
    for weight, slope in zip(weights[1:], list(slopes)[1:], strict=True):
        total = total + slope * weight
    return total


def _slope(x: Tensor, sigma: float) -> Steps:
    denoised = yield Evaluate(x, sigma)
    return (x - denoised) / sigma


def _runge_kutta_slope(
    x: Tensor, first: Tensor, sigma: float, middle: float, sigma_next: float
) -> Steps:
    """The classical fourth-order average of slopes over one step; `first` is the slope at x."""
    second = yield from _slope(x + first * (middle - sigma), middle)
    third = yield from _slope(x + second * (middle - sigma), middle)
    fourth = yield from _slope(x + third * (sigma_next - sigma), sigma_next)
    return (first + 2 * second + 2 * third + fourth) / 6


def dpmpp_2m(x: Tensor, sigmas: Sequence[float], noise: NoiseSource) -> Steps:
    """DPM-Solver++(2M): exponential steps towards a denoised estimate extrapolated to mid-step.

    Lu et al. 2022, arXiv:2211.01095, Algorithm 2, with time -log(sigma). The first step, and a step
    to 0, are of first order. 1 evaluation per step, order 2, deterministic.
    """
    previous: tuple[Tensor, float] | None = None  # the denoised estimate before, and its sigma
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluate(x, sigma)
        target = denoised
        if previous is not None and sigma_next > 0:
            before, sigma_before = previous
            size = math.log(sigma / sigma_next)
            size_before = math.log(sigma_before / sigma)
            target = denoised + (denoised - before) * (size / (2 * size_before))
        previous = (denoised, sigma)
        x = torch.lerp(target, x, sigma_next / sigma)
    return x
