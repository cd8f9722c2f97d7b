"""A schedule that spends its steps where there is little noise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from weft_nodes import ScheduleInfo


def squared(training_sigmas: Sequence[float], steps: int, *, flow: bool = False) -> Tensor:
    """Equal distances in the square root of sigma, from the highest level to 0."""
    top = max(training_sigmas) ** 0.5
    return torch.tensor([(top * (1 - k / steps)) ** 2 for k in range(steps + 1)]).double()


SQUARED = ScheduleInfo("acme/squared", "Squared", squared, "none")
