"""Room that is kept for the day the disk is full.

Then the reserve is given up: jobs that run can still be ended, cancelled and deleted, while new
ones are refused until there is room for the reserve again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

SIZE: Final = 8 * 1024**2


class Reserve:
    """A file that takes up room. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.held = False

    def hold(self) -> None:
        """Take the room. Raises OSError where there is too little."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(handle).st_size < SIZE:
                allocate(handle, SIZE)
            self.held = True
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)

    def give_up(self) -> bool:
        """Give the room back; whether there was any to give."""
        given, self.held = self.held, False
        try:
            if given:
                self._path.unlink(missing_ok=True)
        except OSError:  # a file system that has become read-only
            return False
        return given


def allocate(handle: int, size: int) -> None:
    """Give an empty file so many bytes of the disk. Raises OSError where there is no room."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
        return
    while size > 0:
        size -= os.write(handle, bytes(min(size, 1024**2)))
