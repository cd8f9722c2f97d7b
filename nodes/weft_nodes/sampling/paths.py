"""Where a state lies between picture and noise, and how a sampler may add noise on the way.

A state is `x = alpha * x0 + sigma * eps`. Differentiating, with eps = (x - alpha * x0) / sigma:

    dx/dsigma = x / sigma + (alpha' - alpha / sigma) * x0

which is the equation `dx/dsigma = (x - x0) / sigma` that every deterministic sampler here
integrates exactly when `sigma * alpha' - alpha = -1`, that is when `alpha = 1 - slope * sigma`.
Slope 0 is the variance-exploding path (Karras et al. 2022, arXiv:2206.00364) in which
variance-preserving models are sampled after division by their signal scale; slope 1 is the straight
path of rectified flow (Liu et al. 2022, arXiv:2209.03003). Only added noise has to know the slope.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

from weft_nodes.sampling.evaluate import Alpha, NoiseSource


def variance_exploding(sigma: float) -> float:
    """Alpha of the variance-exploding path: the picture keeps its scale."""
    return 1.0


def straight(sigma: float) -> float:
    """Alpha of the flow path: the picture fades as the noise grows."""
    return 1.0 - sigma


class Renoise(NamedTuple):
    """A step split in two: integrate down to `sigma_down`, then `scale * x + amount * noise`."""

    sigma_down: float
    scale: float
    amount: float

    def apply(self, x: Tensor, noise: NoiseSource, step: int) -> Tensor:
        """Lift the state from `sigma_down` to the step's noise level. Draws only if it must."""
        if self.scale != 1.0:
            x = x * self.scale
        if self.amount != 0.0:
            x = x + self.amount * noise(step)
        return x


def renoise(
    sigma: float, sigma_next: float, alpha: Alpha, eta: float = 1.0, s_noise: float = 1.0
) -> Renoise:
    """Split a step so that its marginal at `sigma_next` is right and `eta` says how random it is.

    In ratios S = sigma / alpha the added variance is that of DDIM (Song et al. 2020,
    arXiv:2010.02502, Eq. 16): eta^2 * S'^2 * (S^2 - S'^2) / S^2. eta = 1 is the posterior variance
    of DDPM (Ho et al. 2020, arXiv:2006.11239, Eq. 7), eta = 0 adds nothing. Written with S'/S,
    which stays finite where alpha reaches 0.
    """
    if eta == 0.0 or sigma_next == 0.0:
        return Renoise(sigma_next, 1.0, 0.0)
    alpha_next = alpha(sigma_next)
    fall = (sigma_next * alpha(sigma)) / (sigma * alpha_next)  # S' / S, below 1
    freed = eta * eta * (1.0 - fall * fall)
    ratio_down = sigma_next / alpha_next * math.sqrt(1.0 - freed)
    slope = 1.0 - alpha(1.0)
    sigma_down = ratio_down / (1.0 + slope * ratio_down)
    return Renoise(
        sigma_down=sigma_down,
        scale=alpha_next / alpha(sigma_down),
        amount=s_noise * sigma_next * math.sqrt(freed),
    )
