"""What a plugin declares, described by a child that imports it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.plugin_check.projects import Project, failures, levels, project_in
from weft.plugin_check import review as reviewing
from weft.plugin_check.check_declarations import (
    check_defaults,
    check_duplicates,
    check_help,
    check_kinds,
    check_names,
)
from weft.plugin_check.check_examples import check_migrations
from weft.plugin_check.check_loading import check_catalogue, check_load_time, check_offers
from weft.plugin_check.findings import Finding
from weft.plugin_check.review import Review

Check = Callable[[Review], list[Finding]]
CHECKS: dict[str, Check] = {
    "help": check_help,
    "defaults": check_defaults,
    "names": check_names,
    "kinds": check_kinds,
    "offers": check_offers,
    "load-time": check_load_time,
    "migrations": check_migrations,
}
PLUGIN = """
import weft

@weft.hookimpl
def weft_node_modules():
    return ["acme_nodes.nodes"]

@weft.hookimpl
def weft_samplers():
    return {"acme/there": "acme_nodes.nodes:SAMPLER", "acme/gone": "acme_nodes.nodes:GONE"}
"""
NODES = '''
from dataclasses import dataclass
import os

os.environ["ACME_WAS_HERE"] = "1"
SAMPLER = "any object"

def names() -> list[str]:
    return ["red", "green"]

def trouble() -> list[str]:
    raise OSError("nobody is there")

@weft.kind("acme:melts")
@dataclass
class Melts:
    """A kind that can change."""
    size: int

@weft.kind("other:taken")
@dataclass(frozen=True)
class Taken:
    """A kind with the name of others."""

@node("acme:help.none")
def undocumented(number: int) -> int:
    return number

@node("acme:help.half")
def half(first: int, second: int) -> int:
    """Half described.

    first: the first.
    """
    return first

@node("acme:defaults.empty_range")
def empty_range(number: Annotated[int, Range(5, 1)]) -> int:
    """No number fits.

    number: none.
    """
    return number

@node("acme:defaults.no_float")
def no_float(number: float = 1) -> float:
    """A whole number for a float.

    number: any.
    """
    return number

@node("acme:defaults.no_choice")
def no_choice(name: Annotated[str, Choices(names)] = "blue") -> str:
    """No choice of its own.

    name: a colour.
    """
    return name

@node("acme:defaults.no_answer")
def no_answer(name: Annotated[str, Choices(trouble)] = "blue") -> str:
    """Choices that fail.

    name: a colour.
    """
    return name

@node("other:names.foreign")
def foreign() -> int:
    """In somebody else's namespace."""
    return 1

@node("acme:names.loud")
def loud(LOUD: int = 1) -> int:
    """An input in capitals.

    LOUD: a number.
    """
    return LOUD

@node("acme:kinds.user")
def user(melts: Melts, taken: Taken) -> int:
    """Has kinds.

    melts: one.
    taken: the other.
    """
    return 1

@node("acme:old.forgot", version=3)
def forgot(number: int = 1) -> int:
    """Forgot its past.

    number: any.
    """
    return number

@node("acme:old.knows", version=3)
def knows(number: int = 1) -> int:
    """Knows its past.

    number: any.
    """
    return number

@knows.migrate(1)
def _(old):
    return old

@knows.migrate(2)
def _(old):
    return old
