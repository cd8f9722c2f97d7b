"""What people see of a value: a text, or pictures."""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import Tensor

from weft import Shows

MOST = 4000  # characters of a text


def shown(value: object) -> str | Tensor:
    """A text, or pictures as float32 [B, H, W, C] in 0..1.

    What a value says itself goes first; an image or a mask is shown as it is.
    """
    if isinstance(value, Shows) and not isinstance(value, type):
        answer = value.weft_shown()
        return answer if isinstance(answer, Tensor) else _cut(answer)
    if isinstance(value, Tensor) and value.dtype.is_floating_point:
        if value.ndim == 4 and value.shape[3] in (1, 3, 4):
            return value
        if value.ndim == 3:  # a mask, white where it is selected
            return value.unsqueeze(3).expand(-1, -1, -1, 3)
    return _cut(_text(value))


def _text(value: object, depth: int = 0) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}{_range(value)}"
    if isinstance(value, str):
        return value if depth == 0 else repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        rows = [(one.name, getattr(value, one.name)) for one in dataclasses.fields(value)]
        return _rows(type(value).__name__, rows, depth)
    if isinstance(value, dict):
        return _rows("", [(str(key), one) for key, one in value.items()], depth)
    if isinstance(value, (list, tuple)) and depth < 4:
        return "[" + ", ".join(_text(one, depth + 1) for one in value[:50]) + "]"
    if isinstance(value, (bool, int, float, type(None))):
        return str(value)
    return f"a {type(value).__name__}"


def _rows(title: str, rows: list[tuple[str, Any]], depth: int) -> str:
    if depth > 3:
        return f"{title} ..."
    space = "  " * depth
    lines = [f"{space}{name}: {_text(one, depth + 1).lstrip()}" for name, one in rows[:50]]
    return "\n".join([title, *lines] if title else lines)


def _range(value: Tensor) -> str:
    if not value.numel() or value.dtype.is_complex or value.is_meta:
        return ""
    numbers = value.float()
    return f", {numbers.min().item():.4g} to {numbers.max().item():.4g}"


def _cut(text: str) -> str:
    return text if len(text) <= MOST else text[:MOST] + " ..."
