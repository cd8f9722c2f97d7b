"""Files that are served to browsers as they are: the editor's, and those that plugins bring.

They are read when they are first asked for, and kept, small ones also compressed.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LEVEL = 9
TYPES = {
    ".css": "text/css",
    ".gif": "image/gif",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
WORTH_PACKING = frozenset({".css", ".html", ".js", ".json", ".mjs", ".svg"})


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's content. packed: the same compressed, where that makes it smaller."""

    content: bytes
    packed: bytes | None
    mime: str
    digest: str


def read_static(path: Path) -> StaticFile | None:
    """A file as it is now; None where there is none, or none that a page may load. Blocks."""
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


@lru_cache(maxsize=512)
def _read(path: Path, modified: int, size: int) -> StaticFile | None:
    """A file as it was when it had this time and size."""
    mime = TYPES.get(path.suffix)
    if mime is None:
        return None
    content = path.read_bytes()
    packs = path.suffix in WORTH_PACKING
    packed = gzip.compress(content, LEVEL, mtime=0) if packs else content
    digest = hashlib.sha256(content).hexdigest()[:32]
    return StaticFile(content, packed if len(packed) < len(content) else None, mime, digest)
