"""What the engine makes of a CUDA device's errors; tests/cuda has the device itself."""

from __future__ import annotations

import pytest
import torch

from weft import device_is_lost
from weft.devices import CpuDevice, CudaDevice

REFUSED = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
    torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
]
BROKEN = [
    torch.AcceleratorError("CUDA error: device-side assert triggered"),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
]


@pytest.mark.parametrize("error", REFUSED)
def test_a_refused_allocation_is_told_and_breaks_nothing(error: Exception) -> None:
    assert CudaDevice("cuda:0").is_out_of_memory(error)
    assert not CpuDevice().is_out_of_memory(error)
    assert not device_is_lost(error)


@pytest.mark.parametrize("error", BROKEN)
def test_a_broken_context_is_lost_and_not_out_of_memory(error: Exception) -> None:
    assert device_is_lost(error)
    assert not CudaDevice("cuda:0").is_out_of_memory(error)


def test_other_errors_are_neither() -> None:
    for error in (ValueError("CUDA error: out of memory"), RuntimeError("shapes do not fit")):
        assert not device_is_lost(error)
        assert not CudaDevice("cuda:0").is_out_of_memory(error)
