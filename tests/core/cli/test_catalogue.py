"""`weft nodes`, `weft cache`, `weft --version`, and the commands of plugins."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path

import pytest

from core.cli.support import InProcess, Shell
from weft import cli


def test_nodes_by_group(in_process: InProcess) -> None:
    done = in_process("nodes")
    assert done.code == 0
    groups = [line for line in done.out.splitlines() if line and not line.startswith(" ")]
    assert groups == sorted(groups)
    assert {"file", "many", "number", "out"} <= set(groups)
    assert any(line.split()[:2] == ["test:number.int", "A"] for line in done.out.splitlines())


def test_one_node(in_process: InProcess) -> None:
    done = in_process("nodes", "test:many.values")
    assert done.code == 0
    rows = [" ".join(line.split()) for line in done.out.splitlines()]
    assert rows[0] == "test:many.values version 1, from weft_test_nodes 0.1"
    assert "Gives its inputs back." in rows
    assert 'text str = "" any text.' in rows
    assert "steps int = 20 an integer from 1 to 100" in rows
    assert "mode str = \"fast\" one of 'fast', 'slow'" in rows
    assert "maybe int = null an integer or null" in rows
    assert rows[-2:] == ["outputs", "value str"]
    assert "the name of a file in 'checkpoints'" in in_process("nodes", "test:file.pick").out
    assert "required" in in_process("nodes", "test:out.write").out


def test_nodes_as_json(in_process: InProcess) -> None:
    data = json.loads(in_process("nodes", "--json").out)
    assert {one["id"] for one in data["nodes"]} >= {"test:number.int", "test:out.write"}
    assert {"int", "str"} <= {one["id"] for one in data["kinds"]}
    assert data["plugins"]["weft_test_nodes"] == "0.1"
    assert data["failed"] == {}
    one = json.loads(in_process("nodes", "--json", "test:number.int").out)
    assert one["inputs"][0]["schema"]["maximum"] == 100


def test_misspelt_type(in_process: InProcess) -> None:
    done = in_process("nodes", "test:number.itn")
    assert done.code == 2
    assert "did you mean 'test:number.int'?" in done.err
    assert in_process("nodes", "--json", "test:number.itn").last["event"] == "refused"


def test_broken_plugin_is_listed_and_hurts_nobody(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch, broken_folder: Path, weft: Shell
) -> None:
    monkeypatch.syspath_prepend(broken_folder)
    monkeypatch.setenv("PYTHONPATH", f"{broken_folder}{os.pathsep}{os.environ['PYTHONPATH']}")
    done = in_process("nodes")
    assert done.code == 0
    assert "test:number.int" in done.out
    assert "broken: RuntimeError: broken on purpose" in done.err
    assert "Traceback" in in_process("nodes", "-v").err
    data = json.loads(in_process("nodes", "--json").out)
    assert "broken on purpose" in data["failed"]["broken"]
    assert "failed to load: broken" in in_process("nodes", "nothing.like_it").err
    file = str(weft.write("lost.json", {"weft": 1, "nodes": {"a": {"type": "lost:some.node"}}}))
    said = "plugins.broken: failed to load: RuntimeError: broken on purpose"
    assert said in in_process("validate", file).err
    assert said in in_process("run", file).err


def test_cache(in_process: InProcess, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    done = in_process("cache", "--cache-dir", str(folder))
    assert done.code == 0
    assert str(folder) in done.out
    assert not folder.exists()
    (folder / "catalogue").mkdir(parents=True)
    (folder / "catalogue" / "one.json").write_text("{}")
    (folder / "mine.txt").write_text("a person's own")
    data = json.loads(in_process("cache", "--cache-dir", str(folder), "--json").out)
    assert data["disk"]["values"] == 0
    assert data["disk"]["budget"] == 4 * 1024**3
    assert data["kept"]["catalogues"] == {
        "files": 1,
        "bytes": 2,
        "path": str(folder / "catalogue"),
    }
    assert in_process("cache", "--cache-dir", str(folder), "clear").code == 0
    assert (folder / "catalogue" / "one.json").exists()
    assert in_process("cache", "--cache-dir", str(folder), "clear", "--all").code == 0
    assert [one.name for one in folder.iterdir()] == ["mine.txt"]


def test_version_and_help(in_process: InProcess) -> None:
    assert in_process("--version").out == f"weft {version('weft')}\n"
    done = in_process("--help")
    assert done.code == 0
    for command in ("run", "validate", "nodes", "format", "schema", "cache", "hello"):
        assert f"\n  {command} " in done.out
    assert in_process().code == 2
    assert in_process("rnu").code == 2


def test_command_of_a_plugin(in_process: InProcess) -> None:
    assert in_process("hello", "--name", "Weft").out == "hello Weft\n"
    assert "Say hello." in in_process("hello", "--help").out


def test_entry_point_is_main(weft: Shell) -> None:
    assert callable(cli.main)
    assert weft("--version").out.startswith("weft ")
