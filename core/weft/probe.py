"""Asking plugins in child processes, which may not come back: several at a time.

As many run as there are cores. One that takes long mostly waits for something, so after a second
it lets another begin beside it: a plugin that hangs costs its time limit once, whatever else is
installed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PATIENCE = 1.0  # seconds after which another may begin
EVERY = 0.005  # seconds between looks
SAID = 4000  # characters of what a child wrote that are kept


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question.

    text: what the child answered; None where it did not.
    status: how it ended; None where it took too long.
    said: the end of what it printed.
    """

    text: str | None
    status: int | None
    said: str


def ask(module: str, questions: Iterable[Sequence[str]], limit: float) -> list[Answer]:
    """Run `python -m module *question FILE` for each question; a child answers in its FILE.

    limit: seconds that each may take. Raises OSError where there is no room or no process.
    """
    with tempfile.TemporaryDirectory(prefix="weft-", ignore_cleanup_errors=True) as folder:
        children = [
            _Child(module, question, Path(folder) / f"{number}.json", limit)
            for number, question in enumerate(questions)
        ]
        try:
            _run(children)
            return [one.answer() for one in children]
        finally:
            for one in children:
                one.end()


def _run(children: Sequence[_Child]) -> None:
    waiting = list(reversed(children))
    running: list[_Child] = []
    cores = os.cpu_count() or 1
    while waiting or running:
        while waiting and sum(one.age < PATIENCE for one in running) < cores:
            child = waiting.pop()
            child.start()
            running.append(child)
        time.sleep(EVERY)
        running = [one for one in running if not one.is_over()]


@dataclass
class _Child:
    module: str
    question: Sequence[str]
    file: Path
    limit: float
    status: int | None = None
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _said: bytearray = field(default_factory=bytearray)

    @property
    def age(self) -> float:
        return time.monotonic() - self._started

    def start(self) -> None:
        # -P: what lies in the current folder must not pass for a module.
        command = [sys.executable, "-P", "-m", self.module, *self.question, str(self.file)]
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        # A thread, because what it started may hold the pipe open after its end.
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    def _listen(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError), pipe:
            while piece := os.read(pipe.fileno(), 1 << 16):
                self._said += piece
                del self._said[:-SAID]

    def is_over(self) -> bool:
        """Whether it has ended, or had its time; then what it started ends with it."""
        assert self._process is not None
        self.status = self._process.poll()
        if self.status is None and self.age < self.limit:
            return False
        self.end()
        return True

    def end(self) -> None:
        """End it, and what it started."""
        if self._process is None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            elif self._process.poll() is None:
                self._process.kill()
        self._process.wait()

    def answer(self) -> Answer:
        text = None
        if self.status is not None:
            with contextlib.suppress(OSError, ValueError):
                text = self.file.read_text("utf-8")
        return Answer(text, self.status, bytes(self._said).decode("utf-8", "replace"))


def status_text(status: int) -> str:
    """An exit status for people: "3", "-11 (SIGSEGV)"."""
    try:
        return f"{status} ({signal.Signals(-status).name})" if status < 0 else str(status)
    except ValueError:
        return str(status)
