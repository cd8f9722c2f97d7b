"""In a child: whether two values are the same to the last bit, and copies to compare with."""

from __future__ import annotations

import dataclasses
from typing import Any

from weft.values import PLAIN, children, tensors

Opaque = frozenset[str]


def differs(first: Any, second: Any, path: str = "") -> str | None:
    """Where two values differ, in words; None where they are the same bit for bit.

    What is neither data nor a tensor (a loaded model, say) is the same if its type is.
    """
    import torch

    if type(first) is not type(second):
        return f"{path or 'the value'}: a {type(first).__name__}, then a {type(second).__name__}"
    if isinstance(first, torch.Tensor):
        return _tensors_differ(first, second, path or "the tensor")
    if isinstance(first, PLAIN):
        # repr tells -0.0 from 0.0, and calls NaN the same as NaN.
        same = repr(first) == repr(second)
        return None if same else f"{path or 'the value'}: {first!r:.60}, then {second!r:.60}"
    if isinstance(first, (list, tuple)):
        if len(first) != len(second):
            return f"{path or 'the list'}: {len(first)} items, then {len(second)}"
        pairs = zip(first, second, strict=True)
        steps = ((f"{path}[{at}]", *both) for at, both in enumerate(pairs))
    elif isinstance(first, dict):
        if list(first) != list(second):
            return f"{path or 'the object'}: other keys, or in another order"
        steps = ((f"{path}[{key!r}]", one, second[key]) for key, one in first.items())
    elif dataclasses.is_dataclass(first):
        names = [one.name for one in dataclasses.fields(first)]
        steps = ((f"{path}.{name}", getattr(first, name), getattr(second, name)) for name in names)
    else:
        return None
    return next((found for step in steps if (found := differs(step[1], step[2], step[0]))), None)


def _tensors_differ(first: Any, second: Any, path: str) -> str | None:
    import torch

    if (first.shape, first.dtype) != (second.shape, second.dtype):
        return (
            f"{path}: {first.dtype} {list(first.shape)}, then {second.dtype} {list(second.shape)}"
        )
    if torch.equal(_bits(first), _bits(second)):
        return None
    if first.is_floating_point():
        most = (first.double() - second.double()).abs().nan_to_num(float("inf")).max().item()
        return f"{path}: values differ by up to {most:.3g}"
    return f"{path}: values differ"


def _bits(tensor: Any) -> Any:
    import torch

    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat if flat.numel() == 0 else flat.view(torch.uint8)


def copied(value: Any) -> Any:
    """A copy of the tensors and data in a value; what is opaque is the same object."""
    import torch

    from weft.values import rebuilt

    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    return rebuilt(value, copied)


def opaque(value: Any) -> set[str]:
    """The types in a value that cannot be compared."""
    import torch

    if isinstance(value, (torch.Tensor, *PLAIN)):
        return set()
    if isinstance(value, (list, tuple, dict)) or dataclasses.is_dataclass(value):
        return set().union(*(opaque(one) for _, one in children(value)))
    return {type(value).__name__}


def versions(value: Any) -> list[tuple[str, Any, int]]:
    """Every tensor in a value, with the path to it and its version counter."""
    return [(path, tensor, tensor._version) for path, tensor in tensors(value)]
