"""The rules of the house that import-linter cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import weft

ROOT = Path(__file__).parent.parent
USERS = ["nodes/weft_nodes", "web/weft_web"]


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    for statement in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(statement, ast.Import):
            yield from ((alias.name, None) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            yield from ((statement.module, alias.name) for alias in statement.names)


@pytest.mark.parametrize("folder", USERS)
def test_users_of_the_engine_import_only_its_public_names(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        for module, name in imports(path):
            if module.partition(".")[0] == "weft":
                assert module == "weft", f"{path} imports {module}"
                assert name is None or name in weft.__all__, f"{path} imports weft.{name}"


def test_importing_weft_and_its_nodes_imports_no_tensor_library() -> None:
    names = [
        ".".join(path.relative_to(ROOT / "nodes").with_suffix("").parts)
        for path in sorted((ROOT / "nodes/weft_nodes/nodes").glob("*.py"))
        if path.name != "__init__.py"
    ]
    assert "weft_nodes.nodes.sampling" in names
    code = f"""
import importlib, sys
for name in {["weft", "weft.cli", "weft.engine", "weft_nodes.plugin", *names]!r}:
    importlib.import_module(name)
heavy = {{"torch", "diffusers", "transformers", "numpy", "PIL"}} & sys.modules.keys()
print(sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists() -> None:
    for name in weft.__all__:
        assert not isinstance(getattr(weft, name), ModuleType), f"a module hides weft.{name}"


def test_every_package_module_has_a_docstring() -> None:
    for folder in ("core/weft", "nodes/weft_nodes", "web/weft_web", "training/weft_training"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{path} says nothing"
