"""Heun's method."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from weft_nodes import Evaluate, NoiseSource, Option, SamplerInfo, Steps


def heun(
    x: Tensor, sigmas: Sequence[float], noise: NoiseSource, *, correction: float = 1.0
) -> Steps:
    """Karras et al. 2022, arXiv:2206.00364, Algorithm 1 without churn. Order 2, deterministic.

    correction: how much of the second evaluation counts; 0 is Euler's method.
    """
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluate(x, sigma)
        slope = (x - denoised) / sigma
        moved = x + slope * (sigma_next - sigma)
        if sigma_next > 0 and correction > 0:
            denoised = yield Evaluate(moved, sigma_next)
            other = (moved - denoised) / sigma_next
            slope = slope + correction * 0.5 * (other - slope)
            moved = x + slope * (sigma_next - sigma)
        x = moved
    return x


HEUN = SamplerInfo(
    "acme/heun",
    "Heun",
    heun,
    "Karras et al. 2022, arXiv:2206.00364",
    evaluations=2,
    options=(Option("correction", 1.0, 0.0, 1.0, "How much the second evaluation counts."),),
)
