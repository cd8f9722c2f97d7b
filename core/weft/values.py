"""Walking run-time values: their size, their tensors, their move to another device, their storage.

A value is a tensor, a primitive, a list, tuple or dict of values, or a frozen dataclass of values.
Anything else is opaque: it is kept by reference, and counted only by the torch modules it names
in an attribute `modules`. A class may say more of itself: see `weft.kinds`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

PLAIN = (type(None), bool, int, float, str, bytes)
# Parts of these types hold no tensor and, in a list, hardly any memory: they are passed over.
LEAVES = frozenset({type(None), bool, int, float})


def tensor_type() -> type[Tensor] | None:
    """`torch.Tensor`, or None while nobody has imported torch, so that no value can be one."""
    torch = sys.modules.get("torch")
    # While another thread is importing torch, its module is there and not all of what is in it.
    return getattr(torch, "Tensor", None)


def tensors(value: Any) -> Iterator[tuple[str, Tensor]]:
    """Every tensor in a value, with the path to it. Opaque parts are not entered."""
    kind = tensor_type()
    if kind is None or isinstance(value, PLAIN):
        return
    stack = [("", value)]
    while stack:
        path, one = stack.pop()
        if isinstance(one, kind):
            yield path, one
        else:
            stack.extend((path + step, child) for step, child in children(one))


def children(value: Any) -> list[tuple[str, Any]]:
    """The parts of a container value with their steps; [] for leaves and opaque values.

    Numbers in lists are passed over.
    """
    if isinstance(value, PLAIN):
        return []
    if isinstance(value, (list, tuple)):
        return [(f"[{index}]", one) for index, one in enumerate(value) if type(one) not in LEAVES]
    if isinstance(value, dict):
        return [(f"[{key!r}]", one) for key, one in value.items()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(f".{one.name}", getattr(value, one.name)) for one in dataclasses.fields(value)]
    return []


@dataclasses.dataclass(frozen=True, slots=True)
class Measure:
    """Bytes of a value by place, and whether all of it can be moved and stored."""

    host: int = 0
    device: int = 0
    movable: bool = True
    # device name of the tensors that are not in host memory
    place: str | None = None

    @property
    def bytes(self) -> int:
        """All bytes."""
        return self.host + self.device


SMALL = Measure(host=64)


def measure(value: Any) -> Measure:
    """How much memory a value holds. A tensor met twice counts once."""
    if isinstance(value, PLAIN):
        return SMALL if not isinstance(value, (str, bytes)) else Measure(host=64 + len(value))
    if type(value) is tuple and len(value) == 1 and isinstance(value[0], (int, float, type(None))):
        return SMALL  # by far the most frequent outputs that are no tensors
    host = device = 0
    movable, place = True, None
    seen: set[int] = set()
    # With each part whether something above it knows how to move it.
    stack = [(value, False)]
    kind = tensor_type()
    while stack:
        one, moves = stack.pop()
        if kind is not None and isinstance(one, kind):
            storage = one.untyped_storage()
            # Not `data_ptr`, which some devices do not tell, and which is 0 for what is empty.
            if storage._cdata in seen:
                continue
            seen.add(storage._cdata)
            if one.device.type in ("cpu", "meta"):
                host += storage.nbytes()
            else:
                device += storage.nbytes()
                place = str(one.device)
            continue
        parts = children(one)
        declared = type(one)
        moves = moves or hasattr(declared, "weft_moved")
        if hasattr(declared, "weft_bytes"):
            host += int(one.weft_bytes())
        if parts or isinstance(one, (*PLAIN, list, tuple, dict)):
            host += 64 + (8 * len(one) if isinstance(one, (str, bytes, list, tuple)) else 0)
        elif not dataclasses.is_dataclass(one) and not isinstance(one, type):
            movable = movable and moves
            if kind is not None and hasattr(one, "parameters") and hasattr(one, "buffers"):
                stack.extend((each, moves) for each in (*one.parameters(), *one.buffers()))
            host += 64
        stack.extend((child, moves) for _, child in parts)
    return Measure(host, device, movable, place)


def moved(value: Any, device: str) -> Any:
    """The value with every tensor on a device. Only for values that `measure` calls movable."""
    kind = tensor_type()
    if kind is not None and isinstance(value, kind):
        return value.to(device)
    if hasattr(type(value), "weft_moved"):
        return value.weft_moved(device)
    return rebuilt(value, lambda one: moved(one, device))


def rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """A container of the same sort with every part changed; leaves come back as they are."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(change(one) for one in value))
    if isinstance(value, (list, tuple)):
        return type(value)(change(one) for one in value)
    if isinstance(value, dict):
        return {key: change(one) for key, one in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: change(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return type(value)(**changed)
    return value


class UnstorableError(ValueError):
    """A value holds something that cannot be written to disk."""


def pack(value: Any) -> tuple[Any, dict[str, Tensor]]:
    """A value as JSON data and a dictionary of tensors. Raises UnstorableError."""
    found: dict[str, Tensor] = {}
    kind = tensor_type()

    def walk(one: Any) -> Any:
        if kind is not None and isinstance(one, kind):
            if one.layout is not _strided() or one.is_quantized:
                raise UnstorableError("a sparse or quantized tensor")
            name = f"t{len(found)}"
            found[name] = one.detach().cpu().contiguous().clone()
            return {"tensor": name, "device": str(one.device)}
        if isinstance(one, (type(None), bool, int, float, str)):
            return {"plain": one}
        if type(one) is list:
            return {"list": [walk(each) for each in one]}
        if type(one) is tuple:
            return {"tuple": [walk(each) for each in one]}
        if type(one) is dict and all(isinstance(key, str) for key in one):
            return {"dict": {key: walk(each) for key, each in one.items()}}
        if hasattr(type(one), "weft_stored"):
            return {"kind": _name_of(type(one)), "stored": walk(one.weft_stored())}
        if dataclasses.is_dataclass(one) and not isinstance(one, type):
            parts = {each.name: walk(getattr(one, each.name)) for each in dataclasses.fields(one)}
            return {"class": _name_of(type(one)), "fields": parts}
        raise UnstorableError(f"a {type(one).__qualname__}")

    return walk(value), found


def _strided() -> Any:
    import torch

    return torch.strided


def unpack(data: Any, stored: dict[str, Tensor], device: str) -> Any:
    """The inverse of `pack`; tensors that were not in host memory go to `device`.

    Raises KeyError, ValueError or TypeError for data that `pack` did not write.
    """
    match data:
        case {"tensor": name, "device": place}:
            return stored[name] if place == "cpu" else stored[name].to(device)
        case {"plain": value}:
            return value
        case {"list": items}:
            return [unpack(one, stored, device) for one in items]
        case {"tuple": items}:
            return tuple(unpack(one, stored, device) for one in items)
        case {"dict": items}:
            return {key: unpack(one, stored, device) for key, one in items.items()}
        case {"kind": name, "stored": inner}:
            return _restorable(name).weft_restored(unpack(inner, stored, device))
        case {"class": name, "fields": parts}:
            cls = _dataclass(name)
            return cls(**{key: unpack(one, stored, device) for key, one in parts.items()})
    raise ValueError(f"no stored value: {data!r:.80}")


def _name_of(cls: type[Any]) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _dataclass(name: str) -> type[Any]:
    # The cache folder belongs to the person alone (mode 0700); still, only dataclasses are made.
    found = _class(name)
    if not dataclasses.is_dataclass(found):
        raise ValueError(f"{name} is no dataclass")
    return found


def _restorable(name: str) -> Any:
    found = _class(name)
    if not hasattr(found, "weft_restored"):
        raise ValueError(f"{name} has no method weft_restored")
    return found


def _class(name: str) -> type[Any]:
    from importlib import import_module

    module, _, qualified = name.partition(":")
    if module not in sys.modules:
        import_module(module)
    found: Any = sys.modules[module]
    for part in qualified.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise ValueError(f"{name} is no class")
    return found
