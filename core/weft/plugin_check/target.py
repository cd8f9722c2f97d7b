"""What is to be checked: a project's folder, or an installed distribution by its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from weft.errors import InputError
from weft.plugin_check.facts import (
    Facts,
    installed_facts,
    project_facts,
    project_name,
    read_project,
)
from weft.scaffold.names import DISTRIBUTION, namespaces_of


@dataclass(frozen=True, slots=True)
class Point:
    """An entry point of the plugin: the name of the group's entry, and the module with hooks."""

    name: str
    module: str


@dataclass(frozen=True, slots=True)
class Target:
    """A plugin under review.

    folder: of the project; None where only what is installed is looked at.
    installed: its distribution; None where it is not installed.
    packages: the folder (or file) of each top-level package that its entry points are in.
    """

    facts: Facts
    folder: Path | None
    installed: Distribution | None
    points: tuple[Point, ...] = ()
    packages: dict[str, Path] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The distribution's name."""
        return self.facts.name

    @property
    def namespaces(self) -> list[str]:
        """The namespaces that it may use; Weft's own distribution uses Weft's."""
        return ["weft"] if self.name == "weft" else namespaces_of(self.name)

    def shown(self, path: str | Path) -> str:
        """A file as people see it: from the project's folder, or the site's, on."""
        path = Path(path)
        roots = [self.folder, *(one.parent for one in self.packages.values())]
        for root in roots:
            if root is not None and path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return str(path)


def find_target(path: str) -> Target:
    """The plugin at a path, or of that name. Raises InputError where there is none."""
    folder = Path(path)
    if folder.is_dir():
        folder = folder.resolve()
        data = read_project(folder)
        installed = _installed(project_name(data, folder))
        return _target(project_facts(data, folder, installed), folder, installed)
    installed = _installed(path) if DISTRIBUTION.fullmatch(path) else None
    if installed is None:
        raise InputError(
            f"{path!r} is neither a folder nor the name of an installed distribution; expected the "
            "folder of a project with a pyproject.toml, or a name such as acme-nodes"
        )
    return _target(installed_facts(installed), None, installed)


def _installed(name: str) -> Distribution | None:
    try:
        found = distribution(name)
    except (PackageNotFoundError, ValueError):
        return None
    return found if found.metadata["Version"] else None


def _target(facts: Facts, folder: Path | None, installed: Distribution | None) -> Target:
    points: tuple[Point, ...] = ()
    packages: dict[str, Path] = {}
    if installed is not None:
        found = [one for one in installed.entry_points if one.group == "weft"]
        points = tuple(Point(one.name, one.value.partition(":")[0].strip()) for one in found)
        for point in points:
            top = point.module.partition(".")[0]
            place = _package(top)
            if place is not None:
                packages[top] = place
    return Target(facts, folder, installed, points, packages)


def _package(top: str) -> Path | None:
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin else None
