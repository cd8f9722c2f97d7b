"""Projects of plugins for tests: made as `weft plugin new` makes them, installed without pip."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from weft.plugin_check.findings import Finding
from weft.plugin_check.review import Review
from weft.plugin_check.target import find_target
from weft.scaffold.names import names_of
from weft.scaffold.project import write_project

HEAD = """
from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import weft
from weft import Choices, Context, Image, InputError, Mask, Range, Slider, node
"""


class Project:
    """A generated project, put on the path as an editable installation would."""

    def __init__(self, parent: Path, name: str = "acme-nodes") -> None:
        self.folder = write_project(names_of(name), parent)
        self.package = self.folder / name.replace("-", "_")

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project. A module gets the usual imports before it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        head = HEAD if name.endswith("nodes.py") else ""
        path.write_text(head + textwrap.dedent(text))
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a part of a file, which must be there."""
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def install(self) -> None:
        """Write what pip writes for an editable installation, beside the package."""
        data = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
        stem = data["name"].replace("-", "_")
        info = self.folder / f"{stem}-{data['version']}.dist-info"
        info.mkdir(exist_ok=True)
        lines = ["Metadata-Version: 2.1", f"Name: {data['name']}", f"Version: {data['version']}"]
        lines += [f"Requires-Dist: {one}" for one in data.get("dependencies", ())]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        points = data.get("entry-points", {}).get("weft", {})
        rows = [f"{name} = {module}" for name, module in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[weft]", *rows]) + "\n")
        importlib.invalidate_caches()

    def review(self) -> Review:
        """The project under review, as it is now."""
        self.install()
        return Review(find_target(str(self.folder)))


@contextmanager
def project_in(parent: Path, name: str = "acme-nodes") -> Iterator[Project]:
    """A project on the path of this process and of those it starts."""
    package = name.replace("-", "_")
    forget(package)
    made = Project(parent, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(made.folder)
        known = os.environ.get("PYTHONPATH")
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(made.folder), known])))
        yield made
    forget(package)


def forget(package: str) -> None:
    """Drop what a test has imported of a package."""
    for one in [one for one in sys.modules if one.partition(".")[0] == package]:
        del sys.modules[one]


def failures(findings: list[Finding]) -> list[Finding]:
    """What failed, and nothing else."""
    return [one for one in findings if one.level == "fail"]


def levels(findings: list[Finding]) -> set[str]:
    """The levels that occur."""
    return {one.level for one in findings}
