"""The child process of a check: `python -m weft.plugin_check.child TASK QUESTION ANSWER`.

QUESTION is a file with JSON; every line of JSON that the task gives is appended to ANSWER at once,
so that what it said before a crash is known.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

Task = Callable[[Any], Iterator[Any]]
TASKS = {
    "describe": "weft.plugin_check.describing:describe",
    "exercise": "weft.plugin_check.exercising:exercise",
    "example": "weft.plugin_check.example_runs:run_example",
    "build": "weft.plugin_check.building:build_wheel",
}


def main(task: str, question: str, answer: str) -> None:
    """Run a task to its end."""
    module, _, name = TASKS[task].partition(":")
    function: Task = getattr(import_module(module), name)
    with Path(answer).open("a", encoding="utf-8") as sink:
        for line in function(json.loads(Path(question).read_text("utf-8"))):
            sink.write(json.dumps(line, default=repr) + "\n")
            sink.flush()
    sys.stdout.flush()
    os._exit(0)  # without waiting for threads that the plugin may have left behind


if __name__ == "__main__":
    main(*sys.argv[1:])
