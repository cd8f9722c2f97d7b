"""The whole command: on a project as generated, and on what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.plugin_check.projects import Project
from weft.cli import app
from weft.plugin_check import command
from weft.plugin_check.check_declarations import check_help

CHECKS = [
    "metadata",
    "dependencies",
    "entry-point",
    "catalogue",
    "load-time",
    "offers",
    "help",
    "defaults",
    "names",
    "kinds",
    "duplicates",
    "raises",
    "in-place",
    "deterministic",
    "outputs",
    "values",
    "global-state",
    "examples",
    "migrations",
    "wheel",
]


def check(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plugin", "check", *args])
    return result.exit_code, result.output


def test_a_generated_project_passes_every_check(project: Project) -> None:
    project.install()
    result = CliRunner().invoke(app, ["plugin", "check", str(project.folder), "--json"])
    report = json.loads(result.stdout)
    assert [one for one in report["findings"] if one["level"] != "ok"] == []
    assert [one["check"] for one in report["findings"]] == CHECKS
    assert (report["plugin"], report["version"]) == ("acme-nodes", "0.1.0")
    assert (result.exit_code, report["passed"]) == (0, True)
    left = {path.name for path in project.folder.iterdir()}
    assert not left & {"dist", "build", "output"}  # it leaves nothing behind


def test_what_fails_is_told_with_its_place_and_what_to_do(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "DESCRIBED", (check_help,))
    monkeypatch.setattr(command, "check_wheel", lambda review: [])
    (project.folder / "LICENSE").unlink()
    project.edit("acme_nodes/nodes.py", "    width: of the picture, in pixels.\n", "")
    project.install()
    code, out = check(str(project.folder))
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 1
    assert "fail metadata the text of the licence is not there" in lines
    assert "do Put the licence's text beside pyproject.toml, as LICENSE." in lines
    assert "fail help acme:image.gradient: the input 'width' is not described" in lines
    assert any(line.startswith("at acme_nodes/nodes.py:") for line in lines)
    assert "expected a line `width: what it means` in the docstring" in lines
    assert lines[-1] == "4 passed, 2 failed"


def test_a_project_that_is_not_installed_is_told_how_to_be(project: Project) -> None:
    code, out = check(str(project.folder))
    assert code == 1
    assert "acme-nodes is not installed" in out
    assert "pip install -e ." in out


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nobody-has-this", "neither a folder nor the name of an installed distribution"),
        ("empty", "expected a pyproject.toml"),
        ("broken", "cannot be read"),
        ("nameless", "expected a `name`"),
    ],
)
def test_what_is_no_plugin_is_a_wrong_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, said: str
) -> None:
    for name, text in (("empty", None), ("broken", "[project"), ("nameless", "[project]\n")):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "pyproject.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    code, out = check(path)
    assert code == 2
    assert said in out
