"""In a child: what can be compared of a value, and the version counters of its tensors."""

from __future__ import annotations

import dataclasses
from typing import Any

from weft.values import PLAIN, children, tensors


def opaque(value: Any) -> set[str]:
    """The types in a value that cannot be compared: neither data nor tensors."""
    import torch

    if isinstance(value, (torch.Tensor, *PLAIN)):
        return set()
    if isinstance(value, (list, tuple, dict)) or dataclasses.is_dataclass(value):
        return set().union(*(opaque(one) for _, one in children(value)))
    return {type(value).__name__}


def counters(value: Any) -> list[tuple[Any, int]]:
    """Every tensor in a value with its version counter, which every edit in place raises."""
    return [(tensor, tensor._version) for _, tensor in tensors(value)]


def edited(before: list[tuple[Any, int]]) -> bool:
    """Whether a tensor was edited since its counter was read."""
    return any(tensor._version != count for tensor, count in before)
