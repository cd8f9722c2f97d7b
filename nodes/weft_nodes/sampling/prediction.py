"""From what a network predicts to a denoised estimate.

Each prediction type is an affine map `x0 = skip * x + out * prediction`, and the network sees
`scale * x`. For states x0 + sigma * eps of variance-preserving models scale is
1 / sqrt(sigma^2 + 1), and:

- epsilon: x0 = x - sigma * eps (Ho et al. 2020, arXiv:2006.11239)
- v: x0 = x / (sigma^2 + 1) - sigma / sqrt(sigma^2 + 1) * v (Salimans & Ho 2022, arXiv:2202.00512)
- x0: the prediction itself

For flow states (1 - sigma) * x0 + sigma * eps the network sees x and predicts the velocity
eps - x0, so x0 = x - sigma * velocity (Liu et al. 2022, arXiv:2209.03003).
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from weft_nodes.kinds import Conditioning, Model, Prediction
from weft_nodes.sampling.levels import NoiseLevels


class Coefficients(NamedTuple):
    """Scale of the network's input, and the weights of state and prediction in x0."""

    scale: float
    skip: float
    out: float


def coefficients(prediction: Prediction, sigma: float) -> Coefficients:
    """The affine map of a prediction type at a noise level."""
    if prediction == "flow":
        return Coefficients(1.0, 1.0, -sigma)
    scale = (sigma * sigma + 1.0) ** -0.5
    match prediction:
        case "epsilon":
            return Coefficients(scale, 1.0, -sigma)
        case "v":
            return Coefficients(scale, scale * scale, -sigma * scale)
        case "x0":
            return Coefficients(scale, 0.0, 1.0)


_LEVELS: weakref.WeakKeyDictionary[Model, NoiseLevels] = weakref.WeakKeyDictionary()


def noise_levels(model: Model) -> NoiseLevels:
    """The model's training table, prepared once."""
    levels = _LEVELS.get(model)
    if levels is None:
        levels = NoiseLevels(model.training_sigmas, flow=model.prediction == "flow")
        _LEVELS[model] = levels
    return levels


def timestep(training_sigmas: Sequence[float], sigma: float, *, flow: bool = False) -> float:
    """The timestep a network is told for a noise level; see `NoiseLevels`."""
    return NoiseLevels(training_sigmas, flow=flow).timestep(sigma)


def place(conditioning: Conditioning, model: Model) -> Conditioning:
    """The conditioning where, and in the precision in which, the model computes."""
    dtype = getattr(torch, model.dtype)
    embeddings = conditioning.embeddings.to(model.device, dtype)
    pooled = conditioning.pooled
    if pooled is not None:
        pooled = pooled.to(model.device, dtype)
    if embeddings is conditioning.embeddings and pooled is conditioning.pooled:
        return conditioning
    return replace(conditioning, embeddings=embeddings, pooled=pooled)


@torch.no_grad()
def denoise(
    model: Model, x: Tensor, sigma: float | Sequence[float], conditioning: Conditioning
) -> Tensor:
    """The model's estimate of x0, in the dtype and on the device of x.

    x: [B, C, h, w] states; sigma: their noise level, or one for each of them. The network computes
    in its own precision; everything around it in that of x, float32 at least.
    """
    work = x if x.dtype == torch.float64 else x.float()
    levels = noise_levels(model)
    batch = x.shape[0]
    scale: float | Tensor
    skip: float | Tensor
    out: float | Tensor
    if isinstance(sigma, float | int):
        scale, skip, out = coefficients(model.prediction, sigma)
        # Filled on the device: a copy from host memory would wait for all steps before it.
        times = torch.full(
            (batch,), levels.timestep(sigma), dtype=torch.float32, device=model.device
        )
    else:
        each = [coefficients(model.prediction, value) for value in sigma]
        shape = (batch, *[1] * (x.ndim - 1))
        table = torch.tensor(each, dtype=torch.float64).to(work)
        scale, skip, out = (column.reshape(shape) for column in table.unbind(1))
        each_time = [levels.timestep(value) for value in sigma]
        times = torch.tensor(each_time, dtype=torch.float32, device=model.device)
    raw = model.network(
        (work * scale).to(model.device, getattr(torch, model.dtype)),
        times,
        place(conditioning, model),
    )
    return (skip * work + out * raw.to(work)).to(x.dtype)
