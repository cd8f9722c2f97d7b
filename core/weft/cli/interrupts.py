"""Ctrl-C: once to cancel at the next step, twice to stop at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
HINT = b"\ncancelling at the next step; once more stops at once\n"
SHOW_CURSOR = b"\x1b[?25h\n"


class Interrupts:
    """While entered, the first SIGINT or SIGTERM cancels and the second ends the process.

    signal: the number of the signal that came, or 0.
    """

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._before: dict[signal.Signals, Any] = {}
        self.signal = 0

    @property
    def exit_code(self) -> int:
        """What a process that a signal ended exits with; 0 where none came."""
        return 128 + self.signal if self.signal else 0

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._handle) for one in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # A handler may interrupt a write to sys.stderr, which must not be entered twice.
        if self.signal:
            if sys.stderr.isatty():
                os.write(2, SHOW_CURSOR)
            os._exit(128 + number)
        self.signal = number
        os.write(2, HINT)
        self._cancel()
