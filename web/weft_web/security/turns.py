"""Taking turns at what costs memory: so many at once, whoever asks."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary


class Turns:
    """A semaphore of each event loop's own; nothing to make at start or to close."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
        self._loops = WeakKeyDictionary()

    def __call__(self) -> asyncio.Semaphore:
        """The running loop's semaphore, to be entered with `async with`."""
        return self._loops.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._at_once))
