"""Finding and fingerprinting a plugin's source code without importing it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement


def package_root(module: str) -> Path | None:
    """The folder of the top-level package that holds a module, or the file of a lone module."""
    spec = find_spec(module.partition(".")[0])
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin else None


def source_files(module: str) -> dict[str, Path]:
    """The modules of the package that holds `module`, by dotted name."""
    top = module.partition(".")[0]
    spec = find_spec(top)
    if spec is None:
        return {}
    if not spec.submodule_search_locations:
        return {top: Path(spec.origin)} if spec.origin else {}
    root = Path(next(iter(spec.submodule_search_locations)))
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if "__pycache__" in parts:
            continue
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        found[".".join((top, *parts))] = path
    return found


def content_digest(files: dict[str, Path], salt: str) -> str:
    """A digest of the content of source files: the key of a catalogue."""
    digest = hashlib.blake2b(salt.encode(), digest_size=16)
    for name, path in files.items():
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def requirement_versions(name: str) -> str:
    """The installed versions of what a distribution requires: results may change with them."""
    try:
        required = distribution(name).requires or []
    except PackageNotFoundError:
        return ""
    pins = []
    for line in required:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is not None and "extra" in str(requirement.marker):
            continue
        try:
            pins.append(f"{requirement.name}=={version(requirement.name)}")
        except PackageNotFoundError:
            continue
    return " ".join(sorted(pins))


def code_fingerprints(
    modules: Iterable[str], files: dict[str, Path], environment: str
) -> dict[str, str]:
    """For each module, a fingerprint of its source and of what it imports from its own package.

    An edit invalidates the cached values of the nodes that can see it, and of no others.
    """
    imports: dict[str, set[str]] = {}
    contents: dict[str, bytes] = {}
    fingerprints = {}
    for module in modules:
        seen: set[str] = set()
        todo = [module]
        while todo:
            name = todo.pop()
            if name in seen or name not in files:
                continue
            seen.add(name)
            if name not in contents:
                contents[name] = files[name].read_bytes()
                imports[name] = _imports(name, contents[name], files)
            todo.extend(imports[name])
        digest = hashlib.blake2b(environment.encode(), digest_size=16)
        for name in sorted(seen):
            digest.update(name.encode() + b"\0" + contents[name] + b"\0")
        fingerprints[module] = digest.hexdigest()
    return fingerprints


def _imports(name: str, content: bytes, files: dict[str, Path]) -> set[str]:
    package = name if files[name].name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for statement in ast.walk(ast.parse(content, str(files[name]))):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            base = statement.module or ""
            if statement.level:
                parts = package.split(".")
                parts = parts[: len(parts) - statement.level + 1]
                base = ".".join([*parts, base] if base else parts)
            found.add(base)
            found |= {f"{base}.{alias.name}" for alias in statement.names}
    parents = {one.rpartition(".")[0] for one in found if one in files}
    return {one for one in found | parents if one in files}
