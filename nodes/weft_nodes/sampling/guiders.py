"""Guiders: which model calls an evaluation needs, and how their answers are combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from weft import InputError, find_offer
from weft_nodes.kinds import Conditioning, Guider, Model, ModelCall


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


class MakeGuider(Protocol):
    """How a guider is made for a run."""

    def __call__(
        self, model: Model, positive: Conditioning, negative: Conditioning | None, scale: float
    ) -> Guider:
        """scale: 1 and more. Raises InputError where the negative prompt is needed and missing."""
        ...


@dataclass(frozen=True, slots=True)
class GuiderInfo:
    """A guider that the nodes with two prompts and a scale can use.

    name, title: what files and people call it; the name is the one it is offered by.
    paper: where it comes from.
    """

    name: str
    title: str
    make: MakeGuider
    paper: str


def _cfg(
    model: Model, positive: Conditioning, negative: Conditioning | None, scale: float
) -> Guider:
    if scale == 1:
        return BasicGuider(model, positive)
    if negative is None:
        raise InputError(
            f"guidance {scale:g} needs a negative prompt, encoded from any text, even an empty "
            "one; link one, or set guidance to 1"
        )
    return CfgGuider(model, positive, negative, scale)


CFG = GuiderInfo("cfg", "Classifier-free guidance", _cfg, "Ho & Salimans 2022, arXiv:2207.12598")


def make_guider(
    name: str,
    model: Model,
    positive: Conditioning,
    negative: Conditioning | None,
    scale: float,
) -> Guider:
    """The guider that is offered by a name. Raises InputError, and PluginError."""
    return find_offer("guiders", name).load(GuiderInfo).make(model, positive, negative, scale)
