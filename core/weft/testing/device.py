"""A device for tests: it has a name and a memory of its own, and lives in the host's.

Torch knows it as `fake:0`. Tensors get there by `.to(ctx.device)` and back by `.cpu()`, an
operation on tensors of two devices fails, and an allocation that no longer fits is refused, each
as on a CUDA device; the arithmetic is the processor's. So a test sees whether a node moves its
tensors, makes do with less memory and survives the cache's moves, on a machine without a GPU.
"""

from __future__ import annotations

import sys
from types import TracebackType

from weft.devices import CpuDevice, Device
from weft.errors import InputError

NAME = "fake:0"
GIB = 1024**3


class FakeDevice:
    """A device with so many bytes of memory. Enter it to use it.

    memory: bytes that live tensors may take up together; one more raises
        `torch.OutOfMemoryError`, as CUDA does, which a run turns into DeviceMemoryError once a
        second try has failed too.
    budget: bytes of it that the cache may fill; half where nothing is said, as on a GPU.

    While it is entered, `run_node` and `run_workflow` run on it, and tensors may be made on
    `device.name`. Views count with the tensor that they look into. Inside, memory is only what
    tensors hold: there is no fragmentation, no workspace and no other program.

    Raises InputError where another FakeDevice is entered, where the installed torch is older
    than 2.10, or where another library has taken torch's one place for such devices.

    >>> with FakeDevice(memory=1_000_000) as device:
    ...     device.used
    0
    """

    name = NAME

    def __init__(self, memory: int = GIB, *, budget: int | None = None) -> None:
        if memory < 1:
            raise InputError(f"expected a memory of 1 byte or more, got {memory}")
        self.memory = memory
        self.used = 0
        self.peak = 0
        self.refused = 0
        self.released = 0
        self._budget = memory // 2 if budget is None else budget
        self._holders: dict[int, int] = {}

    def budget(self) -> int | None:
        """Bytes that cached values may hold on the device."""
        return self._budget

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether an allocation was refused, here or by the processor's own memory."""
        torch = sys.modules.get("torch")
        refused = torch is not None and isinstance(error, torch.OutOfMemoryError)
        return refused or CpuDevice().is_out_of_memory(error)

    def release(self) -> None:
        """Count that unused memory was given back: freed memory returns by itself."""
        self.released += 1

    def finish(self) -> None:
        """Nothing to do: a call returns when it is done."""

    def _hold(self, storage: int, size: int) -> None:
        """Count a tensor that holds a piece of memory. Raises torch.OutOfMemoryError."""
        if storage not in self._holders:
            if self.used + size > self.memory:
                import torch

                self.refused += 1
                raise torch.OutOfMemoryError(
                    f"{self.name} is out of memory: tried to allocate {size:,} bytes, and "
                    f"{self.used:,} of {self.memory:,} are in use"
                )
            self.used += size
            self.peak = max(self.peak, self.used)
        self._holders[storage] = self._holders.get(storage, 0) + 1

    def _let_go(self, storage: int, size: int) -> None:
        """The end of a tensor that held a piece of memory."""
        self._holders[storage] -= 1
        if not self._holders[storage]:
            del self._holders[storage]
            self.used -= size

    def __enter__(self) -> FakeDevice:
        global _entered
        if _entered is not None:
            raise InputError("a FakeDevice is entered already; there is one at a time")
        from weft.testing.fake_tensor import install

        install()
        _entered = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        global _entered
        _entered = None


_entered: FakeDevice | None = None


def entered_device() -> FakeDevice | None:
    """The FakeDevice that is entered, if one is."""
    return _entered


def current_device() -> Device:
    """What weft.testing runs nodes on: the FakeDevice that is entered, or else the processor."""
    return _entered or CpuDevice()
