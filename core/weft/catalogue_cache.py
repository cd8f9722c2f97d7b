"""Catalogues kept in the cache folder, found again without reading any plugin's source.

A catalogue lies under a digest of its plugin's source and of the versions of what that requires.
Beside them an index keeps, for each plugin, a stamp of the same files (their names, sizes and
times) and the digest that it stood for: while the stamp is the same, nothing is read. A stamp of
files that were just written is not kept, for they may be written again within a tick of the clock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from weft.discovery import Entry
from weft.errors import WeftError
from weft.files import cache_dir, write_atomically
from weft.sources import content_digest, package_root, requirement_versions, source_files

FAILURE_LIMIT = 600.0  # seconds a failure is remembered, so that no start waits for it again
SETTLED = 2.0  # seconds after which a file that was written counts as finished


class CatalogueCache:
    """The catalogues of one interpreter's plugins, as text. Write `save` when done.

    form: changes with the form of a catalogue's data.
    """

    def __init__(self, form: int) -> None:
        self._form = f"{form} {sys.version_info[:2]}"
        self._folder = cache_dir() / "catalogue"
        self._places = _places()
        place = hashlib.blake2b(f"{self._form} {sys.prefix}".encode(), digest_size=6).hexdigest()
        self._file = self._folder / f"index-{place}.json"
        self._index: dict[str, list[str]] = {}
        with contextlib.suppress(OSError, ValueError):
            self._index = dict(json.loads(self._file.read_text("utf-8")))
        self._changed = False

    def digest(self, entry: Entry) -> str:
        """What the catalogue of an entry depends on. Raises OSError, ImportError or ValueError."""
        key = f"{entry.distribution}/{entry.name}"
        stamp = self._stamp(entry)
        known = self._index.get(key)
        if stamp is not None and isinstance(known, list) and known[:1] == [stamp]:
            return known[1]
        environment = (
            f"{self._form} {entry.name} {entry.module} {entry.distribution} {entry.version} "
            f"{requirement_versions(entry.distribution)}"
        )
        found = content_digest(source_files(entry.module), environment)
        if stamp is not None:
            self._index[key] = [stamp, found]
            self._changed = True
        return found

    def _stamp(self, entry: Entry) -> str | None:
        """A stamp of all that the digest is made of; None where it is too fresh to rely on."""
        root = package_root(entry.module)
        if root is None:
            return None
        digest = hashlib.blake2b(f"{self._form} {entry} {root} {self._places}".encode())
        newest = 0
        for path, stat in _files(root):
            newest = max(newest, stat.st_mtime_ns, stat.st_ctime_ns)
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}\n".encode())
        return digest.hexdigest()[:32] if newest < (time.time() - SETTLED) * 1e9 else None

    def read(self, entry: Entry, digest: str) -> Iterator[str]:
        """What is known of an entry: its catalogue, and a failure that is not long ago."""
        with contextlib.suppress(OSError, ValueError):
            yield self._path(entry, digest).read_text("utf-8")
        failure = self._path(entry, digest, failed=True)
        with contextlib.suppress(OSError, ValueError):
            if time.time() - failure.stat().st_mtime < FAILURE_LIMIT:
                yield failure.read_text("utf-8")

    def write(self, entry: Entry, digest: str, text: str, *, failed: bool) -> None:
        """Keep a catalogue. A cache folder that cannot be written only costs time."""
        with contextlib.suppress(WeftError):
            write_atomically(self._path(entry, digest, failed=failed), text.encode())

    def save(self) -> None:
        """Keep the index, where it changed."""
        if self._changed:
            with contextlib.suppress(WeftError):
                write_atomically(self._file, json.dumps(self._index).encode())

    def _path(self, entry: Entry, digest: str, *, failed: bool = False) -> Path:
        name = f"{entry.distribution}-{digest}"
        if failed:
            # Whatever is installed since then may be what it lacked.
            where = hashlib.blake2b(self._places.encode(), digest_size=8).hexdigest()
            name += f"-failed-{where}"
        return self._folder / f"{name}.json"


def _places() -> str:
    """Changes when something is installed or removed."""
    parts = []
    for place in sys.path:
        with contextlib.suppress(OSError):
            parts.append(f"{place} {os.stat(place or '.').st_mtime_ns}")  # noqa: PTH116
    return "\n".join(parts)


def _files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The Python files of a package, or the one of a module."""
    if not root.is_dir():
        yield str(root), root.stat()
        return
    todo = [str(root)]
    while todo:
        with os.scandir(todo.pop()) as found:
            for one in sorted(found, key=lambda one: one.name):
                if one.is_dir(follow_symlinks=False):
                    if one.name != "__pycache__":
                        todo.append(one.path)
                elif one.name.endswith(".py"):
                    yield one.path, one.stat()
