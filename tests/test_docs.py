"""What the documents say is run as it stands."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCTESTED = ["weft.build", "weft.kinds", "weft.node"]


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_python_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    library, _, own_node = blocks("README.md", "python")  # the server's: tests/web
    names: dict[str, object] = {}
    exec(compile(library, "README.md", "exec"), names)
    image = names["image"]
    assert list(image.shape) == [1, 128, 128, 3]  # type: ignore[attr-defined]
    assert capsys.readouterr().out == "42\n"
    exec(compile(own_node, "README.md", "exec", dont_inherit=True), names)
    assert names["blend"](0.0, 1.0, amount=0.25) == 0.25  # type: ignore[operator]


def test_the_first_node_of_the_guide_works() -> None:
    import torch

    (source,) = blocks("CONTRIBUTING.md", "python") or [""]
    source = re.sub(r"(?m)^   ", "", source)
    names: dict[str, object] = {"__name__": "guide"}
    exec(compile(source, "CONTRIBUTING.md", "exec", dont_inherit=True), names)
    faded = names["fade"](torch.ones(1, 2, 2, 3), amount=1.0)  # type: ignore[operator]
    assert torch.equal(faded, torch.full((1, 2, 2, 3), 0.5))


@pytest.mark.parametrize("module", DOCTESTED)
def test_examples_in_docstrings(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0
    assert failed == 0


def test_files_named_in_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"`(workflows/[\w-]+\.json)`", text))
    named |= set(re.findall(r"\]\((?!http)([^)#]+)\)", text))
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert not missing
    shipped = {f"workflows/{path.name}" for path in (ROOT / "workflows").glob("*.json")}
    assert shipped <= named
