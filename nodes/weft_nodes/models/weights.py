"""Fills a module with a checkpoint's tensors, and refuses any that do not fit.

The module is built on the meta device, where it has shapes but no memory; names and shapes are
compared with the file's header before a tensor is read. Tensors are then copied one by one: kept
as views of the mapped file they would change, or crash the process, if somebody replaced the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

from weft import InputError
from weft_nodes.models.readers import reader_of
from weft_nodes.models.source import Stored, first_few

M = TypeVar("M", bound=torch.nn.Module)

FLOATS = frozenset({"F64", "F32", "F16", "BF16", "F8_E5M2", "F8_E4M3"})


def build_on_meta(what: str, make: Callable[[], M]) -> M:
    """Builds a module without memory for its weights. what: names the component in errors."""
    try:
        with torch.device("meta"):
            return make()
    except Exception as error:
        # The library's constructors fail in many ways on a config that makes no sense.
        reason = f"{type(error).__name__}: {error}"
        raise InputError(
            f"{what}: its config describes no network that can be built; {reason[:300]}"
        ) from error


def load_weights(
    module: torch.nn.Module,
    tensors: Mapping[str, Stored],
    *,
    what: str,
    device: str,
    dtype: torch.dtype,
    check_cancelled: Callable[[], None] = lambda: None,
) -> None:
    """Gives a module from the meta device its weights, and makes it ready for inference.

    Raises InputError for missing, unexpected, misshapen and non-finite tensors.
    """
    wanted = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    _check_names(wanted, tensors, what)
    for name, shape in wanted.items():
        _check_entry(name, shape, tensors[name], what)
    values = _read(tensors, wanted, what, torch.device(device), dtype, check_cancelled)
    module.load_state_dict(values, assign=True, strict=True)
    module.eval().requires_grad_(False)


def parameter_count(module: torch.nn.Module) -> int:
    """How many numbers a module's weights are."""
    return sum(parameter.numel() for parameter in module.parameters())


def _check_names(
    wanted: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Stored], what: str
) -> None:
    if missing := wanted.keys() - tensors.keys():
        raise InputError(f"{what}: {len(missing)} tensors are missing: {first_few(missing)}")
    if unexpected := tensors.keys() - wanted.keys():
        raise InputError(
            f"{what}: {len(unexpected)} tensors have no place in the network that its config "
            f"describes: {first_few(unexpected)}"
        )


def _check_entry(name: str, shape: tuple[int, ...], stored: Stored, what: str) -> None:
    entry = stored.entry
    # Attention in LDM's VAE is stored as 1x1 convolutions: two more axes, both of size 1.
    extra = entry.shape[len(shape) :]
    if entry.shape[: len(shape)] != shape or any(size != 1 for size in extra):
        raise InputError(
            f"{what}: tensor {stored.name}: expected shape {list(shape)}, got {list(entry.shape)}"
        )
    if entry.dtype not in FLOATS:
        raise InputError(
            f"{what}: tensor {stored.name}: expected floating point weights, got {entry.dtype}; "
            "quantised checkpoints are not read"
        )


def _read(
    tensors: Mapping[str, Stored],
    wanted: Mapping[str, tuple[int, ...]],
    what: str,
    device: torch.device,
    dtype: torch.dtype,
    check_cancelled: Callable[[], None],
) -> dict[str, Tensor]:
    values: dict[str, Tensor] = {}
    for path in {stored.header.path for stored in tensors.values()}:
        here = {one.name: name for name, one in tensors.items() if one.header.path == path}
        for stored, raw in reader_of(path).read_tensors(path, here):
            check_cancelled()
            name = here[stored]
            value = raw.reshape(wanted[name]).to(device=device, dtype=dtype, copy=True)
            _check_finite(value, f"{what}: tensor {stored}")
            values[name] = value
    return values


def _check_finite(value: Tensor, what: str) -> None:
    if value.numel() == 0:
        return
    bounds: Any = torch.aminmax(value)  # one pass; NaN and infinities both show in the bounds
    if not torch.isfinite(torch.stack((bounds.min, bounds.max))).all():
        raise InputError(f"{what}: expected finite numbers, got NaN or infinity")
