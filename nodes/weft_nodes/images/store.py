"""Putting new files into the output folder: confined, numbered, whole or not at all."""

from __future__ import annotations

import errno
import os
import re
from hashlib import sha256
from pathlib import Path

from weft import InputError, confined, write_atomically

PREVIEWS = ".previews"
KEPT_PREVIEWS = 200
NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def save_numbered(folder: Path, prefix: str, suffix: str, content: bytes) -> Path:
    """Write a new file `prefix_00001.suffix`, with the number after the highest that is there.

    Never overwrites, also where several runs write at once. Raises InputError where the prefix
    leaves the folder, the folder cannot be written or the disk is full; nothing is left then.
    """
    path = confined(folder, prefix)
    target = path.parent
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{target} cannot be made: {error.strerror or error}") from error
    temporary = target / f".tmp-{os.getpid()}-{os.urandom(6).hex()}"
    # Also fsyncs, so that a name that was given out never holds half a file.
    write_atomically(temporary, content)
    try:
        return _named(temporary, target, path.name, suffix)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _named(temporary: Path, folder: Path, stem: str, suffix: str) -> Path:
    """Give the file the next free name. Who comes second takes the number after."""
    number = _highest(folder, stem)
    while True:
        number += 1
        final = folder / f"{stem}_{number:05}{suffix}"
        try:
            os.link(temporary, final)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            if not _claimed(final):
                continue
            temporary.replace(final)
        return final


def _claimed(final: Path) -> bool:
    """Take a name where the file system knows no hard links."""
    try:
        os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        return False
    return True


def _highest(folder: Path, stem: str) -> int:
    numbered = re.compile(re.escape(stem) + r"_(\d{5,})\.\w+")
    found = (numbered.fullmatch(one.name) for one in folder.iterdir())
    return max((int(match[1]) for match in found if match), default=0)


def save_preview(folder: Path, content: bytes) -> Path:
    """Write a picture to `.previews`, named by its content; the oldest give way to new ones."""
    target = folder / PREVIEWS
    path = target / f"{sha256(content).hexdigest()[:20]}.png"
    write_atomically(path, content)
    try:
        old = sorted(target.glob("*.png"), key=lambda one: one.stat().st_mtime, reverse=True)
        for one in old[KEPT_PREVIEWS:]:
            one.unlink(missing_ok=True)
    except FileNotFoundError:
        pass  # another run cleared up at the same time
    return path
