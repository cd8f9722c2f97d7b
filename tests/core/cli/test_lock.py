"""`weft lock` and `weft run --locked`, as a person uses them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.cli.support import InProcess, Shell, node
from core.sites import Site


@pytest.fixture
def site(weft: Shell, in_process: InProcess, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Few distributions, which hide the real ones, so that there is little to read."""
    site = Site.on_path(weft.folder / "site", monkeypatch)
    site.add("weft", requires=["torch"])
    site.torch("2.9", "2.9+cpu")
    return site


@pytest.fixture
def pick(weft: Shell, site: Site) -> Path:
    """A workflow that names a model, as a parameter."""
    models = weft.folder / "models" / "checkpoints"
    models.mkdir(parents=True)
    for name in "ab":
        (models / f"{name}.safetensors").write_text(name)
    nodes = {"pick": node("file.pick"), "show": node("out.show", value="pick.value")}
    return weft.write(
        "pick.json", {"weft": 1, "nodes": nodes, "parameters": {"model": "pick.file"}}
    )


def edit(path: Path, *keys: str, value: object) -> None:
    data: Any = json.loads(path.read_text("utf-8"))
    inner = data
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_text(json.dumps(data))


def test_write_check_and_run(in_process: InProcess, weft: Shell, pick: Path) -> None:
    lock = weft.folder / "pick.lock.json"
    done = in_process("lock", "pick.json")
    said = "pick.lock.json: 3 distributions, 1 model, 0 input files\n"
    assert (done.code, done.out, done.err) == (0, "", f"wrote {said}")
    text = lock.read_text("utf-8")
    assert in_process("lock", "pick.json").err == f"unchanged: {said}"
    done = in_process("lock", "pick.json", "--check")
    assert (done.code, done.out, done.err) == (0, "", "pick.lock.json holds\n")
    # What a parameter gives is the caller's, unless it is a model.
    assert in_process("run", "pick.json", "--locked", "--dry-run").code == 0
    done = in_process("run", "pick.json", "--locked", "--json")
    assert (done.code, done.last["status"]) == (0, "done")
    assert in_process("run", "pick.json", "--model", "b.safetensors").code == 0
    done = in_process("run", "pick.json", "--locked", "--json", "--model", "b.safetensors")
    assert done.code == 2
    assert done.last["event"] == "refused"
    assert [one["path"] for one in done.last["problems"]] == ["nodes.pick.file"]
    assert in_process("lock", "pick.json", "--also", "checkpoints/b.safetensors").code == 0
    assert in_process("run", "pick.json", "--locked", "--model", "b.safetensors").code == 0
    assert lock.read_text("utf-8") != text


def test_a_run_under_another_environment_is_refused(
    in_process: InProcess, weft: Shell, pick: Path, site: Site
) -> None:
    in_process("lock", "pick.json")
    lock = weft.folder / "pick.lock.json"
    edit(lock, "distributions", "acme-nodes", value={"version": "1.2"})
    edit(lock, "python", "version", value="3.9.1")
    site.torch("2.9", "2.9+cu128", cuda="12.8")
    for command in (["run", "pick.json", "--locked"], ["lock", "pick.json", "--check"]):
        done = in_process(*command)
        assert done.code == (2 if command[0] == "run" else 1)
        assert done.out == ""
        assert "3 problems\n" in done.err
        assert "acme-nodes: is not installed; `pip install 'acme-nodes==1.2'` brings it" in done.err
        assert "python: is another one" in done.err
        assert "expected 2.9+cpu, got 2.9+cu128 for CUDA 12.8" in done.err
    done = in_process("lock", "pick.json", "--check", "--json")
    assert (done.code, done.last["lock"], done.last["holds"]) == (1, "pick.lock.json", False)
    paths = [one["path"] for one in done.last["problems"]]
    assert sorted(paths) == ["distributions.acme-nodes", "python", "torch"]
    # It is said of each difference, before what is wrong with the workflow itself.
    assert in_process("run", "pick.json", "--set", "pick.file=b.safetensors").code == 0


def test_a_changed_workflow_is_refused(in_process: InProcess, weft: Shell, pick: Path) -> None:
    in_process("lock", "pick.json")
    edit(pick, "nodes", "pick", "values", value={"file": "b.safetensors"})
    done = in_process("run", "pick.json", "--lock", "pick.lock.json")
    assert done.code == 2
    assert done.err.startswith("error: pick.json is not as pick.lock.json says: 2 problems\n")
    assert "nodes.pick: has changed since the lock was made" in done.err
    assert "nodes.pick.file: is a model that is not in the lock" in done.err