'''
EXAMPLE = """
{"weft": 1,
 "nodes": {"a": {"type": "acme:old.knows", "version": 1}},
 "subgraphs": {"inner": {"nodes": {"b": {"type": "acme:old.forgot", "version": 2}}}}}
"""
# For each check what it says, and of what.
EXPECTED = {
    "help": ["acme:help.half: the input 'second'", "acme:help.none has no docstring"],
    "defaults": [
        "acme:defaults.empty_range: 'number' has an empty range",
        "acme:defaults.no_answer: 'name' has choices that cannot be asked for",
        "acme:defaults.no_choice: 'name' has a default that is not among its choices",
        "acme:defaults.no_float: 'number' is a float with a default that is none",
    ],
    "names": [
        "acme:names.loud: the input 'LOUD' is oddly named",
        "other:names.foreign is in a namespace of others",
        "the kind 'other:taken' is in a namespace of others",
    ],
    "kinds": ["the kind 'acme:melts' is acme_nodes.nodes.Melts"],
    "offers": ["'acme/gone' among the samplers of acme-nodes: PluginError"],
    "load-time": ["importing the plugin has a side effect: it changed the environment"],
    "migrations": ["acme:old.forgot has no migration from version 2"],
}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """A plugin with one of every mistake that can be described."""
    with project_in(tmp_path_factory.mktemp("declared")) as project:
        project.write("acme_nodes/nodes.py", NODES)
        project.write("acme_nodes/plugin.py", PLUGIN)
        project.write("acme_nodes/workflows/old.json", EXAMPLE)
        review = project.review()
        assert levels(check_catalogue(review)) == {"ok"}
        assert review.modules
        return review


@pytest.mark.parametrize("name", EXPECTED)
def test_each_check_finds_its_own_and_nothing_else(described: Review, name: str) -> None:
    found = failures(CHECKS[name](described))
    assert {one.check for one in found} == {name}
    told = sorted(one.message for one in found)
    assert len(told) == len(EXPECTED[name]), told
    for message, start in zip(told, EXPECTED[name], strict=True):
        assert message.startswith(start)


def test_a_finding_points_at_the_line(described: Review) -> None:
    source = described.modules["acme_nodes.nodes"].read_text().splitlines()
    for check, start in ((check_help, '@node("acme:help'), (check_kinds, "class Melts")):
        for one in failures(check(described)):
            path, _, line = one.where.rpartition(":")
            assert path == "acme_nodes/nodes.py"
            assert source[int(line) - 1].startswith(start)


def test_a_version_without_a_past_is_only_warned_of(project: Project) -> None:
    project.edit("acme_nodes/nodes.py", 'image.gradient")', 'image.gradient", version=2)')
    (project.package / "workflows/gradient.json").unlink()
    (found,) = check_migrations(project.review())
    assert found.level == "warn"
    assert "no migration from version 1, and it is at version 2" in found.message


ANGLE = "angle: Annotated[float, Slider(0, 360)]"


@pytest.mark.parametrize(
    ("old", "new", "check", "said", "line"),
    [
        ("import re\n", "import re\nimport nobody_has_this\n", "catalogue", "No module", 9),
        ("import re\n", "import re\nimport os; os._exit(3)\n", "catalogue", "status 3", 0),
        (f"{ANGLE} = 90.0", f"{ANGLE} = 400.0", "defaults", "the default 400.0 is not", 26),
        ("image.gradient", "gradient.two_colours", "duplicates", "is declared twice", 0),
        (ANGLE, "angle", "catalogue", "every input needs an annotation", 26),
        (" -> Image:", ":", "catalogue", "return", 26),
    ],
)
def test_what_cannot_be_described(
    project: Project, old: str, new: str, check: str, said: str, line: int
) -> None:
    project.edit("acme_nodes/nodes.py", old, new)
    (found,) = failures(check_catalogue(project.review()))
    assert found.check == check
    assert said in found.message
    assert found.where == (f"acme_nodes/nodes.py:{line}" if line else "acme_nodes.plugin")


def test_an_import_that_hangs_is_stopped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviewing, "IMPORT_LIMIT", 1.0)
    project.edit("acme_nodes/plugin.py", "from weft", "import time; time.sleep(60)\nfrom weft")
    (found,) = failures(check_catalogue(project.review()))
    assert "took too long and was stopped" in found.message


def test_heavy_imports_are_told_with_the_line_that_brings_them(project: Project) -> None:
    project.write("acme_nodes/helper.py", "x = 1\nimport numpy\nimport scipy.version\n")
    project.edit("acme_nodes/nodes.py", "import re\n", "import re\nfrom . import helper\n")
    found = check_load_time(project.review())
    told = {(one.level, one.message, one.where) for one in found}
    assert told == {
        ("warn", "importing the plugin imports numpy", "acme_nodes/helper.py:2"),
        ("fail", "importing the plugin imports scipy", "acme_nodes/helper.py:3"),
    }


def test_the_name_of_another_plugins_node_is_taken(project: Project) -> None:
    with project_in(project.folder.parent, "acme-nodes-two") as other:
        other.edit("acme_nodes_two/nodes.py", "acme-nodes-two:image", "acme:image")
        other.install()
        review = project.review()
        (found,) = failures(check_duplicates(review))
        assert (
            found.message == "the node type acme:image.gradient is declared by acme-nodes-two too"
        )
        assert found.where.startswith("acme_nodes/nodes.py:")
    assert levels(check_duplicates(review)) == {"ok"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("@hookimpl", ""), ('return ["acme_nodes.nodes"]', 'list(["acme_nodes.nodes"])')],
)
def test_a_plugin_that_contributes_nothing_is_told_why(
    project: Project, old: str, new: str
) -> None:
    project.edit("acme_nodes/plugin.py", old, new)
    project.install()
    (found,) = check_catalogue(project.review())
    assert found.level == "warn"
    assert "contributes no node" in found.message
    assert "@weft.hookimpl" in found.advice
