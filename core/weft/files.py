"""Folders and files: where things live, what a file's content is, and writing without halves."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import platformdirs

from weft.confine import confined
from weft.errors import InputError
from weft.offers import offered
from weft.suggest import closest

MODEL_SUFFIXES = (".safetensors",)  # and those that plugins read


def cache_dir() -> Path:
    """Where Weft keeps what it can make again; `WEFT_CACHE_DIR` overrides the platform's folder."""
    override = os.environ.get("WEFT_CACHE_DIR")
    return Path(override) if override else Path(platformdirs.user_cache_dir("weft", False))


def plugin_data_dir(plugin: str) -> Path:
    """The folder for what a plugin keeps of its own, which it makes when it writes there.

    In the platform's user data folder; `WEFT_PLUGIN_DATA` names another for all plugins.
    """
    override = os.environ.get("WEFT_PLUGIN_DATA")
    own = Path(platformdirs.user_data_dir("weft", False), "plugins")
    return confined(Path(override) if override else own, plugin)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary name beside it, fsynced, then renamed.

    Raises InputError where the folder cannot be written or the disk is full; nothing is left.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner reads; what a person saves follows the umask.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


@lru_cache(maxsize=1)
def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@dataclass(frozen=True)
class ModelFolders:
    """Where model files are looked for, first match first.

    roots: folders that hold sub-folders named `checkpoints`, `vae`, `loras` and so on.
    """

    subfolders: ClassVar[tuple[str, ...]] = (
        "checkpoints",
        "controlnet",
        "diffusion_models",
        "embeddings",
        "loras",
        "text_encoders",
        "upscale_models",
        "vae",
    )
    roots: tuple[Path, ...]

    @classmethod
    def default(
        cls, extra: Iterable[str | Path] = (), shipped: Iterable[str] | None = None
    ) -> ModelFolders:
        """The folders given, then `WEFT_MODELS`, the config file, the user's, and shipped ones.

        shipped: `package:folder` entries; None asks the catalogue of the installed plugins.
        """
        from weft.config import Config

        named = [Path(one) for one in extra]
        named += [Path(one) for one in os.environ.get("WEFT_MODELS", "").split(os.pathsep) if one]
        named += [Path(one).expanduser() for one in Config.load().models]
        named.append(Path(platformdirs.user_data_dir("weft", False)) / "models")
        if shipped is None:
            from weft.registry import Registry

            shipped = Registry.installed().model_folders
        named += [path for entry in shipped if (path := packaged_folder(entry)) is not None]
        return cls(tuple(dict.fromkeys(named)))

    def find(self, folder: str, name: str) -> Path:
        """The file or diffusers folder of that name. Raises InputError, listing what there is."""
        found = self.lookup(folder, name)
        if found is not None:
            return found
        there = self.list(folder)
        shown = ", ".join(there[:8]) + (" …" if len(there) > 8 else "") if there else "none"
        guess = closest(name, there)
        raise InputError(
            f"no file {name!r} in any {folder!r} folder; there: {shown}"
            + (f" (did you mean {guess!r}?)" if guess else "")
            + f"; looked in {', '.join(str(root / folder) for root in self.roots)}"
        )

    def lookup(self, folder: str, name: str) -> Path | None:
        """As `find`, but None where there is none. Raises InputError for what is no name."""
        for root in self.roots:
            # People link models from other disks into these folders; requests cannot.
            path = confined(root / folder, name, links_out=True)
            if path.exists():
                return path
        return None

    def list(self, folder: str) -> list[str]:
        """The names of the models in a sub-folder: files, and diffusers folders, sorted."""
        names: set[str] = set()
        suffixes = (*MODEL_SUFFIXES, *offered("file_readers"))
        for root in self.roots:
            base = root / folder
            if base.is_dir():
                names |= {path.relative_to(base).as_posix() for path in _models_in(base, suffixes)}
        return sorted(names)


def _models_in(base: Path, suffixes: tuple[str, ...]) -> Iterable[Path]:
    for current, folders, files in os.walk(base):
        here = Path(current)
        if "model_index.json" in files:
            folders.clear()
            yield here
            continue
        # What is hidden no name may ask for: downloads under way, other systems' side files.
        folders[:] = [name for name in folders if not name.startswith(".")]
        shown = (name for name in files if not name.startswith("."))
        yield from (here / name for name in shown if name.lower().endswith(suffixes))


def packaged_folder(entry: str) -> Path | None:
    """The folder that `package:folder/inside/it` names; None where there is no such package.

    Imports nothing: the package is one at the top.
    """
    package, _, inside = entry.partition(":")
    if not package.isidentifier():
        return None
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / inside


def file_identity(path: str | Path) -> str:
    """A digest of a file's content, or of every file in a folder.

    The digest is remembered by path, size and times, so a file is read once, not at every plan.
    A path that does not exist gives "missing", so that the node can say so itself.
    """
    path = Path(path)
    if path.is_dir():
        members = sorted(one for one in path.rglob("*") if one.is_file())
        parts = [f"{one.relative_to(path).as_posix()}={_digest(one)}" for one in members]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=20).hexdigest()
    return _digest(path) if path.is_file() else "missing"


def file_sha256(path: str | Path) -> str:
    """The SHA-256 of a file's content, as model hubs publish it; remembered as `file_identity`'s.

    Raises OSError where the file cannot be read.
    """
    return _digest(Path(path), "sha256")


def _digest(path: Path, algorithm: str = "blake2b") -> str:
    stat = path.stat()
    stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    return _remembered_digest(str(path.resolve()), stamp, algorithm)


@lru_cache(maxsize=4096)
def _remembered_digest(path: str, stamp: tuple[int, int, int, int], algorithm: str) -> str:
    # Small files are read again by every process: as quick as asking the database.
    if stamp[0] < 1 << 20:
        return _read_digest(path, algorithm)
    key = path if algorithm == "blake2b" else f"{algorithm}:{path}"
    known = _known_digest(key, stamp)
    if known is None:
        known = _read_digest(path, algorithm)
        _remember_digest(key, stamp, known)
    return known


def _read_digest(path: str, algorithm: str) -> str:
    with Path(path).open("rb") as file:
        if algorithm == "sha256":
            return hashlib.file_digest(file, "sha256").hexdigest()
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()


def _database() -> sqlite3.Connection:
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "digests.sqlite", timeout=5)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS digest (path TEXT PRIMARY KEY, stamp TEXT, digest TEXT)"
    )
    return connection


def _known_digest(path: str, stamp: Sequence[int]) -> str | None:
    try:
        connection = _database()
        with connection:
            row = connection.execute(
                "SELECT digest FROM digest WHERE path = ? AND stamp = ?", (path, repr(stamp))
            ).fetchone()
        connection.close()
    except (OSError, sqlite3.Error):
        return None  # a cache that cannot be read only costs time
    return str(row[0]) if row else None


def _remember_digest(path: str, stamp: Sequence[int], digest: str) -> None:
    try:
        connection = _database()
        with connection:
            connection.execute(
                "INSERT OR REPLACE INTO digest VALUES (?, ?, ?)", (path, repr(stamp), digest)
            )
        connection.close()
    except (OSError, sqlite3.Error):
        return  # likewise
