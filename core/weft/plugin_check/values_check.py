"""In a child: what the engine does with a value that a node gave: watch, write, read, show."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from weft.checks import describe_value
from weft.testing.laws import comparable, difference
from weft.values import PLAIN, UnstorableError, children, moved, pack, tensors, unpack


def opaque(value: Any) -> set[str]:
    """The types in a value that cannot be compared: neither data nor tensors, and without `==`."""
    import torch

    if isinstance(value, (torch.Tensor, *PLAIN)):
        return set()
    if isinstance(value, (list, tuple, dict)) or dataclasses.is_dataclass(value):
        return set().union(*(opaque(one) for _, one in children(value)))
    return set() if comparable(value) else {type(value).__name__}


def counters(value: Any) -> list[tuple[Any, int]]:
    """Every tensor in a value with its version counter, which every edit in place raises."""
    return [(tensor, tensor._version) for _, tensor in tensors(value)]


def edited(before: list[tuple[Any, int]]) -> bool:
    """Whether a tensor was edited since its counter was read."""
    return any(tensor._version != count for tensor, count in before)


def lost(value: Any) -> str | None:
    """What happens to a value that is not itself any more after it was moved, written and read.

    None where all is well, or where its fields cannot be written: then it stays in memory.
    """
    try:
        change = difference(value, moved(value, "cpu"))
        if change is not None:
            return f"is another value after it was moved{change}"
        data, found = pack(value)
    except UnstorableError:
        return None
    except Exception as error:
        return f"cannot be moved or written: {type(error).__name__}: {error}"
    try:
        change = difference(value, unpack(json.loads(json.dumps(data)), found, "cpu"))
    except Exception as error:
        return f"cannot be read back from disk: {type(error).__name__}: {error}"
    return f"comes back from disk as another value{change}" if change is not None else None


def unshown(value: Any) -> str | None:
    """Why a value whose class says how it is shown cannot be; None where it can, or need not."""
    import torch

    if not hasattr(type(value), "weft_shown"):
        return None
    try:
        shown = value.weft_shown()
    except Exception as error:
        return f"cannot be shown: {type(error).__name__}: {error}"
    if isinstance(shown, str) or (isinstance(shown, torch.Tensor) and shown.dim() == 4):
        return None
    return f"is shown as {describe_value(shown)}, which is neither a text nor an image"
