"""The contract of a sampler.

A sampler is a generator. It yields an `Evaluate`, receives the denoised estimate of that state, and
returns the final state. It calls no model and draws no noise of its own, so whoever drives it owns
progress, previews, cancelling, batching and random numbers.

Noise levels are Python floats: full precision, and no waiting for a device.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Concatenate, TypeAlias

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Evaluate:
    """A request: denoise `x`, whose noise level is `sigma`. Neither side edits `x`."""

    x: Tensor
    sigma: float


NoiseSource: TypeAlias = Callable[[int], Tensor]
"""Unit Gaussian noise, shaped like the state. Draw 0 starts a run; step k, from 1, takes draw k."""

Alpha: TypeAlias = Callable[[float], float]
"""The signal scale at a noise level: a state is `alpha(sigma) * x0 + sigma * eps`."""

Steps: TypeAlias = Generator[Evaluate, Tensor, Tensor]
"""A running sampler: yields requests, receives denoised estimates, returns the final state."""

SamplerFunction: TypeAlias = Callable[Concatenate[Tensor, Sequence[float], NoiseSource, ...], Steps]
"""`(x, sigmas, noise, **options) -> Steps`, where `x` is the state at `sigmas[0]`."""
