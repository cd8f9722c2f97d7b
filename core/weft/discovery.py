"""Finding the entry points of plugins, also beside distributions whose metadata is damaged.

`importlib.metadata.entry_points` raises where one distribution's files are no text or no entry
points, and then nobody's are found. Here such a distribution is an entry with an error, and only
the few headers that are needed are read, not all of a metadata file with its README.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

PLUGINS = "weft"
COMMANDS = "weft.commands"
_STEM = re.compile(r"(-\d.*)?\.(dist|egg)-info$")
_VALUE = re.compile(r"([\w.]+)\s*(?::\s*([\w.]+))?\s*(?:\[.*\])?")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry point of a distribution.

    attribute: what follows the colon; "" where nothing does.
    requires: what the distribution requires of others, one requirement each.
    folder: where its metadata is; None where that is no folder.
    error: what is damaged; None where nothing is.
    """

    name: str
    module: str
    attribute: str
    distribution: str
    version: str
    requires: tuple[str, ...] = ()
    folder: Path | None = None
    error: str | None = None


def entries(group: str) -> list[Entry]:
    """The entry points of a group, by distribution and name.

    Of two distributions of one name, the first on the path counts, as it does for an import.
    """
    seen: set[str] = set()
    found: list[Entry] = []
    for one in distributions():
        folder = getattr(one, "_path", None)
        folder = folder if isinstance(folder, Path) else None
        # "acme_nodes-1.0.dist-info" says it, whatever may stand in it
        stem = _STEM.sub("", folder.name) if folder is not None else ""
        if stem and _canonical(stem) in seen:
            continue
        text = _text(one, folder, "entry_points.txt")
        if text is not None and f"[{group}]" in text:
            found += _read(one, folder, stem, text, group)
        if stem:
            seen.add(_canonical(stem))
    return sorted(found, key=lambda one: (one.distribution, one.name))


def _read(
    one: Distribution, folder: Path | None, stem: str, text: str, group: str
) -> Iterator[Entry]:
    name, version, requires, error = _headers(one, folder, stem)
    for line in _section(text, group):
        key, equals, value = (part.strip() for part in line.partition("="))
        match = _VALUE.fullmatch(value)
        if not equals or not key or match is None:
            wrong = f"its entry_points.txt is damaged: expected `name = module`, got {line!r:.100}"
            yield Entry(key or name, "", "", name, version, requires, folder, error or wrong)
        else:
            module, attribute = match[1], match[2] or ""
            yield Entry(key, module, attribute, name, version, requires, folder, error)


def _headers(
    one: Distribution, folder: Path | None, stem: str
) -> tuple[str, str, tuple[str, ...], str | None]:
    """Name, version, requirements, and what is wrong with the file that says them."""
    text = _text(one, folder, "METADATA") or _text(one, folder, "PKG-INFO")
    if text is None:
        return stem or "unknown", "0", (), "its metadata is damaged: there is no file METADATA"
    found: dict[str, str] = {}
    requires = []
    for line in text.splitlines():
        if not line.strip():
            break  # the README follows
        key, _, value = line.partition(":")
        if key == "Requires-Dist":
            requires.append(value.strip())
        else:
            found.setdefault(key, value.strip())
    missing = [key for key in ("Name", "Version") if not found.get(key)]
    error = f"its metadata is damaged: METADATA has no {' and no '.join(missing)}"
    return (
        found.get("Name") or stem or "unknown",
        found.get("Version") or "0",
        tuple(requires),
        error if missing else None,
    )


def _section(text: str, group: str) -> Iterator[str]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and line and not line.startswith(("#", ";")):
            yield line


def _text(one: Distribution, folder: Path | None, name: str) -> str | None:
    try:
        if folder is not None:
            return (folder / name).read_text("utf-8", "replace")
        return one.read_text(name)
    except (OSError, ValueError):
        return None


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
