"""Values that are being made right now, so that two runs never make the same one at once."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Inflight:
    """Who makes which key. Runs on one engine share it; they may live on different event loops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[Callable[[], None]]] = {}

    def claim(self, key: str, when_free: Callable[[], None]) -> bool:
        """Claim a key. Where another run has it, `when_free` is called once it lets go."""
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is None:
                self._waiting[key] = []
                return True
            waiting.append(when_free)
            return False

    def release(self, key: str) -> None:
        """Let go of a key that was claimed, whether its value was made or not."""
        with self._lock:
            waiting = self._waiting.pop(key, [])
        for call in waiting:
            call()
