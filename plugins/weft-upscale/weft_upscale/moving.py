"""Copying a network to another device without a second copy on the first."""

from __future__ import annotations

import copy
from typing import Any

import torch


def moved(descriptor: Any, device: str) -> Any:
    """A copy of spandrel's descriptor with its weights on a device; the given one is unchanged.

    Takes no memory where the weights are now, for that may be what ran short.
    """
    memo: dict[int, Any] = {}
    for tensor in descriptor.model.parameters():
        memo[id(tensor)] = torch.nn.Parameter(tensor.detach().to(device), requires_grad=False)
    for tensor in descriptor.model.buffers():
        memo[id(tensor)] = tensor.detach().to(device)
    return copy.deepcopy(descriptor, memo)
