"""The built-in nodes on a device with a memory of its own: `fake:0`, so that no GPU is needed.

Any tensor that is left behind on the processor fails the run, as it would on a CUDA device.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from weft import DeviceMemoryError, Workflow
from weft.testing import FakeDevice, assert_images_close, run_workflow

ROOT = Path(__file__).parent.parent.parent
WORKFLOW = Workflow.load(ROOT / "workflows/text-to-image.json")
MIB = 1024**2


def picture() -> torch.Tensor:
    outcome = run_workflow(WORKFLOW, parameters={"steps": 1}, targets=["decode.image"])
    image: torch.Tensor = outcome["decode.image"]
    return image


def test_it_draws_what_the_processor_draws() -> None:
    expected = picture()
    with FakeDevice(memory=128 * MIB) as device:
        made = picture()
        assert str(made.device) == device.name
        # Sums run in another order where a tensor was copied to other strides.
        assert_images_close(made, expected, atol=1e-3)
        assert 0 < device.used <= device.peak


def test_a_device_without_room_for_the_model_says_so() -> None:
    with (
        FakeDevice(memory=8 * MIB) as device,
        pytest.raises(DeviceMemoryError, match=r"model\.load_checkpoint.*fake:0 has no room"),
    ):
        picture()
    assert device.released == 1
