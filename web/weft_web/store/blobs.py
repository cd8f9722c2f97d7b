"""Files by their content's SHA-256: written to a temporary name, fsynced, renamed, never changed.

`ab/cdef...` holds the content whose digest is `abcdef...`. A name is a promise: whatever lies under
it is whole, for the rename comes after the fsync and the row that names it after the rename.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from weft import InputError
from weft_web.store import failpoints
from weft_web.store.database import told_when_full
from weft_web.workers.pool import Content

CHUNK: Final = 1024 * 1024
TEMPORARY: Final = ".tmp-"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# Held to find that content is here already, and to remove it; one for every Blobs of a folder.
_sweeping: Final = threading.Lock()


class Blobs:
    """The files of one folder. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        """Where the content with this digest lies, if it does. Raises InputError for no digest."""
        if not _DIGEST.fullmatch(sha256):
            raise InputError(f"{sha256!r} is no SHA-256 digest: expected 64 hexadecimal digits")
        return self.folder / sha256[:2] / sha256[2:]

    def has(self, sha256: str) -> bool:
        """Whether the content is here."""
        return self.path(sha256).is_file()

    async def add(self, content: Content) -> tuple[str, int]:
        """Take content in: its digest and size. Raises StorageFullError."""
        local = content.path()
        if local is not None:
            return await asyncio.to_thread(self.add_file, Path(local))
        with Writer(self) as writer:
            async for piece in content.chunks():
                await asyncio.to_thread(writer.write, piece)
            return await asyncio.to_thread(writer.keep)

    def add_bytes(self, data: bytes) -> tuple[str, int]:
        """Take bytes in: their digest and size. Raises StorageFullError."""
        with Writer(self) as writer:
            writer.write(data)
            return writer.keep()

    def add_file(self, source: Path) -> tuple[str, int]:
        """Take a file in, by moving it where that can be done: its digest and size.

        Raises StorageFullError, and InputError for a link or whatever else is not a plain file.
        """
        with told_when_full():
            handle = _opened(source)
            with os.fdopen(handle, "rb") as file:
                about = os.fstat(handle)
                # A file with a second name could be changed under its digest.
                if about.st_nlink == 1 and about.st_dev == self.folder.stat().st_dev:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    os.fchmod(handle, 0o600)
                    os.utime(handle)  # a sweep goes by this time
                    return self._kept(source, handle, digest, about.st_size)
                with Writer(self) as writer:
                    while piece := file.read(CHUNK):
                        writer.write(piece)
                    kept = writer.keep()
            source.unlink(missing_ok=True)
            return kept

    def _kept(self, temporary: Path, handle: int, digest: str, size: int) -> tuple[str, int]:
        """Give a written file its name, after its bytes are on the disk."""
        place = self.path(digest)
        if not self._is_here(place, size):
            failpoints.passing("blob.before_fsync")
            os.fsync(handle)
            failpoints.passing("blob.after_fsync")
            if not place.parent.is_dir():
                place.parent.mkdir(exist_ok=True, mode=0o700)
                _sync_folder(self.folder)
            temporary.replace(place)
            failpoints.passing("blob.after_rename")
        else:
            temporary.unlink(missing_ok=True)
        # Also where another thread renamed it: its fsync may still be ahead.
        _sync_folder(place.parent)
        failpoints.passing("blob.after_folder_fsync")
        return digest, size

    @staticmethod
    def _is_here(place: Path, size: int) -> bool:
        """Whether the content is here; if so, a sweep takes it for new."""
        with _sweeping:
            try:
                if place.stat().st_size != size:
                    return False
                os.utime(place)
            except FileNotFoundError:
                return False
        return True

    def old(self, older_s: float) -> Iterator[str]:
        """Digests of files that nobody added within `older_s` seconds."""
        limit = time.time() - older_s
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            digest = path.parent.name + path.name
            with contextlib.suppress(FileNotFoundError):
                if _DIGEST.fullmatch(digest) and path.stat().st_mtime < limit:
                    yield digest

    def remove(self, digests: Iterable[str], older_s: float) -> int:
        """Remove files, but for those that were added again meanwhile; how many went."""
        count, limit = 0, time.time() - older_s
        for digest in digests:
            path = self.path(digest)
            with _sweeping, contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    path.unlink()
                    count += 1
        return count

    def remove_temporary(self, older_s: float = 0.0) -> int:
        """Remove what writes that never ended left behind; how many files it were."""
        count, limit = 0, time.time() - older_s
        for path in self.folder.glob(f"{TEMPORARY}*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime <= limit:
                    path.unlink()
                    count += 1
        return count


class Writer:
    """Content that comes in pieces. Left without `keep`, nothing stays behind."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._path = blobs.folder / f"{TEMPORARY}{secrets.token_hex(12)}"
        self._digest = hashlib.sha256()
        self._handle: int | None = None
        self.size = 0

    def __enter__(self) -> Writer:
        with told_when_full():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            self._handle = os.open(self._path, flags, 0o600)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        self._path.unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        """Add bytes. Raises StorageFullError."""
        assert self._handle is not None
        self._digest.update(piece)
        view = memoryview(piece)
        with told_when_full():
            while view:
                view = view[os.write(self._handle, view) :]
        self.size += len(piece)

    def keep(self) -> tuple[str, int]:
        """Make it durable: its digest and size. Raises StorageFullError."""
        assert self._handle is not None
        keep: Callable[..., tuple[str, int]] = self._blobs._kept
        with told_when_full():
            return keep(self._path, self._handle, self._digest.hexdigest(), self.size)


def _opened(path: Path) -> int:
    """Open a plain file, and nothing else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(f"{path.name} cannot be taken in: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(f"{path.name} is no plain file")
    return handle


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
