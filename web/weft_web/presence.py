"""How programs of the same person on the same machine find a running server."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from weft import InputError, write_atomically

FILE = "server.json"


@dataclass(frozen=True, slots=True)
class Presence:
    """A running server: its address and process."""

    url: str
    pid: int


@contextmanager
def announced(data_dir: Path, url: str) -> Iterator[None]:
    """Meanwhile, let others find the server. The token is not in the file."""
    path = data_dir / FILE
    try:
        write_atomically(path, json.dumps({"url": url, "pid": os.getpid()}).encode())
    except InputError:
        yield  # on a full disk the server still serves
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def running(data_dir: Path) -> Presence | None:
    """The server that runs with this data folder, as far as can be told."""
    try:
        data = json.loads((data_dir / FILE).read_text("utf-8"))
        found = Presence(str(data["url"]), int(data["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if is_locked(data_dir) else None


def is_locked(data_dir: Path) -> bool:
    """Whether a server has the data folder."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return (data_dir / FILE).exists()
    try:
        with (data_dir / "server.lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def own_token(data_dir: Path) -> str | None:
    """The token that a server made for itself in this data folder, where this user may read it."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (data_dir / "token").read_text("ascii").strip() or None
    return None
