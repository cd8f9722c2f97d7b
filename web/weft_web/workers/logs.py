"""What a worker process logs goes into the server's log, in the server's form."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

MOST = 100  # records a second; a node that logs in a loop must not fill the disk
LONGEST = 8000  # characters of one record


class ForwardedLog(logging.Handler):
    """Sends each record as {"log": [level, logger, text]}, so many of them in a second."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._send = send
        self._second = 0.0
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        if now - self._second >= 1:
            self._say_missing()
            self._second, self._count = now, 0
        self._count += 1
        if self._count > MOST:
            return
        try:
            text = self.format(record)[:LONGEST]
            self._send({"log": [record.levelno, record.name, text]})
        except Exception:
            self.handleError(record)

    def _say_missing(self) -> None:
        if self._count > MOST:
            text = f"{self._count - MOST} more records within a second were left out"
            self._send({"log": [logging.WARNING, "weft.worker", text]})


def log_again(level: int, name: str, text: str) -> None:
    """Log, in the server, what a worker logged."""
    logging.getLogger(name).log(level, "%s", text)
