"""The built editor: its page, and the files that the page loads.

Files are read when they are first asked for, and kept, small and compressed. Those under `assets`
carry a digest of their content in their names: what one of them says never changes.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from weft import InputError, confined

BUILT = Path(__file__).parent.parent / "static"
LEVEL = 9
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
WORTH_PACKING = (".css", ".html", ".js", ".json", ".svg")


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file of the editor. packed: the same compressed, where that makes it smaller."""

    content: bytes
    packed: bytes | None
    mime: str
    digest: str


class Editor:
    """The built editor in a folder, if it is there. Its methods block: call them in a thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = BUILT if folder is None else folder

    def page(self) -> BuiltFile | None:
        """The page; None where the editor is not built."""
        return self._read(self.folder / "index.html")

    def icon(self) -> BuiltFile | None:
        """The page's icon."""
        return self._read(self.folder / "icon.svg")

    def asset(self, name: str) -> BuiltFile | None:
        """What the page loads by that name; None where there is no such file."""
        try:
            return self._read(confined(self.folder / "assets", name))
        except InputError:
            return None

    def _read(self, path: Path) -> BuiltFile | None:
        try:
            stat = path.stat()
            return _read(path, stat.st_mtime_ns, stat.st_size)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


@lru_cache(maxsize=256)
def _read(path: Path, modified: int, size: int) -> BuiltFile | None:
    """A file as it was when it had this time and size."""
    mime = TYPES.get(path.suffix)
    if mime is None:
        return None
    content = path.read_bytes()
    packed = gzip.compress(content, LEVEL, mtime=0) if path.suffix in WORTH_PACKING else content
    digest = hashlib.sha256(content).hexdigest()[:32]
    return BuiltFile(content, packed if len(packed) < len(content) else None, mime, digest)
