"""What a worker process has to say, put together so that a busy job costs few messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

PROGRESS_EVERY = 0.05  # seconds; people see no more, and the newest says it all


class Outbox:
    """Messages from any thread, sent by the event loop: all that there are at each turn.

    Of a node's progress only the newest is sent, and never after the node's end.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, send: Callable[[list[list[Any]]], None]
    ) -> None:
        self._loop = loop
        self._send = send
        self._lock = threading.Lock()
        self._messages: list[list[Any]] = []
        self._progress: dict[tuple[int, str], dict[str, Any]] = {}
        self._soon = False
        self._later = False

    def put(self, message: list[Any], settles: tuple[int, str | None] | None = None) -> None:
        """Send a message soon.

        settles: an attempt and its node, or None for all of its nodes, whose progress is told
            before this.
        """
        with self._lock:
            if settles is not None and self._progress:
                self._settle(*settles)
            self._messages.append(message)
            if self._soon:
                return
            self._soon = True
        self._loop.call_soon_threadsafe(self._flush)

    def progress(self, number: int, node: str, data: dict[str, Any]) -> None:
        """Send a node's progress before long, unless it has come further by then."""
        with self._lock:
            self._progress[number, node] = data
            if self._later:
                return
            self._later = True
        self._loop.call_soon_threadsafe(self._loop.call_later, PROGRESS_EVERY, self._late)

    def _settle(self, number: int, node: str | None) -> None:
        for key in [one for one in self._progress if one[0] == number and node in (None, one[1])]:
            self._messages.append(["event", number, self._progress.pop(key)])

    def _late(self) -> None:
        with self._lock:
            self._later = False
            for (number, _), data in self._progress.items():
                self._messages.append(["event", number, data])
            self._progress.clear()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            batch, self._messages = self._messages, []
            self._soon = False
        if batch:
            self._send(batch)
