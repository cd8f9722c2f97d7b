"""Taking uploads in: streamed to disk, bounded, known by their content, under names that are free.

A file is written under a temporary name, fsynced, renamed, and only then recorded. What a crash
leaves behind is a temporary file, which the next start removes, or a file without a row, which the
next upload of that name adopts if it has the same content and steps around if not.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from weft import InputError, confined
from weft_web.errors import ApiError
from weft_web.security.content import DOWNLOAD, INLINE, disposition
from weft_web.settings import Limits
from weft_web.store.database import told_when_full
from weft_web.store.records import UploadRow
from weft_web.store.store import Store
from weft_web.store.uploads import over_quota

BLOCK = 1 << 20  # bytes written at once, by a thread
HEAD = 64  # bytes that a type is told by
AT_ONCE = 8  # uploads; more are asked to come back
SILENCE_S = 60.0  # that a client may say nothing
NAMES = 10_000  # tried before there is no free one
SUFFIXES = {
    mime: endings for mime, endings in INLINE.items() if mime.startswith(("image/", "video/"))
}


class Intake:
    """The folder of uploads, and the way into it."""

    def __init__(self, folder: Path, store: Store, limits: Limits) -> None:
        self.folder = folder
        self._store = store
        self._limits = limits
        self._active = 0
        self._coming = 0  # bytes of uploads that are under way
        self._naming = asyncio.Lock()

    def prepare(self) -> None:
        """Make the folder; remove what was left half-written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for one in self.folder.glob(".tmp-*"):
            one.unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Where the upload of that name is. Raises InputError for what is no name."""
        if "/" in name:
            raise InputError(f"{name[:100]!a} cannot be used: an upload's name has no slash")
        return confined(self.folder, name)

    async def receive(
        self, name: str, chunks: AsyncIterator[bytes], announced: int | None = None
    ) -> tuple[UploadRow, bool]:
        """Take a file in; whether it is new. The name may get a number, or its type's ending.

        announced: the bytes that the client says will come.
        Raises ApiError: 413 too large, 415 no picture or video, 429 too many at once, 507 no room
        left; InputError: no name for a file.
        """
        self.path(name)
        if announced is not None and announced > self._limits.upload:
            raise self._too_large()
        if self._active >= AT_ONCE:
            raise ApiError(
                429, "too_many_uploads", f"{AT_ONCE} uploads are under way already",
                headers={"Retry-After": "1"},
            )  # fmt: skip
        self._active += 1
        try:
            return await self._receive(name, chunks)
        finally:
            self._active -= 1

    async def _receive(self, name: str, chunks: AsyncIterator[bytes]) -> tuple[UploadRow, bool]:
        used = await self._store.uploads.used()
        temporary = self.folder / f".tmp-{secrets.token_hex(8)}"
        received = _Received(temporary)
        try:
            await asyncio.to_thread(received.open)
            await self._fill(received, chunks, used)
            mime = _checked_type(received)
            await asyncio.to_thread(received.finish)
            async with self._naming:
                return await self._keep(_fitting(name, mime), mime, received)
        finally:
            self._coming -= received.bytes
            await asyncio.to_thread(received.discard)

    async def _fill(self, received: _Received, chunks: AsyncIterator[bytes], used: int) -> None:
        waiting = bytearray()
        iterator = aiter(chunks)
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    chunk = await anext(iterator)
            except StopAsyncIteration:
                break
            except TimeoutError:
                raise ApiError(408, "timeout", "the upload stood still") from None
            received.bytes += len(chunk)
            self._coming += len(chunk)
            if received.bytes > self._limits.upload:
                raise self._too_large()
            if used + self._coming > self._limits.uploads:
                raise over_quota(self._limits.uploads)
            if len(received.head) < HEAD:
                received.head += chunk[: HEAD - len(received.head)]
                if len(received.head) == HEAD:
                    _checked_type(received)
            waiting += chunk
            if len(waiting) >= BLOCK:
                await asyncio.to_thread(received.write, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(received.write, bytes(waiting))

    def _too_large(self) -> ApiError:
        return ApiError(413, "too_large", f"a file may have {self._limits.upload:,} bytes")

    async def _keep(self, name: str, mime: str, received: _Received) -> tuple[UploadRow, bool]:
        for candidate in _names(name):
            path = self.path(candidate)
            row = await self._store.uploads.get(candidate)
            if row is not None:
                if row.sha256 == received.sha256 and path.is_file():
                    return row, False
                continue
            if not await asyncio.to_thread(received.place, path):
                continue
            try:
                row = await self._store.uploads.add(
                    candidate, received.sha256, received.bytes, mime, quota=self._limits.uploads
                )
            except Exception:  # when cancelled, the row may come yet: it must not lack its file
                path.unlink(missing_ok=True)
                raise
            return row, True
        raise ApiError(409, "conflict", f"there are {NAMES:,} uploads of that name already")

    async def delete(self, name: str) -> None:
        """Delete an upload. Raises ApiError 404."""
        path = self.path(name)
        async with self._naming:
            await self._store.uploads.delete(name)
            await asyncio.to_thread(path.unlink, missing_ok=True)


class _Received:
    """A file that is being received. Its methods block: they are called in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = 0
        self.head = b""
        self.sha256 = ""
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None

    def open(self) -> None:
        """Make the temporary file."""
        with told_when_full():
            self._file = self.path.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        """Add to it."""
        assert self._file is not None
        self._hash.update(data)
        view = memoryview(data)
        with told_when_full():
            while view:
                view = view[self._file.write(view) :]

    def finish(self) -> None:
        """Let it reach the disk."""
        assert self._file is not None
        with told_when_full():
            os.fsync(self._file.fileno())
            self._file.close()
        self.sha256 = self._hash.hexdigest()

    def place(self, path: Path) -> bool:
        """Give it its name. False where another file has it; the same content counts as placed."""
        if path.exists() or path.is_symlink():
            if not path.is_file() or path.is_symlink():
                return False
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != self.sha256:
                    return False
        with told_when_full():
            self.path.replace(path)
            _sync_folder(path.parent)
        return True

    def discard(self) -> None:
        """Remove what has no name."""
        if self._file is not None:
            self._file.close()
        self.path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # a folder cannot be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checked_type(received: _Received) -> str:
    mime, _ = disposition(received.head)
    if mime not in SUFFIXES:
        raise ApiError(
            415,
            "unsupported_media_type",
            f"the file is no picture and no video; expected {', '.join(SUFFIXES)}"
            + (f", got {mime}" if mime != DOWNLOAD else ""),
        )
    return mime


def _fitting(name: str, mime: str) -> str:
    """The name with an ending that says what it is: no program takes it for anything else."""
    sort = mime.partition("/")[0]
    alike = (ending for one in SUFFIXES if one.startswith(sort) for ending in SUFFIXES[one])
    return name if name.lower().endswith(tuple(alike)) else name + SUFFIXES[mime][0]


def _names(name: str) -> Iterator[str]:
    """`cat.png`, `cat-2.png`, `cat-3.png`, ..."""
    yield name
    path = Path(name)
    for number in range(2, NAMES + 1):
        yield f"{path.stem}-{number}{path.suffix}"
