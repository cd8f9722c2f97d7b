"""What plugins bring for the editor: files in a folder of their packages, served as they are.

Nothing of a plugin is imported. The address of its files has a digest of all of them, so that a
browser may keep each for ever, and never mixes those of two versions.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from weft import InputError, WebAssets, confined, packaged_folder
from weft_web.api.static import TYPES, StaticFile, read_static

MOST_FILES = 1000  # of one plugin; and
MOST_BYTES = 32 << 20  # of all its files together
# A plugin's pages would be pages of this server.
SERVED = frozenset(TYPES) - {".html"}


@dataclass(frozen=True, slots=True)
class Extension:
    """What one plugin brings. widgets: the address of each one's module, by name."""

    plugin: str
    url: str
    widgets: dict[str, str]


class Extensions:
    """The web assets of the installed plugins. The methods block: call them in a thread."""

    def __init__(self, assets: Mapping[str, WebAssets]) -> None:
        self._assets = dict(assets)

    def list(self) -> list[Extension]:
        """All of them that are there, by the plugins' names."""
        found = []
        for plugin in sorted(self._assets):
            folder = self._folder(plugin)
            digest = None if folder is None else _digest(folder)
            if digest is None:
                continue
            url = f"/ext/{quote(plugin, safe='')}/{digest}/"
            widgets = self._assets[plugin].widgets
            named = {name: url + quote(module) for name, module in widgets.items()}
            found.append(Extension(plugin, url, named))
        return found

    def file(self, plugin: str, digest: str, name: str) -> StaticFile | None:
        """A file of a plugin; None where there is none, or it is of another version."""
        folder = self._folder(plugin)
        if folder is None or _digest(folder) != digest:
            return None
        try:
            path = confined(folder, name)
        except InputError:
            return None
        return read_static(path) if path.suffix in SERVED else None

    def _folder(self, plugin: str) -> Path | None:
        assets = self._assets.get(plugin)
        folder = None if assets is None else packaged_folder(assets.folder)
        return folder if folder is not None and folder.is_dir() else None


def _digest(folder: Path) -> str | None:
    """Of everything that may be served; None where that is too much."""
    digest = hashlib.sha256()
    size = count = 0
    for name, path in _files(folder):
        try:
            size += path.stat().st_size
            count += 1
            if count > MOST_FILES or size > MOST_BYTES:
                return None
            file = read_static(path)
        except OSError:
            continue
        if file is not None:
            digest.update(f"{name} {file.digest}\n".encode())
    return digest.hexdigest()[:32]


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(current) / name
            if path.suffix in SERVED and not name.startswith("."):
                yield path.relative_to(folder).as_posix(), path
