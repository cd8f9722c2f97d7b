"""`--json`: the events of a run as lines of JSON on stdout, and nothing else there."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from weft.events import Event, EventLog


class JsonLines:
    """Writes each event of a log once, in order, whichever threads report them.

    on_broken: called once nobody reads any more.
    """

    def __init__(self, log: EventLog, stream: TextIO, on_broken: Callable[[], None]) -> None:
        self._log = log
        self._stream = stream
        self._on_broken = on_broken
        self._lock = threading.Lock()
        self._written = 0
        self.broken = False

    def __call__(self, event: Event | None = None) -> None:
        """Write what is new. Threads may report out of order; the log is in order."""
        with self._lock:
            if self.broken:
                return
            try:
                for one in self._log.since(self._written):
                    self._stream.write(json.dumps(one.as_dict(), default=str) + "\n")
                    self._written = one.seq
                self._stream.flush()
            except OSError:
                self.broken = True
        if self.broken:
            self._on_broken()


@contextmanager
def claimed_stdout() -> Iterator[TextIO]:
    """Stdout for the events alone: what nodes and libraries print goes to stderr meanwhile."""
    sys.stdout.flush()
    stream = sys.stdout
    is_process_stdout = stream is sys.__stdout__
    if not is_process_stdout:
        with redirect_stdout(sys.stderr):
            yield stream
        return
    kept = os.dup(1)
    os.dup2(2, 1)
    own = os.fdopen(os.dup(kept), "w", encoding="utf-8", newline="\n")
    try:
        yield own
    finally:
        with suppress(OSError):
            own.close()
        stream.flush()
        os.dup2(kept, 1)
        os.close(kept)
