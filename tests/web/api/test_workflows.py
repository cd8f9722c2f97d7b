"""Saved workflows, checking and planning over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from web.live import LiveServer, live, texts
from web.stand_in import StandIn
from weft_web.settings import Limits
from weft_web.workers.pool import AskError


@pytest.fixture
def pool() -> StandIn:
    return StandIn()


@pytest.fixture
def server(tmp_path: Path, pool: StandIn) -> Iterator[LiveServer]:
    with live(tmp_path, pool) as server:
        yield server


def flow(text: str = "hello", **more: Any) -> dict[str, Any]:
    workflow: dict[str, Any] = texts(text)["workflow"]
    return workflow | more


def save(server: LiveServer, name: str, revision: int, **more: Any) -> dict[str, Any]:
    answer = server.put(f"/api/workflows/{name}", {"revision": revision, **more})
    assert answer.status in (200, 201), answer.body
    found: dict[str, Any] = answer.json
    return found


def test_a_workflow_is_saved_with_its_history(server: LiveServer) -> None:
    given = flow("one", parameters={"word": "text0.value"})
    answer = server.put(
        "/api/workflows/mine", {"workflow": given, "revision": 0, "message": "first"}
    )
    assert answer.status == 201
    assert (answer.json["revision"], answer.json["nodes"]) == (1, 1)
    assert answer.json["parameters"] == ["word"]
    assert save(server, "mine", 1, workflow=flow("two"))["revision"] == 2
    assert [one["name"] for one in server.get("/api/workflows").json["workflows"]] == ["mine"]
    newest = server.get("/api/workflows/mine").json
    assert newest["workflow"]["nodes"]["text0"]["values"] == {"value": "two"}
    oldest = server.get("/api/workflows/mine?revision=1").json
    assert (oldest["revision"], oldest["workflow"]) == (1, given)
    history = server.get("/api/workflows/mine/history").json["revisions"]
    assert [(one["revision"], one["message"]) for one in history] == [(2, None), (1, "first")]


@pytest.mark.parametrize("name", ["{x}", "a }b{ c", "%7B", "50 %"])
def test_a_name_may_be_unusual(server: LiveServer, name: str) -> None:
    path = f"/api/workflows/{quote(name, safe='')}"
    assert server.put(path, {"revision": 0, "workflow": flow()}).status == 201
    assert server.get(path).json["name"] == name
    assert len(server.get(f"{path}/history").json["revisions"]) == 1
    assert server.delete(path).status == 200


def test_nobodys_work_is_overwritten(server: LiveServer) -> None:
    save(server, "mine", 0, workflow=flow("one"))
    save(server, "mine", 1, workflow=flow("two"))
    late = server.put("/api/workflows/mine", {"workflow": flow("late"), "revision": 1})
    assert (late.status, late.code) == (409, "conflict")
    assert late.json["error"]["revision"] == 2
    assert late.json["error"]["workflow"] == flow("two")
    new = server.put("/api/workflows/mine", {"workflow": flow("new"), "revision": 0})
    assert new.status == 409
    assert server.get("/api/workflows/mine").json["revision"] == 2


def test_a_workflow_is_renamed_and_deleted(server: LiveServer) -> None:
    save(server, "old", 0, workflow=flow("one"))
    save(server, "taken", 0, workflow=flow("two"))
    rename = "/api/workflows/old/rename"
    assert server.post(rename, {"name": "taken", "revision": 1}).status == 409
    assert server.post(rename, {"name": "new", "revision": 7}).status == 409
    assert server.post(rename, {"name": "../x", "revision": 1}).status == 422
    assert server.post(rename, {"name": "naïve new", "revision": 1}).json["name"] == "naïve new"
    assert server.get("/api/workflows/old").status == 404
    assert server.get("/api/workflows/na%C3%AFve%20new").json["workflow"] == flow("one")
    assert server.delete("/api/workflows/na%C3%AFve%20new").json == {"deleted": 1}
    assert server.delete("/api/workflows/na%C3%AFve%20new").status == 404


def test_an_unfinished_workflow_with_unknown_nodes_is_kept_as_it_is(server: LiveServer) -> None:
    node = {"type": "acme:thing.do", "version": 7, "values": {"x": [1, {"y": None}]},
            "links": {"in": "nowhere.out"}}  # fmt: skip
    given = {"weft": 1, "nodes": {"a": node}, "view": {"nodes": {"a": [1, 2]}}}
    save(server, "odd", 0, workflow=given)
    assert server.get("/api/workflows/odd").json["workflow"] == given


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"workflow": {"weft": 1}}, 422),
        ({"workflow": {"weft": 1}, "revision": -1}, 422),
        ({"workflow": {"weft": 1}, "revision": 2**70}, 422),
        ({"workflow": {"weft": 2}, "revision": 0}, 422),
        ({"workflow": {"weft": 1, "nodes": []}, "revision": 0}, 422),
        ({"workflow": {"weft": 1, "nodes": {"a.b": {"type": "x"}}}, "revision": 0}, 422),
        ({"workflow": {"weft": 1}, "revision": 3}, 409),
        ({"workflow": {"weft": 1}, "revision": 0, "message": "\ud800"}, 400),
    ],
)
def test_what_is_no_workflow_is_not_saved(server: LiveServer, body: object, status: int) -> None:
    assert server.put("/api/workflows/x", body).status == status
    assert server.get("/api/workflows").json == {"workflows": []}


@pytest.mark.parametrize(
    "name", ["a%2fb", "..", "%2e%2e", ".x", "x.", "%20", "a%00", "a:b", "x" * 121]
)
def test_a_name_that_is_none_is_refused(server: LiveServer, name: str) -> None:
    body = {"workflow": flow(), "revision": 0}
    assert server.put(f"/api/workflows/{name}", body).status in (404, 405, 422)
    for suffix in ("", "/history"):
        assert server.get(f"/api/workflows/{name}{suffix}").status == 404


def test_a_workflow_may_have_so_many_nodes(tmp_path: Path) -> None:
    with live(tmp_path, StandIn(), limits=Limits(nodes=3)) as server:
        nodes = {f"n{number}": {"type": "primitive.text"} for number in range(4)}
        given = {"weft": 1, "nodes": nodes}
        answer = server.put("/api/workflows/x", {"workflow": given, "revision": 0})
        assert answer.status == 413
        refused = server.post("/api/jobs", {"workflow": given, "targets": ["n0"]})
        assert refused.status in (413, 422)


def test_every_problem_is_told_at_once(server: LiveServer, pool: StandIn) -> None:
    assert server.post("/api/validate", texts()).json == {"valid": True, "problems": []}
    wrong = flow()
    wrong["nodes"]["b"] = {"type": "primitive.txt"}
    wrong["nodes"]["c"] = {"type": "primitive.int", "values": {"value": "x"}}
    told = server.post("/api/validate", {"workflow": wrong}).json
    assert told["valid"] is False
    assert {one["path"] for one in told["problems"]} == {"nodes.b.type", "nodes.c.value"}
    assert "primitive.text" in {one["suggestion"] for one in told["problems"]}
    assert server.post("/api/validate", {"workflow": []}).status == 422
    assert not pool.asked
    assert not pool.ran


def test_a_plan_says_what_would_run(server: LiveServer, pool: StandIn) -> None:
    pool.answers["plan"] = {
        "nodes": {
            "text0": {"action": "run", "reason": "new", "where": None},
            "text1": {"action": "cached", "reason": None, "where": "host"},
        }
    }
    plan = server.post("/api/plan", texts("a", "b")).json
    assert (plan["run"], plan["cached"], plan["unneeded"]) == (1, 1, 0)
    assert plan["nodes"]["text1"] == {"action": "cached", "reason": None, "tier": "host"}
    assert pool.asked[0][1]["targets"] == ["text0", "text1"]
    problem = {"path": "nodes.text0", "message": "is wrong"}
    pool.answers["plan"] = AskError("wrong", (problem,))
    refused = server.post("/api/plan", texts("a"))
    assert (refused.status, refused.code) == (422, "invalid_workflow")
    pool.answers["plan"] = AskError("no worker is ready")
    refused = server.post("/api/plan", texts("a"))
    assert (refused.status, refused.code) == (503, "unanswered")
    assert server.post("/api/plan", {"workflow": {"weft": 1}}).status == 422


@pytest.mark.parametrize("nodes", [5, None, True, "x", [1]])
def test_what_is_no_workflow_is_refused(server: LiveServer, nodes: object) -> None:
    body = {"workflow": {"weft": 1, "nodes": nodes}, "revision": 0}
    answer = server.put("/api/workflows/mine", body)
    assert (answer.status, answer.code) == (422, "invalid_workflow")
    assert answer.json["error"]["problems"][0]["path"] == "nodes"


def test_the_list_shows_what_each_made_last(tmp_path: Path) -> None:
    """A picture, of a job since the workflow was made; of none that made no picture."""
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
    made = (({"name": "a.txt", "mime": "text/plain"}, b"text"), ({"mime": "image/png"}, png))
    with live(tmp_path, StandIn(made=made)) as server:

        def shown() -> dict[str, Any]:
            found = server.get("/api/workflows").json["workflows"]
            return {one["name"]: one["thumbnail"] for one in found}

        server.wait(server.submit("x", name="mine"))  # before there was any of that name
        for name in ("mine", "other"):
            save(server, name, 0, workflow=flow("one"))
        assert shown() == {"mine": None, "other": None}
        server.wait(server.submit("x", name="mine"))
        url = f"/api/outputs/{sha256(png).hexdigest()}/thumbnail"
        assert shown() == {"mine": url, "other": None}
        assert server.get("/api/workflows/mine").json["thumbnail"] is None
