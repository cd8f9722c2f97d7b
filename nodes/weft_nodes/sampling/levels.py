"""The noise levels a model was trained on: from timestep to sigma and back."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from weft import InputError


class NoiseLevels:
    """A training table, ready for interpolation.

    On the usual path the table maps timestep i in 0..T-1 to sigma, interpolated linearly in log
    sigma. On the flow path timesteps run over 0..T with sigma 0 at 0, interpolated linearly, and a
    network is told `T * sigma` (Esser et al. 2024, arXiv:2403.03206), whatever shift the table has.
    """

    def __init__(self, training_sigmas: Sequence[float], *, flow: bool = False) -> None:
        sigmas = [float(sigma) for sigma in training_sigmas]
        rising = all(low < high for low, high in pairwise(sigmas))
        if len(sigmas) < 2 or not rising or not sigmas[0] > 0 or not math.isfinite(sigmas[-1]):
            raise InputError(
                "training sigmas must be two or more finite, positive, rising numbers, "
                f"got {len(sigmas)} from {sigmas[:1]} to {sigmas[-1:]}"
            )
        if flow and sigmas[-1] > 1:
            raise InputError(f"flow sigmas lie in 0..1, got a largest of {sigmas[-1]:g}")
        self.flow = flow
        self.sigmas = sigmas
        self._grid = [0.0, *sigmas] if flow else [math.log(sigma) for sigma in sigmas]

    @property
    def sigma_min(self) -> float:
        """The lowest trained level."""
        return self.sigmas[0]

    @property
    def sigma_max(self) -> float:
        """The highest trained level."""
        return self.sigmas[-1]

    @property
    def last_timestep(self) -> int:
        """The timestep of `sigma_max`."""
        return len(self._grid) - 1

    def sigma(self, timestep: float) -> float:
        """The noise level of a timestep, which may lie between two trained ones."""
        low = min(max(int(timestep), 0), self.last_timestep - 1)
        part = timestep - low
        value = self._grid[low] * (1 - part) + self._grid[low + 1] * part
        return value if self.flow else math.exp(value)

    def timestep(self, sigma: float) -> float:
        """What the network is told about a noise level. Beyond the table its ends hold."""
        if self.flow:
            return sigma * len(self.sigmas)
        if sigma <= self.sigma_min:
            return 0.0
        value = math.log(sigma)
        low = min(bisect_right(self._grid, value), self.last_timestep) - 1
        part = (value - self._grid[low]) / (self._grid[low + 1] - self._grid[low])
        return low + min(part, 1.0)
