"""Guidance that keeps the contrast of the positive estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from weft import InputError
from weft_nodes import CfgGuider, Conditioning, Guider, GuiderInfo, Model


@dataclass(frozen=True, eq=False)
class Rescaled(CfgGuider):
    """Lin et al. 2023, arXiv:2305.08891, Equations 15 and 16, with phi = 1, on estimates of x0."""

    def combine(self, x: Tensor, sigma: float, answers: Sequence[Tensor]) -> Tensor:
        guided = super().combine(x, sigma, answers)
        axes = tuple(range(1, x.ndim))
        wanted = answers[0].std(axes, keepdim=True)
        spread = guided.std(axes, keepdim=True)
        return guided * torch.where(spread > 0, wanted / spread, 1.0)


def make(
    model: Model, positive: Conditioning, negative: Conditioning | None, scale: float
) -> Guider:
    """A rescaled guider."""
    if negative is None:
        raise InputError("acme/rescaled needs a negative prompt")
    return Rescaled(model, positive, negative, scale)


RESCALED = GuiderInfo("acme/rescaled", "Rescaled", make, "Lin et al. 2023, arXiv:2305.08891")
