"""`weft plugin new`: what it may be called, what it writes, and that nothing is written over."""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from typer.testing import CliRunner

import weft
from weft import InputError, Workflow
from weft.cli import app
from weft.scaffold.names import names_of, namespaces_of
from weft.scaffold.project import rendered, weft_range


def new(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plugin", "new", *args])
    return result.exit_code, result.output


def test_it_writes_a_whole_project_and_says_what_to_do(tmp_path: Path) -> None:
    code, out = new(
        "Acme_Nodes", "--dir", str(tmp_path / "new"), "--author", "Ada <ada@acme.example>"
    )
    assert code == 0
    folder = tmp_path / "new" / "acme-nodes"
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == [
        ".github/workflows/check.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "acme_nodes/__init__.py",
        "acme_nodes/kinds.py",
        "acme_nodes/nodes.py",
        "acme_nodes/plugin.py",
        "acme_nodes/py.typed",
        "acme_nodes/workflows/gradient.json",
        "pyproject.toml",
        "tests/test_nodes.py",
        "tests/test_workflow.py",
    ]
    assert list((tmp_path / "new").iterdir()) == [folder]
    for line in ("pip install -e '.[test]'", "pytest", "weft plugin check", "python -m build"):
        assert f"  {line}\n" in out
    data = tomllib.loads((folder / "pyproject.toml").read_text())
    assert data["project"]["authors"] == [{"name": "Ada", "email": "ada@acme.example"}]
    assert data["project"]["entry-points"] == {"weft": {"acme": "acme_nodes.plugin"}}
    (requirement,) = map(Requirement, data["project"]["dependencies"])
    assert requirement.name == "weft"
    assert requirement.specifier.contains(weft.__version__, prereleases=True)


def test_every_file_is_sound(tmp_path: Path) -> None:
    texts = rendered(names_of("weft-acme-tools", "acme"))
    for name, text in texts.items():
        assert "$" not in text or name.endswith("check.yml")
        assert text == "" or text.endswith("\n")
        if name.endswith(".py"):
            ast.parse(text)
    workflow = texts["weft_acme_tools/workflows/gradient.json"]
    assert Workflow.loads(workflow).dumps() == workflow
    assert json.loads(workflow)["requires"] == {
        "weft": f">={weft.__version__}",
        "weft-acme-tools": ">=0.1.0",
    }
    assert '@node("acme:image.gradient")' in texts["weft_acme_tools/nodes.py"]
    assert "${{ matrix.python }}" in texts[".github/workflows/check.yml"]
    assert "authors" not in texts["pyproject.toml"]


@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_nothing_is_written_over(tmp_path: Path, there: str) -> None:
    place = tmp_path / "acme-nodes"
    if there == "folder":
        place.mkdir()
    elif there == "file":
        place.write_text("mine")
    else:
        place.symlink_to(tmp_path / "nowhere")
    code, out = new("acme-nodes", "--dir", str(tmp_path))
    assert code == 2
    assert "is there already; nothing was written" in out.replace("\n", " ")
    assert list(tmp_path.iterdir()) == [place]
    assert not place.is_dir() or list(place.iterdir()) == []


def test_what_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    code, out = new("acme-nodes", "--dir", str(tmp_path / "file"))
    assert code == 2
    assert "cannot be written" in out

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    code, out = new("acme-nodes", "--dir", str(tmp_path / "full"))
    assert code == 2
    assert "No space left on device" in out
    assert list((tmp_path / "full").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "package", "namespace"),
    [
        ("acme-nodes", "acme_nodes", "acme"),
        ("acme", "acme", "acme"),
        ("weft-acme", "weft_acme", "acme"),
        ("weft-acme-nodes", "weft_acme_nodes", "acme"),
        ("Acme.Deep_Nodes", "acme_deep_nodes", "acme-deep"),
        ("acme-tools", "acme_tools", "acme-tools"),
        ("nodes-weft", "nodes_weft", "nodes"),
    ],
)
def test_names(name: str, package: str, namespace: str) -> None:
    names = names_of(name)
    assert (names.package, names.namespace) == (package, namespace)
    assert namespace in namespaces_of(names.distribution)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "cannot name a distribution"),
        ("acme nodes", "cannot name a distribution"),
        ("-acme", "cannot name a distribution"),
        ("../acme", "cannot name a distribution"),
        ("acme\n", "cannot name a distribution"),
        ("ä" * 3, "cannot name a distribution"),
        ("a" * 101, "at most 100"),
        ("weft", "Weft's own"),
        ("Weft", "Weft's own"),
        ("weft-weft", "leaves no namespace"),
        ("weft-3d", "leaves no namespace"),
        ("3d-nodes", "cannot be imported"),
        ("class", "a word of the Python language"),
        ("json", "a module of Python's own"),
        ("torch", "installed already"),
        ("weft-nodes", "installed already"),
        ("image", "a plugin 'image' is installed already, by weft-image"),
    ],
)
def test_names_that_are_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        names_of(name)


def test_the_namespace_follows_from_the_name() -> None:
    assert namespaces_of("weft-acme-deep-tools") == ["acme-deep-tools", "acme-deep", "acme"]
    assert names_of("acme-deep-tools", "acme").namespace == "acme"
    for wrong in ("weft", "deep", "acme-", "Acme", ""):
        with pytest.raises(InputError, match="expected one of acme-deep-tools, acme-deep, acme"):
            names_of("acme-deep-tools", wrong)


@pytest.mark.parametrize("author", ["", " ", "Ada <ada>", "<a@b.c>", "Ada\nB", "Ada <a@b.c> x"])
def test_what_is_no_author(author: str) -> None:
    with pytest.raises(InputError, match="names no author"):
        rendered(names_of("acme-nodes"), author)


@pytest.mark.parametrize("author", ['Ada "the first" \\ Lovelace', "Ada Łovelace 🧵"])
def test_an_author_is_written_as_it_is(author: str) -> None:
    data = tomllib.loads(rendered(names_of("acme-nodes"), author)["pyproject.toml"])
    assert data["project"]["authors"] == [{"name": author}]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.1.0", ">=0.1,<0.2"),
        ("0.12.3", ">=0.12,<0.13"),
        ("1.4.2", ">=1.4,<2"),
        ("0.2.0.dev3", ">=0.2.0.dev3,<0.3"),
        ("2.0.0rc1", ">=2.0.0rc1,<3"),
    ],
)
def test_the_range_of_weft_admits_the_version_it_was_made_with(version: str, expected: str) -> None:
    assert weft_range(version) == expected
    assert SpecifierSet(expected).contains(version, prereleases=True)
