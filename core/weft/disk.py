"""The disk tier of the cache: safetensors files and an index, surviving restarts.

Several processes may share one folder: the index is SQLite, files are renamed into place. Nothing
here ever fails a run: a full disk, a read-only folder or a damaged file is a miss and a warning.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any

from weft import clock
from weft.values import UnstorableError, pack, unpack

log = logging.getLogger("weft.cache")
SCHEMA = """
CREATE TABLE IF NOT EXISTS value (
    key TEXT PRIMARY KEY, bytes INTEGER NOT NULL, seconds REAL NOT NULL,
    used REAL NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID;
"""
VERSION = 1  # of the stored form; another version's folder is not read


class DiskTier:
    """Values on disk by key, within a byte budget.

    folder: made if it is not there, readable only by its owner.
    budget: most bytes of value files.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self.folder = folder / f"values-{VERSION}"
        self.budget = budget
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._broken = budget <= 0

    def where(self, keys: list[str]) -> set[str]:
        """Which of the keys are stored."""
        if not keys or not self._ready():
            return set()
        found: set[str] = set()
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._ask(f"SELECT key FROM value WHERE key IN ({marks})", part)
            found |= {row[0] for row in rows}
        return found

    def get(self, key: str, device: str) -> tuple[Any, float] | None:
        """A value and the seconds it took to make, or None. A damaged file is removed.

        Raises what the device raises where it has no room for the value.
        """
        if not self._ready():
            return None
        rows = self._ask("SELECT digest, seconds FROM value WHERE key = ?", [key])
        if not rows:
            return None
        digest, seconds = rows[0]
        try:
            content = self._path(key).read_bytes()
            if hashlib.blake2b(content, digest_size=20).hexdigest() != digest:
                raise ValueError("its content does not match its digest")
            value = unpack_value(content, device)
        except Exception as error:
            if device != "cpu" and isinstance(error, RuntimeError):
                raise  # the device's fault, such as too little room, and not the file's
            log.warning("a cached value could not be read and is dropped: %s", error)
            self.remove(key)
            return None
        self._ask("UPDATE value SET used = ? WHERE key = ?", [clock.now(), key])
        return value, seconds

    def put(self, key: str, value: Any, seconds: float) -> bool:
        """Store a value; False where it cannot be."""
        if not self._ready():
            return False
        try:
            content = pack_value(value)
        except UnstorableError:
            return False
        if len(content) > self.budget:
            return False
        try:
            self._write(self._path(key), content)
        except OSError as error:
            log.warning("the disk cache cannot be written and rests: %s", error)
            self._broken = True
            return False
        digest = hashlib.blake2b(content, digest_size=20).hexdigest()
        row = [key, len(content), seconds, clock.now(), digest]
        self._ask("INSERT OR REPLACE INTO value VALUES (?, ?, ?, ?, ?)", row)
        self._shrink()
        return True

    def remove(self, key: str) -> None:
        """Forget a value."""
        self._ask("DELETE FROM value WHERE key = ?", [key])
        self._path(key).unlink(missing_ok=True)

    def usage(self) -> tuple[int, int]:
        """How many values are stored, and their bytes."""
        if not self._ready():
            return 0, 0
        rows = self._ask("SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM value", [])
        return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)

    def clear(self) -> None:
        """Forget everything."""
        if not self._ready():
            return
        self._ask("DELETE FROM value", [])
        for path in self.folder.glob("*/*.safetensors"):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the index."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _ready(self) -> bool:
        if self._broken:
            return False
        with self._lock:
            if self._connection is None:
                try:
                    self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                    self._connection = sqlite3.connect(
                        self.folder / "index.sqlite",
                        timeout=10,
                        check_same_thread=False,
                        isolation_level=None,
                    )
                    # A cache may lose its last entries with the power; it must not cost fsyncs.
                    self._connection.execute("PRAGMA journal_mode=WAL")
                    self._connection.execute("PRAGMA synchronous=NORMAL")
                    self._connection.executescript(SCHEMA)
                except (OSError, sqlite3.Error) as error:
                    log.warning("the disk cache cannot be opened and rests: %s", error)
                    self._broken = True
                    self._connection = None
        return not self._broken

    def _ask(self, statement: str, values: list[Any]) -> list[Any]:
        with self._lock:
            if self._connection is None:
                return []
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                log.warning("the index of the disk cache failed: %s", error)
                return []

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _shrink(self) -> None:
        _, held = self.usage()
        if held <= self.budget:
            return
        # What is quickest to make again per byte goes first; an hour unused halves its worth.
        worth = "(seconds / MAX(bytes, 1)) / (1 + MAX(? - used, 0) / 3600.0)"
        rows = self._ask(f"SELECT key, bytes FROM value ORDER BY {worth}, used", [clock.now()])
        for key, size in rows:
            if held <= self.budget:
                break
            self.remove(key)
            held -= size


def pack_value(value: Any) -> bytes:
    """A value as the bytes of a safetensors file. Raises UnstorableError, a ValueError."""
    structure, tensors = pack(value)
    notes = {"weft": json.dumps(structure)}
    if not tensors:
        from safetensors import serialize

        return bytes(serialize({}, notes))
    from safetensors.torch import save

    return save(tensors, notes)


def unpack_value(content: bytes, device: str) -> Any:
    """The inverse of `pack_value`. Raises ValueError, KeyError or TypeError for anything else.

    device: where tensors that were not in host memory go.
    """
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    structure = json.loads(header.pop("__metadata__")["weft"])
    if not header:  # no tensor: nothing needs torch
        return unpack(structure, {}, device)
    from safetensors.torch import load

    return unpack(structure, load(content), device)
