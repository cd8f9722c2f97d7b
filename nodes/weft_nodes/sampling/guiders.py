"""Guiders: which model calls an evaluation needs, and how their answers are combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from weft_nodes.kinds import Conditioning, Model, ModelCall


@dataclass(frozen=True, eq=False)
class BasicGuider:
    """One call with one prompt."""

    model: Model
    positive: Conditioning

    def calls(self, x: Tensor, sigma: float) -> Sequence[ModelCall]:
        """The one call."""
        return (ModelCall(self.model, x, sigma, self.positive),)

    def combine(self, x: Tensor, sigma: float, answers: Sequence[Tensor]) -> Tensor:
        """The one answer."""
        return answers[0]


@dataclass(frozen=True, eq=False)
class CfgGuider:
    """Classifier-free guidance: push the estimate away from the negative prompt.

    Ho & Salimans 2022, arXiv:2207.12598, Equation 6, with scale = 1 + w:

        denoised = negative + scale * (positive - negative)

    on estimates of x0, which is the same as on predictions, since one is affine in the other. At
    scale 1 the negative prompt has no weight and its call is left out.
    """

    model: Model
    positive: Conditioning
    negative: Conditioning
    scale: float

    def calls(self, x: Tensor, sigma: float) -> Sequence[ModelCall]:
        """The positive call, then the negative one if it counts."""
        positive = ModelCall(self.model, x, sigma, self.positive)
        if self.scale == 1.0:
            return (positive,)
        return (positive, ModelCall(self.model, x, sigma, self.negative))

    def combine(self, x: Tensor, sigma: float, answers: Sequence[Tensor]) -> Tensor:
        """The guided estimate."""
        if len(answers) == 1:
            return answers[0]
        positive, negative = answers
        return torch.lerp(negative, positive, self.scale)
