"""Places where a test may have the process killed, to see what a power cut would leave.

`WEFT_FAILPOINT="submit.before_commit"` kills the process, as `kill -9` does, when it first passes
that place; `"submit.before_commit:3"` at the third passage. Where the variable is not set, passing
costs nothing. `LABELS` names every place, so that a test can walk through all of them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from typing import Final

# Kinds of writes; each has a place before and one after its commit.
KINDS: Final = (
    "open",
    "submit",
    "claim",
    "append",
    "finish",
    "release",
    "lost",
    "cancel",
    "retry",
    "move",
    "delete",
    "recover",
    "save",
    "rename",
    "remove",
    "upload",
    "forget",
    "sweep",
    "prune",
    "webhook",
    "close",
)
LABELS: Final = (
    *(f"{kind}.{side}_commit" for kind in KINDS for side in ("before", "after")),
    "blob.before_fsync",
    "blob.after_fsync",
    "blob.after_rename",
    "blob.after_folder_fsync",
    "checkpoint.before",
    "checkpoint.after",
)


def _parsed(value: str) -> tuple[str, int]:
    label, _, count = value.partition(":")
    if label not in LABELS:
        raise ValueError(f"WEFT_FAILPOINT names no place: {label!r}; expected one of {LABELS}")
    return label, int(count or "1")


_value = os.environ.get("WEFT_FAILPOINT", "")
armed: Final = bool(_value)
_label, _left = _parsed(_value) if armed else ("", 0)


def passing(label: str) -> None:
    """Die here if the environment says so."""
    global _left
    if label != _label:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def passing_all(kinds: Iterable[str], side: str) -> None:
    """Pass the places of several kinds of writes that share one commit. Ask `armed` first."""
    for kind in dict.fromkeys(kinds):
        passing(f"{kind}.{side}_commit")
