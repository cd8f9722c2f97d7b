"""Running parts of a check in child processes, which may hang, exit or crash."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STEP = 0.02  # seconds between looks


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child said, line by line, and how it ended.

    status: its exit status; None where it was stopped because it said nothing for too long.
    said: the end of what it printed.
    """

    lines: tuple[Any, ...]
    status: int | None
    said: str

    @property
    def end(self) -> str:
        """How it ended, in words."""
        if self.status is None:
            return "it took too long and was stopped"
        if self.status < 0:
            with contextlib.suppress(ValueError):
                return f"its process was killed by {signal.Signals(-self.status).name}"
        return f"its process ended with status {self.status}"


def ask(task: str, question: Any, *, patience: float, folder: Path | None = None) -> Answer:
    """Run a task of `weft.plugin_check.child` and collect the JSON lines that it answers with.

    patience: seconds that may pass without a new line.
    folder: its current folder; an empty one of its own where none is given.
    """
    with tempfile.TemporaryDirectory(prefix="weft-check-", ignore_cleanup_errors=True) as own:
        asked, answer, said = (Path(own) / name for name in ("asked", "answer", "said"))
        asked.write_text(json.dumps(question), "utf-8")
        answer.touch()
        here = folder or Path(own) / "here"
        here.mkdir(exist_ok=True)
        # -P: what lies in the current folder must not pass for a module.
        command = [sys.executable, "-P", "-m", "weft.plugin_check.child", task]
        with said.open("wb") as sink:
            # What a listener writes down of runs must not be of these.
            environment = _environment() | {"WEFT_PLUGIN_DATA": str(Path(own) / "plugins")}
            whole = [*command, str(asked), str(answer)]
            status = _wait(whole, here, environment, sink, answer, patience)
        texts = answer.read_text("utf-8").splitlines()
        return Answer(tuple(_lines(texts)), status, said.read_text("utf-8", "replace")[-4000:])


def _wait(
    command: list[str],
    here: Path,
    environment: dict[str, str],
    sink: Any,
    answer: Path,
    patience: float,
) -> int | None:
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sink,
        stderr=sink,
        cwd=here,
        env=environment,
        start_new_session=True,
    )
    try:
        size, since = 0, time.monotonic()
        while child.poll() is None:
            now = answer.stat().st_size
            if now != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > patience:
                return None
            time.sleep(STEP)
        return child.returncode
    finally:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
        child.wait()


def _environment() -> dict[str, str]:
    """The environment, with a path that means the same in another current folder."""
    found = dict(os.environ)
    path = found.get("PYTHONPATH")
    if path:
        parts = [str(Path(one).absolute()) for one in path.split(os.pathsep) if one]
        found["PYTHONPATH"] = os.pathsep.join(parts)
    return found


def _lines(texts: list[str]) -> list[Any]:
    found = []
    for text in texts:
        with contextlib.suppress(ValueError):  # the last line of a child that was killed
            found.append(json.loads(text))
    return found