def test_where_the_lock_is(in_process: InProcess, weft: Shell, pick: Path) -> None:
    done = in_process("run", "pick.json", "--locked")
    assert done.code == 2
    assert "there is no lock; `weft lock pick.json` writes one" in done.err
    assert in_process("lock", "pick.json", "--check").code == 1
    assert in_process("lock", "pick.json", "--output", "other.lock").code == 0
    assert in_process("run", "pick.json", "--lock", "other.lock").code == 0
    printed = in_process("lock", "pick.json", "--output", "-").out
    assert printed == (weft.folder / "other.lock").read_text("utf-8")
    text = pick.read_bytes()
    assert in_process("lock", "-", "--output", "-", stdin=text).out == printed
    assert in_process("run", "-", "--lock", "other.lock", stdin=text).code == 0
    for command in (["lock", "-"], ["run", "-", "--locked"]):
        done = in_process(*command, stdin=text)
        assert done.code == 2
        assert "on stdin has no" in done.err
    assert not (weft.folder / "pick.lock.json").exists()


def test_what_cannot_be_asked_for(in_process: InProcess, weft: Shell, pick: Path) -> None:
    for command, message in [
        (["--check", "--requirements"], "only one of them"),
        (["--check", "--output", "-"], "names none"),
        (["--output", "pick.json"], "is the workflow itself"),
        (["--also", "a.safetensors"], "expected FOLDER/NAME"),
        (["--also", "checkpoints/c.safetensors"], "no file 'c.safetensors'"),
    ]:
        done = in_process("lock", "pick.json", *command)
        assert done.code == 2
        assert message in done.err
    (weft.folder / "pick.lock.json").write_text("{}")
    for command in (["lock", "pick.json", "--check"], ["run", "pick.json", "--locked"]):
        done = in_process(*command)
        assert done.code == 2
        assert "this is no lock" in done.err
    weft.write("wrong.json", {"weft": 1, "nodes": {"a": node("no.such")}})
    done = in_process("lock", "wrong.json")
    assert done.code == 2
    assert done.err.startswith("error: wrong.json: 1 problem\n")
    assert not (weft.folder / "wrong.lock.json").exists()


def test_requirements_are_those_of_the_lock(in_process: InProcess, weft: Shell, pick: Path) -> None:
    lines = in_process("lock", "pick.json", "--requirements").out.splitlines()
    assert lines[1:] == ["# torch is the build 2.9+cpu", "torch==2.9", "weft==1.0",
                         "weft-test-nodes==0.1"]  # fmt: skip
    in_process("lock", "pick.json")
    # On another machine the nodes are not installed yet, and the lock says all the same.
    edit(pick, "nodes", "pick", "type", value="acme:no.such")
    edit(weft.folder / "pick.lock.json", "distributions", "acme-nodes", value={"version": "1.2"})
    assert "acme-nodes==1.2" in in_process("lock", "pick.json", "--requirements").out.splitlines()
    done = in_process("lock", "pick.json", "--requirements", "--json")
    assert done.last["requirements"][0] == "acme-nodes==1.2"


def test_json_and_what_is_missing(in_process: InProcess, pick: Path, site: Site) -> None:
    site.add("weft", requires=["torch", "nobody-has-it"])
    assert (
        "warning: required, and not installed: nobody-has-it" in in_process("lock", str(pick)).err
    )
    assert in_process("lock", str(pick), "--json").last == {
        "lock": str(pick.with_suffix(".lock.json")),
        "changed": False,
        "missing": ["nobody-has-it"],
        "distributions": 3,
        "models": 1,
        "inputs": 0,
    }
    assert in_process("lock", str(pick), "--check", "--json").last == {
        "lock": str(pick.with_suffix(".lock.json")),
        "holds": True,
        "problems": [],
    }


def test_the_program_of_the_guide_runs(
    in_process: InProcess, pick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pick.rename(pick.with_name("flow.json"))
    assert in_process("lock", "flow.json").code == 0
    guide = (Path(__file__).parents[3] / "docs" / "lock.md").read_text("utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "lock.md", "exec"), names)
    assert capsys.readouterr().out == ""
    assert names["lock"].models["checkpoints"].keys() == {"a.safetensors"}


def test_torch_is_not_imported(weft: Shell, pick: Path) -> None:
    code = "import sys; from weft.cli import app; app(sys.argv[1:], standalone_mode=False); "
    code += "assert not {'torch', 'weft_test_nodes.nodes'} & set(sys.modules), 'imported'"
    for command in (["lock", "pick.json"], ["run", "pick.json", "--locked", "--dry-run"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *command],
            cwd=weft.folder, env=weft.env, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
