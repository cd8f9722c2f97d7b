"""The forward process: from a picture to noise, and to something that can be looked at."""

from __future__ import annotations

import math

from torch import Tensor

from weft_nodes.sampling.paths import straight


def add_noise(samples: Tensor, noise: Tensor, sigma: float, *, flow: bool = False) -> Tensor:
    """The state at a noise level: x0 + sigma * eps, or (1 - sigma) * x0 + sigma * eps for flow.

    It also starts every run. From an empty latent, all zeros, it is sigma * eps. At the highest
    level of a variance-preserving model some tools start from sqrt(1 + sigma^2) * eps instead,
    which is larger by 0.2 percent for SD-like models; ours is Karras et al. 2022, Algorithm 1.
    """
    scale = straight(sigma) if flow else 1.0
    return scale * samples + sigma * noise


def scale_to_variance_preserving(x: Tensor, sigma: float) -> Tensor:
    """A state x0 + sigma * eps brought back to about unit variance, x / sqrt(1 + sigma^2).

    This is the x_t of DDPM, whose range a decoder can show as a picture.
    """
    return x / math.sqrt(1.0 + sigma * sigma)
