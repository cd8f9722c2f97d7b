"""Keeping step with a device that only queues what it is asked for."""

from __future__ import annotations

import torch
from torch import Tensor


class Pace:
    """Lets the processor run at most one step ahead of a CUDA device.

    Launching a step takes less time than computing it. Without a limit all steps of a run are
    queued in a moment: progress tells of work that has not begun, and neither a cancelled run nor
    other jobs on the device get their turn before the last step. Waiting for every step would leave
    the device idle while the next one is launched. Elsewhere a step is done when its call returns.
    """

    def __init__(self) -> None:
        self._last: torch.cuda.Event | None = None

    def step(self, state: Tensor) -> None:
        """Mark the end of a step that gave `state`, and wait for the end of the one before."""
        if not state.is_cuda:
            return
        mark = torch.cuda.current_stream(state.device).record_event()
        if self._last is not None:
            self._last.synchronize()
        self._last = mark
