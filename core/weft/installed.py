"""What is installed: the interpreter, torch's build, and distributions with all they require.

Nothing is imported: it is read from the metadata that installers leave.
"""

from __future__ import annotations

import ast
import contextlib
import csv
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pydantic import ValidationError

from weft.errors import InputError
from weft.lock_data import LockedDistribution, LockedPlatform, LockedPython, LockedTorch
from weft.sources import source_files


def python_here() -> LockedPython:
    """The interpreter that this is."""
    return LockedPython(
        implementation=platform.python_implementation(), version=platform.python_version()
    )


def platform_here() -> LockedPlatform:
    """The system and machine that this is."""
    return LockedPlatform(system=platform.system(), machine=platform.machine() or "unknown")


def torch_here() -> LockedTorch | None:
    """The build of torch that is installed, read from its file `version.py`; None without torch."""
    try:
        found = distribution("torch")
    except PackageNotFoundError:
        return None
    build: dict[str, str] = {}
    try:
        text = Path(str(found.locate_file("torch/version.py"))).read_text("utf-8")
        build = dict(_constants(text))
    except (OSError, ValueError, SyntaxError):
        build = {}  # then its metadata says all that is known
    back_ends = {name: build.get(name) for name in ("cuda", "hip", "xpu")}
    try:
        return LockedTorch(version=build.get("__version__", found.version), **back_ends)
    except ValidationError:  # a torch that somebody built, and named as they liked
        return LockedTorch(version=found.version)


def _constants(text: str) -> Iterator[tuple[str, str]]:
    """The texts that a module assigns to names at its top."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            names = [one.id for one in statement.targets if isinstance(one, ast.Name)]
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names = [statement.target.id]
        else:
            continue
        value = statement.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield from ((name, value.value) for name in names)


def distributions_here(roots: Iterable[str]) -> dict[str, LockedDistribution]:
    """The distributions of those names, and all that they require here, by normalised name.

    What is required and not installed is there too, without a version. Markers are evaluated for
    this interpreter; of extras only those that a requirement names are followed.
    """
    known: dict[str, _Installed | None] = {}
    done: set[tuple[str, str]] = set()
    todo = [(str(canonicalize_name(name)), "") for name in roots]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in done:
            continue
        done.add((name, extra))
        if name not in known:
            known[name] = _installed(name)
        one = known[name]
        for requirement in one.required(extra) if one is not None else ():
            inner = str(canonicalize_name(requirement.name))
            todo.append((inner, ""))
            todo += [(inner, wanted) for wanted in requirement.extras]
    return {
        name: LockedDistribution(version=None) if one is None else _described(one)
        for name, one in sorted(known.items())
    }


def direct_requirements(name: str) -> set[str]:
    """The normalised names of what a distribution itself requires here; empty where it is not."""
    one = _installed(name)
    found = one.required() if one is not None else ()
    return {str(canonicalize_name(requirement.name)) for requirement in found}


@dataclass(frozen=True, slots=True)
class _Installed:
    """A distribution with what its metadata says, which takes a while to parse."""

    files: Distribution
    name: str
    version: str
    requirements: tuple[Requirement, ...]

    def required(self, extra: str = "") -> Iterator[Requirement]:
        """What it requires on this interpreter, with an extra of it or without any."""
        for one in self.requirements:
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                yield one


def _installed(name: str) -> _Installed | None:
    try:
        found = distribution(name)
        metadata = found.metadata
        lines = metadata.get_all("Requires-Dist") or ()
        if not lines and found.read_text("requires.txt") is not None:
            lines = found.requires or ()  # an egg says it elsewhere
        # What an interrupted removal leaves has a folder, and no version.
        if "Version" not in metadata:
            return None
        return _Installed(found, metadata["Name"], metadata["Version"], tuple(_parsed(lines)))
    except (PackageNotFoundError, OSError, KeyError, ValueError):
        return None


def _parsed(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        # Old metadata may hold what is none; pip passes over it too.
        with contextlib.suppress(InvalidRequirement):
            yield Requirement(line)


def _described(one: _Installed) -> LockedDistribution:
    origin = _origin(one.files)
    digest = _sources_digest(one) if origin == "editable" else _record_digest(one.files)
    hashed = None if digest is None else "sources" if origin == "editable" else "record"
    data = {"version": one.version, "sha256": digest, "hashed": hashed}
    try:
        plain = LockedDistribution.model_validate(data)
    except ValidationError:
        raise InputError(
            f"{one.name} is installed as {one.version!r}, which is no version"
        ) from None
    try:
        return LockedDistribution.model_validate(data | {"origin": origin})
    except ValidationError:
        return plain  # an address that no command line could hold


def _record_digest(one: Distribution) -> str | None:
    """A digest of the digests in a wheel's RECORD; None where there is no such file.

    What installers add or write for one machine is left out: their own notes, scripts, bytecode.
    """
    lines = []
    for row in csv.reader((one.read_text("RECORD") or "").splitlines()):
        path = row[0].replace("\\", "/") if row else ""
        if len(row) < 2 or not row[1] or path.startswith(("../", "/")) or path[1:2] == ":":
            continue
        if path.partition("/")[0].endswith(".dist-info"):
            continue
        lines.append(f"{row[1]}  {path}\n")
    if not lines:
        return None
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _sources_digest(one: _Installed) -> str | None:
    """A digest of the Python files of the packages that an editable distribution brings."""
    files: dict[str, Path] = {}
    for package in _packages(one):
        try:
            files |= source_files(package)
        except (ImportError, ValueError):
            continue
    digest = hashlib.sha256()
    for name in sorted(files):
        content = hashlib.sha256(files[name].read_bytes()).hexdigest()
        digest.update(f"{content}  {name}\n".encode())
    return digest.hexdigest() if files else None


def _packages(one: _Installed) -> list[str]:
    """The top-level packages of a distribution whose files its record does not list."""
    tops = {
        point.value.partition(":")[0].partition(".")[0].strip() for point in one.files.entry_points
    }
    tops |= set((one.files.read_text("top_level.txt") or "").split())
    tops.add(str(canonicalize_name(one.name)).replace("-", "_"))
    return sorted(name for name in tops if name.isidentifier())


def _origin(one: Distribution) -> str | None:
    """Where pip took it from, if not from an index."""
    try:
        data: Any = json.loads(one.read_text("direct_url.json") or "null")
        if "dir_info" in data:
            return "editable" if data["dir_info"].get("editable") else "folder"
        parts = urlsplit(data["url"])
        if parts.scheme not in ("http", "https"):
            return "folder"
        # An address may hold a password, which no lock is to carry.
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        if "vcs_info" not in data:
            return address
        vcs = data["vcs_info"]
        inside = f"#subdirectory={data['subdirectory']}" if data.get("subdirectory") else ""
        return f"{vcs['vcs']}+{address}@{vcs['commit_id']}{inside}"
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
