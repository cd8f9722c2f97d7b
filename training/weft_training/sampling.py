"""A short sampler of its own for judging the model: DDIM without noise, guided by the caption.

Sources: DDIM, Song et al. 2020 (2010.02502), equation 12 with eta 0; classifier-free guidance,
Ho and Salimans 2022 (2207.12598).
"""

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from weft_training.configs import LATENT_CHANNELS, LATENT_SIDE, SCHEDULER


def alphas_cumprod() -> Tensor:
    """The share of signal variance after every training step, [1000], float64."""
    steps = SCHEDULER["num_train_timesteps"]
    roots = torch.linspace(
        SCHEDULER["beta_start"] ** 0.5, SCHEDULER["beta_end"] ** 0.5, steps, dtype=torch.float64
    )
    return torch.cumprod(1 - roots.square(), dim=0)


def noise_for(seeds: list[int]) -> Tensor:
    """Starting noise, one seed per picture, [batch, 4, 16, 16]."""
    shape = (LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE)
    return torch.stack(
        [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )


@torch.no_grad()
def sample(
    unet: UNet2DConditionModel,
    hidden: Tensor,
    empty: Tensor,
    noise: Tensor,
    *,
    steps: int = 20,
    guidance: float = 3.0,
) -> Tensor:
    """Latents [batch, 4, 16, 16] for text states `hidden` [batch, tokens, width].

    `empty` [1, tokens, width] are the states of the empty caption.
    """
    signal = alphas_cumprod().to(noise.device)
    times = torch.linspace(len(signal) - 1, 0, steps).round().long().tolist()
    both = torch.cat([hidden, empty.expand_as(hidden)])
    x = noise
    for i, time in enumerate(times):
        t = torch.full((len(both),), time, device=x.device)
        with_text, without = unet(torch.cat([x, x]), t, both).sample.chunk(2)
        error = without + guidance * (with_text - without)
        here = float(signal[time])
        after = float(signal[times[i + 1]]) if i + 1 < steps else 1.0
        clean = (x - (1 - here) ** 0.5 * error) / here**0.5
        x = after**0.5 * clean + (1 - after) ** 0.5 * error
    return x
