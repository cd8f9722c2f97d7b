"""What waits for room: the queue while the disk is full, and writes that are tried again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from weft_web.errors import StorageFullError
from weft_web.jobs.space import make_room

T = TypeVar("T")

STORAGE_RETRY = 2.0  # seconds between tries while there is no room
SPARE = 1024 * 1024  # bytes that must be free before the queue goes on
COMPLAIN_EVERY = 60.0

_log = logging.getLogger("weft.jobs")


class Room:
    """Knows whether the disk is full, and looks every now and then. Belongs to one event loop.

    on_change: called when `full` has changed. later: calls something in so many seconds.
    full: why the queue waits; None where there is room.
    """

    def __init__(
        self,
        folder: Path,
        later: Callable[[float, Callable[[], None]], None],
        on_change: Callable[[], None],
    ) -> None:
        self.full: str | None = None
        self._folder = folder
        self._later = later
        self._on_change = on_change
        self._needed = 0  # bytes that an output had no room for
        self._looking = False
        self._complained = -COMPLAIN_EVERY
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def missing(self, error: str, needed: int = 0) -> None:
        """The disk is full: let the queue wait, and look again."""
        self._needed = max(self._needed, needed)
        if self.full is None:
            now = time.monotonic()
            if now - self._complained > COMPLAIN_EVERY:
                self._complained = now
                _log.error("the queue waits: %s", error)
            self.full = "there is no room to store results; free some, and the queue goes on"
            self._on_change()
        if not self._looking and not self._closing:
            self._looking = True
            self._later(STORAGE_RETRY, self._look_soon)

    async def persistently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do a write, again and again while there is no room. Not after `stop_waiting`."""
        while True:
            try:
                return await work()
            except StorageFullError as error:
                if self._closing:
                    raise
                self.missing(str(error))
                await asyncio.sleep(STORAGE_RETRY)

    def stop_waiting(self) -> None:
        """Nothing is tried again from now on."""
        self._closing = True

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _look_soon(self) -> None:
        self._task = asyncio.create_task(self._look())

    async def _look(self) -> None:
        self._looking = False
        try:
            await asyncio.to_thread(make_room, self._folder, self._needed + SPARE)
        except OSError as error:
            self.missing(str(error))
            return
        # Whether the database can grow too is shown by the next claim.
        self._needed = 0
        self.full = None
        self._on_change()
