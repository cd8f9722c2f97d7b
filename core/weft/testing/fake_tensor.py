"""Tensors of the fake device: each wraps one in host memory, and counts it.

Torch leaves the dispatch key PrivateUse1 to backends it does not know, and since 2.10 such a
backend can be written in Python. Imported only by a `FakeDevice` that is entered.
"""

from __future__ import annotations

import functools
import weakref
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_map, tree_map_only

from weft.errors import InputError
from weft.testing.device import NAME, FakeDevice, entered_device

aten = torch.ops.aten
# They take a tensor from one device to another, or indices from the host, and so mix devices.
MIXING = (
    aten.copy_,
    aten._copy_from,
    aten._to_copy,
    aten.index,
    aten.index_put_,
    aten.index_put,
    aten._index_put_impl_,
)


class FakeTensor(torch.Tensor):
    """A tensor on the fake device. `host` holds its values."""

    host: torch.Tensor
    device_of: FakeDevice

    @staticmethod
    def __new__(cls, host: torch.Tensor, device: FakeDevice) -> FakeTensor:
        storage = host.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        device._hold(key, size)
        made: FakeTensor = torch.Tensor._make_wrapper_subclass(
            cls,
            host.size(),
            strides=host.stride(),
            storage_offset=host.storage_offset(),
            dtype=host.dtype,
            layout=host.layout,
            device=torch.device(NAME),
        )
        made.host, made.device_of = host, device
        weakref.finalize(made, device._let_go, key, size).atexit = False
        return made

    def __init__(self, host: torch.Tensor, device: FakeDevice) -> None:
        super().__init__()

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return _dispatch(func, args, kwargs or {})

    def tolist(self) -> Any:
        return self.host.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        if not force:
            raise TypeError(f"can't convert {NAME} tensor to numpy; use Tensor.cpu() first")
        return self.host.numpy(force=True)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return f"{repr(self.host)[:-1]}, device='{NAME}')"


def _dispatch(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    given = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, torch.Tensor)]
    fakes = [one for one in given if isinstance(one, FakeTensor)]
    if func.overloadpacket not in MIXING:
        for one in given:
            if not isinstance(one, FakeTensor) and one.dim() > 0:
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two "
                    f"devices, {NAME} and {one.device}! ({func})"
                )
    target = kwargs.get("device")
    if target is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    host_args, host_kwargs = tree_map_only(FakeTensor, _host, (args, kwargs))
    result = func(*host_args, **host_kwargs)
    if target is not None and torch.device(target).type == "cpu":
        return result
    if func.overloadpacket is aten.copy_ and not isinstance(args[0], FakeTensor):
        return args[0]
    same = {id(one.host): one for one in fakes}  # an edit in place gives the tensor itself
    device = fakes[0].device_of

    def wrapped(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        known = same.get(id(value))
        return FakeTensor(value, device) if known is None else known

    return tree_map(wrapped, result)


def _host(tensor: FakeTensor) -> torch.Tensor:
    return tensor.host


def _made(host: torch.Tensor) -> FakeTensor:
    device = entered_device()
    if device is None:
        raise RuntimeError(f"there is no {NAME}: no weft.testing.FakeDevice is entered")
    return FakeTensor(host, device)


def _empty(
    size: Any,
    dtype: torch.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    memory_format: Any = None,
) -> FakeTensor:
    return _made(torch.empty(size, dtype=dtype))


def _empty_strided(
    size: Any,
    stride: Any,
    dtype: torch.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
) -> FakeTensor:
    return _made(torch.empty_strided(size, stride, dtype=dtype))


def _copy_from(
    source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False
) -> torch.Tensor:
    values, place = (one.host if isinstance(one, FakeTensor) else one for one in (source, target))
    place.copy_(values)
    return target


class _Backend:
    """What torch asks of `torch.fake`. Outside of a FakeDevice that is entered, there is no device:
    libraries that look for an accelerator must not find one."""

    def is_available(self) -> bool:
        return entered_device() is not None

    def device_count(self) -> int:
        return int(self.is_available())

    def current_device(self) -> int:
        return 0

    def is_initialized(self) -> bool:
        return True

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        """Random numbers are the processor's."""

    def get_rng_state(self, device: Any = None) -> torch.Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: torch.Tensor, device: Any = None) -> None:
        torch.set_rng_state(state)


def _hook() -> Any:
    """What torch asks below Python: the same."""

    class Hook(torch._C._acc.PrivateUse1Hooks):
        def is_available(self) -> bool:
            return entered_device() is not None

        def has_primary_context(self, device: int) -> bool:
            return entered_device() is not None

        def is_built(self) -> bool:
            return True

    return Hook()


@functools.cache
def install() -> Any:
    """Make torch know the device; once per process. Raises InputError where it cannot."""
    try:
        from torch.utils.backend_registration import _setup_privateuseone_for_python_backend
    except ImportError as error:
        raise InputError(
            f"FakeDevice needs torch 2.10 or newer, got {torch.__version__}"
        ) from error
    kind = NAME.partition(":")[0]
    taken = torch._C._get_privateuse1_backend_name()
    if taken not in ("privateuseone", kind):
        raise InputError(f"FakeDevice needs torch's private device, which is {taken!r} already")
    _setup_privateuseone_for_python_backend(kind, _Backend(), _hook())
    library: Any = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    library.impl("empty.memory_format", _empty, "PrivateUse1")
    library.impl("empty_strided", _empty_strided, "PrivateUse1")
    library.impl("_copy_from", _copy_from, "PrivateUse1")
    return library
