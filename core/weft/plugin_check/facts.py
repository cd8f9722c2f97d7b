"""What a project says of itself: in pyproject.toml, or in the metadata of what is installed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from weft.errors import InputError


@dataclass(frozen=True, slots=True)
class Facts:
    """The metadata of a plugin.

    source: the file that says it, for people.
    licence: how it is licensed, in words or as an expression; "" where nothing says so.
    licence_file: whether its text is there.
    requires: requirement lines that always hold; optional: those of extras.
    points: the module of each entry point in the group `weft`, by name.
    """

    name: str
    version: str
    source: str
    description: str = ""
    readme: bool = False
    licence: str = ""
    licence_file: bool = False
    requires_python: str = ""
    requires: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    points: Mapping[str, str] | None = None
    backend: str = ""
    backend_path: tuple[str, ...] = ()


def read_project(folder: Path) -> dict[str, Any]:
    """The data of a project's pyproject.toml. Raises InputError."""
    path = folder / "pyproject.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder} is no project: expected a pyproject.toml in it, or the name of an installed "
            "distribution"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def project_name(data: Mapping[str, Any], folder: Path) -> str:
    """The distribution's name. Raises InputError where pyproject.toml says none."""
    name = data.get("project", {}).get("name")
    if not isinstance(name, str):
        raise InputError(f"{folder / 'pyproject.toml'}: expected a `name` in its table [project]")
    return name


def project_facts(data: Mapping[str, Any], folder: Path, installed: Distribution | None) -> Facts:
    """What pyproject.toml says; what it calls dynamic is read from what is installed."""
    project: Mapping[str, Any] = data["project"]
    known = installed_facts(installed) if installed is not None else None
    dynamic = set(project.get("dynamic", ()))

    def of(field: str, given: Any, attribute: str) -> Any:
        return getattr(known, attribute) if field in dynamic and known is not None else given

    build = data.get("build-system", {})
    optional: Mapping[str, list[str]] = project.get("optional-dependencies", {})
    return Facts(
        name=project["name"],
        version=of("version", str(project.get("version", "")), "version"),
        source="pyproject.toml",
        description=of("description", project.get("description", ""), "description"),
        readme=of("readme", _has_readme(project.get("readme"), folder), "readme"),
        licence=of("license", _licence(project), "licence"),
        licence_file=any(one.is_file() for one in _licence_files(folder)),
        requires_python=of(
            "requires-python", project.get("requires-python", ""), "requires_python"
        ),
        requires=of("dependencies", tuple(project.get("dependencies", ())), "requires"),
        optional=of(
            "optional-dependencies",
            tuple(line for lines in optional.values() for line in lines),
            "optional",
        ),
        points=of("entry-points", dict(project.get("entry-points", {}).get("weft", {})), "points"),
        backend=build.get("build-backend", "setuptools.build_meta"),
        backend_path=tuple(build.get("backend-path", ())),
    )


def _has_readme(given: Any, folder: Path) -> bool:
    if isinstance(given, dict):
        if str(given.get("text", "")).strip():
            return True
        given = given.get("file")
    if not isinstance(given, str):
        return False
    try:
        return bool((folder / given).read_text("utf-8").strip())
    except (OSError, ValueError):
        return False


def _licence(project: Mapping[str, Any]) -> str:
    given = project.get("license", "")
    if isinstance(given, dict):  # as it was written before licence expressions
        given = given.get("text") or given.get("file") or ""
    classifiers = [one for one in project.get("classifiers", ()) if one.startswith("License ::")]
    return str(given) or "; ".join(classifiers)


def _licence_files(folder: Path) -> list[Path]:
    names = ("LICEN[CS]E*", "COPYING*", "NOTICE*", "LICEN[CS]ES/*")
    return [path for pattern in names for path in folder.glob(pattern)]


def installed_facts(one: Distribution) -> Facts:
    """What the metadata of an installed distribution says."""
    data = one.metadata
    requires = one.requires or []
    extras = [line for line in requires if "extra ==" in line.partition(";")[2]]
    classifiers = [text for text in data.get_all("Classifier") or () if text.startswith("License")]
    body = str(data.get_payload() or "") if hasattr(data, "get_payload") else ""
    return Facts(
        name=data["Name"] or "",
        version=data["Version"] or "",
        source="its METADATA",
        description=data["Summary"] or "",
        readme=bool((data["Description"] or body).strip()),
        licence=data["License-Expression"] or data["License"] or "; ".join(classifiers),
        licence_file=bool(data.get_all("License-File")),
        requires_python=data["Requires-Python"] or "",
        requires=tuple(line for line in requires if line not in extras),
        optional=tuple(extras),
        points={point.name: point.value for point in one.entry_points if point.group == "weft"},
    )
