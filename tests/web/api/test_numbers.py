"""No number changes on its way to a browser and back: 4.0 stays 4.0, and seeds keep all digits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from web.live import Answer, LiveServer, live
from web.stand_in import StandIn
from weft import Workflow

# Literals as the canonical file writes them.
LITERALS = [
    "4.0", "4", "-0.0", "0.1", "1e-07", "2.5e-08", "123456789012345.0", "1e+22", "5e-324",
    "1.7976931348623157e+308", "9007199254740993", "18446744073709551615", "-9007199254740993",
    "1180591620717411303424",
]  # fmt: skip
JSON = {"Content-Type": "application/json"}
NODE = '{"type": "acme:any.thing", "version": 1, "values": {"a": [%s], "b": {"c": %s}}}'


def document(literals: list[str] = LITERALS) -> str:
    """A workflow's text with the literals in it, in places where the engine keeps any JSON."""
    node = NODE % (", ".join(literals), literals[0])
    return Workflow.loads('{"weft": 1, "nodes": {"a": ' + node + "}}").dumps()


def kept(answer: Answer) -> str:
    """The canonical text of the workflow in an answer, every literal read as it stands there."""
    data = json.loads(answer.body, parse_float=Text, parse_int=Text)
    found = data.get("error", data)["workflow"]
    values = found["nodes"]["a"]["values"]
    assert [same(one) for one in values["a"]] == LITERALS
    assert same(values["b"]["c"]) == LITERALS[0]
    plain = json.loads(answer.body)
    return Workflow.from_data(plain.get("error", plain)["workflow"]).dumps()


class Text(str):
    """A number as it is written."""

    __slots__ = ()


def same(literal: Text) -> str:
    """A float's text in the canonical spelling: 1e22 is 1e+22. An integer's as it is."""
    return repr(float(literal)) if set(literal) & set(".eE") else str(literal)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with live(tmp_path, StandIn()) as server:
        yield server


def send(server: LiveServer, method: str, path: str, **more: Any) -> Answer:
    """Send a workflow's canonical text as it is, with other fields beside it."""
    rest = json.dumps(more)[1:-1]
    raw = f'{{"workflow": {document()}{", " if rest else ""}{rest}}}'.encode()
    return server.request(method, path, raw=raw, headers=JSON)


def submit(server: LiveServer, text: str) -> Answer:
    return server.request("POST", "/api/jobs", raw=text.encode(), headers=JSON)


def test_a_saved_workflow_comes_back_with_the_same_literals(server: LiveServer) -> None:
    assert send(server, "PUT", "/api/workflows/mine", revision=0).status == 201
    assert kept(server.get("/api/workflows/mine")) == document()
    assert kept(server.get("/api/workflows/mine?revision=1")) == document()
    # The same text again is no new revision; nothing of it was read as another number.
    assert send(server, "PUT", "/api/workflows/mine", revision=1).json["revision"] == 1


def test_so_does_the_other_workflow_of_a_conflict(server: LiveServer) -> None:
    send(server, "PUT", "/api/workflows/mine", revision=0)
    late = server.put("/api/workflows/mine", {"workflow": {"weft": 1}, "revision": 0})
    assert late.status == 409
    assert kept(late) == document()


def test_so_does_the_workflow_of_a_job(server: LiveServer) -> None:
    nodes = {
        "seed": ("primitive.int", "9007199254740993"),
        "most": ("primitive.int", "9223372036854775807"),
        "whole": ("primitive.float", "4.0"),
        "small": ("primitive.float", "1e-07"),
    }
    parts = [
        f'"{id}": {{"type": "{type}", "version": 1, "values": {{"value": {value}}}}}'
        for id, (type, value) in nodes.items()
    ]
    workflow = '{"weft": 1, "nodes": {' + ", ".join(parts) + "}}"
    raw = f'{{"workflow": {workflow}, "targets": {json.dumps(list(nodes))}}}'.encode()
    sent = server.request(
        "POST", "/api/jobs", raw=raw, headers={"Content-Type": "application/json"}
    )
    assert sent.status == 202, sent.body
    body = server.get(f"/api/jobs/{sent.json['id']}").body
    data = json.loads(body, parse_float=Text, parse_int=Text)
    found = {id: same(one["values"]["value"]) for id, one in data["workflow"]["nodes"].items()}
    assert found == {id: value for id, (_, value) in nodes.items()}


def test_parameters_keep_theirs(server: LiveServer) -> None:
    workflow = {
        "weft": 1,
        "nodes": {"a": {"type": "primitive.float", "version": 1, "values": {"value": 1.5}}},
        "parameters": {"amount": "a.value"},
    }
    raw = (
        f'{{"workflow": {json.dumps(workflow)}, "targets": ["a"], "parameters": {{"amount": 4.0}}}}'
    )
    sent = server.request(
        "POST", "/api/jobs", raw=raw.encode(), headers={"Content-Type": "application/json"}
    )
    assert sent.status == 202, sent.body
    body = server.get(f"/api/jobs/{sent.json['id']}").body.decode()
    assert '"values":{"value":4.0}' in body.replace(" ", "")
    assert '"parameters":{"amount":4.0}' in body.replace(" ", "")
