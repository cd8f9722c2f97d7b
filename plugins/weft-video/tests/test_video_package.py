"""The distribution: what its wheel holds, and what is imported only when it is used."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def test_the_wheel_holds_the_package_its_workflows_and_its_licence(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    script = f"import hatchling.build as h; h.build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (points,) = (name for name in names if name.endswith("entry_points.txt"))
        assert "[weft]\nvideo = weft_video.plugin" in archive.read(points).decode()
    package = ROOT / "weft_video"
    for path in package.rglob("*"):
        if path.suffix in (".py", ".json"):
            assert path.relative_to(ROOT).as_posix() in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "test" in name or "__pycache__" in name]


def test_nothing_heavy_is_imported_to_describe_the_plugin() -> None:
    modules = "weft_video.plugin", "weft_video.clip", *_node_modules()
    script = (
        f"import importlib, sys\nfor one in {modules!r}: importlib.import_module(one)\n"
        "print(sorted({'torch', 'av', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == "[]"


def _node_modules() -> tuple[str, ...]:
    from weft_video.plugin import weft_node_modules

    return tuple(weft_node_modules())


def test_every_library_that_is_imported_is_declared() -> None:
    import ast

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {Requirement(one).name for one in project["dependencies"]}
    found = set()
    for path in (ROOT / "weft_video").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    others = found - sys.stdlib_module_names - {"weft_video"}
    names = {"PIL": "pillow", "weft_nodes": "weft"}
    assert {names.get(one, one) for one in others} == declared
