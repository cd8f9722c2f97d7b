"""Whether a disk has room again."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from weft_web.store.reserve import allocate


def make_room(folder: Path, size: int) -> None:
    """Take `size` bytes in a folder and give them back. Raises OSError where there is no room.

    Free space as the system tells it does not count quotas and limits of the process; this does.
    """
    path = folder / f".tmp-probe-{secrets.token_hex(6)}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        allocate(handle, size)
    finally:
        os.close(handle)
        path.unlink(missing_ok=True)
