"""`weft validate`, `weft format` and `weft schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli.support import InProcess, Shell, node
from weft.workflow import Workflow


def test_valid(in_process: InProcess, flow: Path) -> None:
    done = in_process("validate", str(flow))
    assert done.code == 0
    assert done.out == ""
    assert done.err == f"valid: {flow}, 4 nodes\n"
    assert in_process("validate", "--json", str(flow)).last == {"valid": True, "problems": []}
    assert in_process("validate", "-", stdin=flow.read_bytes()).code == 0


def test_every_problem_at_once(in_process: InProcess, weft: Shell) -> None:
    nodes = {
        "count": node("number.int", {"value": 500}),
        "sampler": node("many.values", {"stesp": 3}, text="count.value"),
        "pick": node("file.pick", {"file": "b.safetensors"}),
        "write": node("out.wriet", value="count.value"),
        "lost": node("out.write", value="nobody.value"),
    }
    data = {"weft": 1, "nodes": nodes, "parameters": {"p": "count.valeu"}}
    models = weft.folder / "models" / "checkpoints"
    models.mkdir(parents=True)
    (models / "a.safetensors").touch()
    file = str(weft.write("wrong.json", data))
    done = in_process("validate", file, "--json")
    assert done.code == 2
    assert done.last["valid"] is False
    problems = {one["path"]: one for one in done.last["problems"]}
    assert set(problems) == {
        "nodes.count.value",
        "nodes.sampler.stesp",
        "nodes.sampler.text",
        "nodes.pick.file",
        "nodes.write.type",
        "nodes.lost.value",
        "parameters.p",
    }
    assert problems["nodes.count.value"] == {
        "path": "nodes.count.value",
        "message": "wrong value",
        "expected": "an integer from 1 to 100",
        "got": "500",
    }
    assert problems["nodes.sampler.stesp"]["suggestion"] == "steps"
    assert problems["nodes.pick.file"]["suggestion"] == "a.safetensors"
    text = in_process("validate", file).err
    assert "7 problems" in text
    assert "nodes.sampler.text: wrong kind from count.value; expected str, got int" in text


def test_model_files_are_found_where_they_are(in_process: InProcess, weft: Shell) -> None:
    nodes = {"pick": node("file.pick"), "show": node("out.show", value="pick.value")}
    file = str(weft.write("pick.json", {"weft": 1, "nodes": nodes}))
    other = weft.folder / "elsewhere"
    (other / "checkpoints").mkdir(parents=True)
    assert in_process("validate", file).code == 2
    (other / "checkpoints" / "a.safetensors").touch()
    assert in_process("validate", file).code == 2
    for command in ("validate", "run"):
        assert in_process(command, file, "--models", "nowhere", "--models", str(other)).code == 0


def test_problems_of_the_document(in_process: InProcess, weft: Shell) -> None:
    data = {"weft": 2, "ndoes": {}, "nodes": {"a.b": node("number.int"), "c": {"tpye": "x"}}}
    done = in_process("validate", "--json", str(weft.write("wrong.json", data)))
    assert done.code == 2
    paths = [one["path"] for one in done.last["problems"]]
    assert {"weft", "ndoes", "nodes.a.b", "nodes.c.type", "nodes.c.tpye"} <= set(paths)
    assert (
        next(one for one in done.last["problems"] if one["path"] == "ndoes")["suggestion"]
        == "nodes"
    )


MESSY = {
    "view": {"nodes": {"b": [1.23456, 2.0]}},
    "nodes": {
        "b": {
            "links": {"z": "a.out", "y": "a.other"},
            "type": "unknown:plugin.node",
            "title": "T",
            "mode": "mute",
            "version": 12,
            "values": {
                "n": None,
                "f": 1.0,
                "i": 1,
                "big": 2**64,
                "t": "ü\u2028\u0000",
                "deep": {"b": [None, {}], "a": []},
            },
        },
        "a": {"type": "x:y.z"},
    },
    "requires": {"acme-nodes": ">=1.2"},
    "parameters": {"p": ["b.f", "b.i"]},
    "subgraphs": {"s": {"nodes": {"i": {"type": "q:r.s"}}, "inputs": {"in": "i.x"}}},
    "weft": 1,
}


def test_format_loses_nothing(in_process: InProcess, weft: Shell) -> None:
    file = weft.write("messy.json", MESSY)
    done = in_process("format", str(file))
    assert done.code == 0
    data = json.loads(done.out)
    assert data["nodes"]["b"] == MESSY["nodes"]["b"]  # type: ignore[index]
    assert data["requires"] == MESSY["requires"]
    assert data["parameters"] == MESSY["parameters"]
    assert data["view"] == {"nodes": {"b": [1.23, 2]}}
    assert data["subgraphs"]["s"]["nodes"]["i"]["type"] == "q:r.s"
    assert list(data) == ["weft", "nodes", "parameters", "requires", "subgraphs", "view"]
    assert Workflow.loads(done.out) == Workflow.loads(
        json.dumps(MESSY | {"view": {"nodes": {"b": [1.23, 2]}}})
    )
    assert done.out == Workflow.load(file).dumps()


def test_format_in_place(in_process: InProcess, weft: Shell) -> None:
    file = weft.write("messy.json", MESSY)
    assert in_process("format", "--check", str(file)).code == 1
    assert json.loads(file.read_text("utf-8")) == MESSY
    assert in_process("format", "-w", str(file)).code == 0
    assert file.read_text("utf-8") == in_process("format", str(file)).out
    stamp = file.stat().st_mtime_ns
    assert in_process("format", "--check", str(file)).code == 0
    assert in_process("format", "--write", str(file)).code == 0
    assert file.stat().st_mtime_ns == stamp
    assert in_process("format", "--write", "-", stdin=b"{}").code == 2
    assert in_process("format", "--write", "--check", str(file)).code == 2


def test_format_requires(in_process: InProcess, flow: Path) -> None:
    assert "requires" not in json.loads(in_process("format", str(flow)).out)
    data = json.loads(in_process("format", "--requires", str(flow)).out)
    assert data["requires"] == {"weft_test_nodes": ">=0.1"}


@pytest.mark.parametrize("value", ["1e999", '"\\ud800"', "-1e999"])
def test_what_a_file_cannot_hold(in_process: InProcess, weft: Shell, value: str) -> None:
    text = '{"weft": 1, "nodes": {"a": {"type": "x:y.z", "values": {"v": ' + value + "}}}}"
    file = weft.write("odd.json", text)
    for args in (["format", "-w"], ["validate"], ["run", "--json"], ["format"]):
        done = in_process(*args, str(file))
        assert done.code == 2
        assert done.err.startswith("error: ")
    assert file.read_text() == text


def test_schema(in_process: InProcess, weft: Shell) -> None:
    done = in_process("schema")
    assert done.code == 0
    data = json.loads(done.out)
    assert data["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(data["properties"]) == set(Workflow.model_fields)
    assert "NodeDocument" in data["$defs"]
