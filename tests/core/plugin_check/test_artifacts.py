"""Example workflows and the wheel."""

from __future__ import annotations

import pytest

from core.plugin_check.projects import Project, failures, levels
from weft.plugin_check.check_examples import check_examples
from weft.plugin_check.check_wheel import check_wheel

EXAMPLE = "acme_nodes/workflows/gradient.json"
TARGET = 'packages = ["acme_nodes"]'
WITH_ASSETS = """
import weft

@weft.hookimpl
def weft_web_assets():
    return weft.WebAssets("acme_nodes:web", {"acme/colour": "colour.js"})
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"width": 384', '"width": -1', "expected an integer from 1 to 8192"),
        ("acme:image.gradient", "acme:image.gardient", "unknown node type"),
        ('"end": "#f2b880"', '"end": "red"', "expected a colour such as"),
        ('"weft": 1', '"weft": 9', "unknown version of the file format"),
    ],
)
def test_an_example_that_does_not_run(project: Project, old: str, new: str, said: str) -> None:
    project.edit(EXAMPLE, old, new)
    (found,) = failures(check_examples(project.review()))
    assert said in found.message
    assert found.where == EXAMPLE


def test_an_example_is_written_in_the_canonical_form(project: Project) -> None:
    project.edit(
        EXAMPLE, '"angle": 60.0,\n        "height": 256', '"height": 256,\n        "angle": 60.0'
    )
    (found,) = failures(check_examples(project.review()))
    assert "canonical form" in found.message
    assert found.advice == f"Run `weft format --write {EXAMPLE}`."


def test_an_example_without_its_model_is_left_out(project: Project) -> None:
    (project.package / "workflows/gradient.json").unlink()
    project.write(
        "examples/model.json",
        """\
        {
          "weft": 1,
          "nodes": {
            "load": {
              "type": "model.load_checkpoint",
              "version": 1,
              "values": {
                "file": "nobody-has-this.safetensors"
              }
            }
          }
        }
        """,
    )
    project.write("examples/data.json", '{"weft": "is no workflow"}')
    (found,) = check_examples(project.review())
    assert (found.level, found.where) == ("skip", "examples/model.json")
    assert "nobody-has-this.safetensors" in found.message


def test_a_plugin_without_an_example_is_warned(project: Project) -> None:
    (project.package / "workflows/gradient.json").unlink()
    assert levels(check_examples(project.review())) == {"warn"}


def test_a_plugin_without_nodes_needs_no_example(project: Project) -> None:
    (project.package / "workflows/gradient.json").unlink()
    project.edit("acme_nodes/plugin.py", 'return ["acme_nodes.nodes"]', "return []")
    assert levels(check_examples(project.review())) == {"ok"}


def test_the_wheel_lacks_what_the_plugin_needs(project: Project) -> None:
    project.edit(
        "pyproject.toml",
        TARGET,
        f'{TARGET}\nexclude = ["workflows", "kinds.py", "notes.txt", "*.js"]',
    )
    project.edit("pyproject.toml", 'license-files = ["LICENSE"]', "license-files = []")
    project.write("acme_nodes/notes.txt", "seen")
    project.write("acme_nodes/web/colour.js", "export default {};")
    project.write("acme_nodes/plugin.py", WITH_ASSETS)
    (project.package / "py.typed").unlink()
    told = {(one.level, one.message) for one in check_wheel(project.review())}
    assert told == {
        ("fail", "the module acme_nodes/kinds.py is not in it"),
        ("fail", "the example workflow acme_nodes/workflows/gradient.json is not in it"),
        ("fail", "the web asset acme_nodes/web/colour.js is not in it"),
        ("fail", "the licence's text is not in it"),
        ("warn", "the file acme_nodes/notes.txt is not in it"),
        ("warn", "acme_nodes has no py.typed: type checkers do not look at its annotations"),
    }


def test_the_wheel_holds_what_is_no_part_of_the_plugin(project: Project) -> None:
    project.edit("pyproject.toml", TARGET, 'packages = ["acme_nodes", "tests"]')
    project.edit(
        "pyproject.toml",
        "[tool.pytest",
        '[tool.hatch.build.targets.wheel.force-include]\n"README.md" = "README.md"\n\n[tool.pytest',
    )
    told = sorted(one.message for one in failures(check_wheel(project.review())))
    assert told == ["README.md is in it: a package or file of no plugin's", "tests is in it: tests"]


def test_a_project_that_cannot_be_built(project: Project) -> None:
    project.edit("pyproject.toml", 'packages = ["acme_nodes"]', 'packages = "acme_nodes"')
    (found,) = check_wheel(project.review())
    assert found.level == "fail"
    assert "it cannot be built: TypeError" in found.message


def test_a_backend_that_is_not_there_is_no_fault(project: Project) -> None:
    project.edit("pyproject.toml", "hatchling.build", "nobody_has_this.build")
    (found,) = check_wheel(project.review())
    assert found.level == "skip"
    assert "nobody_has_this.build cannot be imported" in found.message
