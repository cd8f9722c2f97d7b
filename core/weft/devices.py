"""Devices: where tensors live, how much room there is, and what running out of it looks like."""

from __future__ import annotations

import re
import sys
from typing import Protocol

from weft.errors import InputError

NAME = re.compile(r"cpu|cuda(:\d+)?")


class Device(Protocol):
    """What the engine needs to know of a device. Tests simulate one that refuses allocations."""

    name: str

    def budget(self) -> int | None:
        """Bytes that cached values may hold on the device; None where it shares host memory."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether an error says that an allocation was refused."""
        ...

    def release(self) -> None:
        """Give memory that is allocated but unused back to the device."""

    def finish(self) -> None:
        """Wait until everything that was asked of the device is done. Raises what went wrong."""


class CpuDevice:
    """The processor: tensors live in host memory."""

    name = "cpu"

    def budget(self) -> int | None:
        """None: host memory is the device's memory."""
        return None

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether torch's CPU allocator or Python itself refused an allocation."""
        if isinstance(error, MemoryError):
            return True
        return isinstance(error, RuntimeError) and "not enough memory" in str(error)

    def release(self) -> None:
        """Nothing to do: freed host memory returns by itself."""

    def finish(self) -> None:
        """Nothing to do: a call on the processor returns when it is done."""


# How an allocation is refused that is not torch's own: by the driver, or inside a library.
REFUSED = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")


class CudaDevice:
    """One CUDA device."""

    def __init__(self, name: str) -> None:
        self.name = name

    def budget(self) -> int | None:
        """Half of the device's memory: the rest is for models at work and their activations."""
        import torch

        return int(torch.cuda.get_device_properties(self.name).total_memory) // 2

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether the CUDA allocator, the driver or a library refused an allocation."""
        torch = sys.modules.get("torch")
        if torch is None or not isinstance(error, RuntimeError):
            return False
        return isinstance(error, torch.OutOfMemoryError) or any(
            sign in str(error) for sign in REFUSED
        )

    def release(self) -> None:
        """Return cached blocks to the driver."""
        import torch

        torch.cuda.empty_cache()

    def finish(self) -> None:
        """Wait for the kernels that were launched: a call on a CUDA device only queues them."""
        import torch

        torch.cuda.synchronize(self.name)


def choose_device(name: str = "auto") -> Device:
    """The device of that name; "auto" is the first CUDA device, or else the processor.

    Raises InputError for a name that is no device, and for a device that is not there.
    """
    if name == "cpu":
        return CpuDevice()
    if name != "auto" and not NAME.fullmatch(name):
        raise InputError(f"{name!r} is no device: expected auto, cpu, cuda or cuda:N")
    count = _cuda_count()
    if name == "auto" and not count:
        return CpuDevice()
    index = int(name.partition(":")[2] or 0)  # "auto" is the first
    if index >= count:
        there = ", ".join(f"cuda:{one}" for one in range(count)) or "none"
        raise InputError(f"there is no device {name!r}; CUDA devices here: {there}")
    _compute_exactly()
    return CudaDevice(f"cuda:{index}")


def _compute_exactly() -> None:
    """Have CUDA give the same bytes each time, and compute float32 in float32.

    By default cuDNN rounds the inputs of float32 convolutions to 10 bits (TF32), so that pictures
    differ from those of the processor, and may choose algorithms that add in any order.
    """
    import torch

    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def _cuda_count() -> int:
    # Asking torch costs a second of import; without a driver library there is nothing to ask.
    if "torch" not in sys.modules and not has_driver():
        return 0
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def has_driver() -> bool:
    """Whether there is a driver for CUDA devices, told without torch."""
    import ctypes.util

    if sys.platform == "win32":
        return ctypes.util.find_library("nvcuda") is not None
    from pathlib import Path

    # Containers and virtual machines may have the device file alone; WSL has one of its own.
    signs = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")
    return any(Path(one).exists() for one in signs)


# What CUDA says once its context is broken. Nothing works any more in that process then.
LOST = (
    "CUDA error",
    "CUDA driver error",
    "cuda runtime error",
    "device-side assert",
    "illegal memory access",
    "unspecified launch failure",
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_EXECUTION_FAILED",
)
HARMLESS = ("out of memory", "_STATUS_ALLOC_FAILED", "no kernel image", "invalid device ordinal")


def device_is_lost(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, says that this process has lost its device.

    A refused allocation is no such error, and neither is a missing device.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        text = str(error)
        if (
            isinstance(error, RuntimeError)
            and any(sign in text for sign in LOST)
            and not any(sign in text for sign in HARMLESS)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False
