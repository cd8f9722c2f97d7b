"""What a project says of itself: metadata, dependencies, entry points."""

from __future__ import annotations

import pytest

from core.plugin_check.projects import Project, failures, levels
from weft.plugin_check.check_dependencies import check_dependencies
from weft.plugin_check.check_loading import check_entry_point
from weft.plugin_check.check_metadata import check_metadata
from weft.plugin_check.review import Review
from weft.plugin_check.target import find_target

PYPROJECT = "pyproject.toml"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (PYPROJECT, 'version = "0.1.0"', 'version = "one"', "no usable version"),
        (PYPROJECT, 'description = "Colour', '#"', "no description"),
        (PYPROJECT, 'readme = "README.md"', "", "no README"),
        (PYPROJECT, 'readme = "README.md"', 'readme = "NOWHERE.md"', "no README"),
        (PYPROJECT, 'license = "Apache-2.0"', "", "no licence"),
        (PYPROJECT, 'requires-python = ">=3.11"', "", "no requires-python"),
        (PYPROJECT, '">=3.11"', '"<3.11"', "excludes this Python"),
        (PYPROJECT, '">=3.11"', '"new"', "cannot be read"),
    ],
)
def test_metadata(project: Project, file: str, old: str, new: str, said: str) -> None:
    project.edit(file, old, new)
    review = project.review()
    (found,) = failures(check_metadata(review))
    assert said in found.message
    assert failures(check_dependencies(review)) == []


def test_the_licence_must_be_there_as_a_text(project: Project) -> None:
    (project.folder / "LICENSE").unlink()
    (found,) = failures(check_metadata(project.review()))
    assert "the text of the licence" in found.message


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        ("", "Weft is not among the requirements"),
        ('"weft>=99"', "this version of Weft is excluded"),
        ('"weft", "not a requirement!"', "cannot be read"),
        ('"weft", "nobody-has-this>=1"', "is not installed"),
        ('"weft", "torch>=99"', "the requirement torch>=99 does not hold here (Weft requires"),
    ],
)
def test_requirements(project: Project, requirements: str, said: str) -> None:
    text = (project.folder / PYPROJECT).read_text()
    (line,) = [one for one in text.splitlines() if one.startswith("dependencies")]
    project.edit(PYPROJECT, line, f"dependencies = [{requirements}]")
    review = project.review()
    (found,) = failures(check_dependencies(review))
    assert said in found.message
    assert failures(check_metadata(review)) == []


def test_a_requirement_for_another_system_does_not_count(project: Project) -> None:
    project.edit(
        PYPROJECT,
        "dependencies = [",
        "dependencies = [\"nobody-has-this; sys_platform == 'amiga'\", ",
    )
    assert levels(check_dependencies(project.review())) == {"ok"}


IMPORTS = """
import json
from typing import TYPE_CHECKING

import weft.testing
from weft.engine import Engine
from weft import NOWHERE

from acme_nodes import kinds
from . import kinds as again

if TYPE_CHECKING:
    import only_for_types
try:
    import may_be_missing
except ImportError:
    may_be_missing = None

def later():
    import torch
    import numpy
    with open("x") as file:
        import nobody_has_this.inside
"""


def test_what_is_imported_must_be_required(project: Project) -> None:
    project.write("acme_nodes/more.py", IMPORTS)
    found = check_dependencies(project.review())
    told = {(one.level, one.message, one.where) for one in found}
    lines = {name: place for place, name in enumerate(IMPORTS.splitlines(), start=1)}
    at = "acme_nodes/more.py:{}".format
    assert told == {
        ("fail", "numpy is imported, and no requirement brings it", at(lines["    import numpy"])),
        (
            "fail",
            "nobody_has_this.inside is imported, and no requirement brings it",
            at(lines["        import nobody_has_this.inside"]),
        ),
        (
            "warn",
            "may_be_missing is used where it is there, and no extra brings it",
            at(lines["    import may_be_missing"]),
        ),
        (
            "warn",
            "weft.engine is no public name of Weft's",
            at(lines["from weft.engine import Engine"]),
        ),
        ("warn", "NOWHERE is no public name of Weft's", at(lines["from weft import NOWHERE"])),
    }
    advice = [one.advice for one in found if "numpy" in one.message]
    assert "no promise" in advice[0]
    project.edit(PYPROJECT, 'test = ["build', 'more = ["may-be-missing"]\ntest = ["build')
    project.edit(PYPROJECT, "dependencies = [", 'dependencies = ["numpy", "nobody-has-this", ')
    told_now = [one.message for one in check_dependencies(project.review())]
    assert not any("brings it" in one for one in told_now)


def test_entry_points(project: Project) -> None:
    assert levels(check_entry_point(project.review())) == {"ok"}
    # What is installed is older than the project.
    project.edit(PYPROJECT, 'acme = "acme_nodes.plugin"', 'acme = "acme_nodes.hooks"')
    stale = project.review()
    project.edit(PYPROJECT, 'acme = "acme_nodes.hooks"', 'acme = "acme_nodes.plugin"')
    (found,) = failures(check_entry_point(stale))
    assert "'acme_nodes.hooks', which is not there" in found.message
    told = failures(check_entry_point(Review(find_target(str(project.folder)))))
    assert "other entry points than the project" in told[0].message
    project.edit(PYPROJECT, '[project.entry-points.weft]\nacme = "acme_nodes.plugin"\n', "")
    (found,) = failures(check_entry_point(project.review()))
    assert "no entry point in the group `weft`" in found.message


def test_what_is_installed_may_be_another_folder(project: Project) -> None:
    other = project.folder.parent / "checkout"
    project.install()
    other.mkdir()
    (other / PYPROJECT).write_text((project.folder / PYPROJECT).read_text())
    (found,) = check_entry_point(Review(find_target(str(other))))
    assert (found.level, found.expected) == ("warn", str(other))
    assert found.got == str(project.package)
