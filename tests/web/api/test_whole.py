"""The whole server with a real worker: from a submission to a picture that a browser can fetch."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from web.live import PATIENCE, LiveServer, live, texts


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live(tmp_path_factory.mktemp("whole"), devices=("cpu",)) as server:
        yield server


@pytest.fixture(scope="module")
def ready(server: LiveServer) -> LiveServer:
    deadline = time.monotonic() + 2 * PATIENCE
    while server.get("/healthz").json["status"] != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return server


def uploaded(server: LiveServer, name: str) -> str:
    target = BytesIO()
    Image.new("RGB", (24, 16), (255, 0, 0)).save(target, "PNG")
    answer = server.request("PUT", f"/api/uploads/{name}", raw=target.getvalue())
    assert answer.status in (200, 201)
    return str(answer.json["name"])


def resized(name: str) -> dict[str, Any]:
    """A workflow that reads an upload, halves it and saves it."""
    return {
        "weft": 1,
        "nodes": {
            "load": {"type": "image.load", "version": 1, "values": {"path": name}},
            "half": {"type": "image.resize", "version": 1,
                     "values": {"width": 12, "height": 8}, "links": {"image": "load.image"}},
            "save": {"type": "image.save", "version": 1, "links": {"image": "half.image"}},
        },
    }  # fmt: skip


def test_it_answers_while_the_worker_warms_up(server: LiveServer) -> None:
    assert server.get("/healthz").json["status"] in ("starting", "ok")
    assert server.get("/api/nodes").status == 200


def test_a_job_that_comes_early_is_run_when_the_worker_is_ready(server: LiveServer) -> None:
    assert server.wait(server.submit("early"))["state"] == "done"


def test_from_an_upload_to_a_picture(ready: LiveServer) -> None:
    name = uploaded(ready, "red.png")
    answer = ready.post("/api/jobs", {"workflow": resized(name)})
    assert answer.status == 202, answer.body
    done = ready.wait(answer.json["id"])
    assert done["state"] == "done", done["error"]
    assert {one["state"] for one in done["nodes"].values()} == {"ran"}
    [output] = [one for one in done["outputs"] if one["sha256"]]
    assert (output["mime"], output["width"], output["height"]) == ("image/png", 12, 8)
    fetched = ready.get(output["url"])
    assert hashlib.sha256(fetched.body).hexdigest() == output["sha256"]
    with Image.open(BytesIO(fetched.body)) as picture:
        assert picture.size == (12, 8)
        assert picture.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    assert ready.get(output["thumbnail"]).headers["Content-Type"] == "image/webp"
    again = ready.wait(ready.post("/api/jobs", {"workflow": resized(name)}).json["id"])
    assert [one["sha256"] for one in again["outputs"]] == [output["sha256"]]
    assert "cached" in {one["state"] for one in again["nodes"].values()}


def test_an_upload_that_is_not_there_is_a_problem_with_a_place(ready: LiveServer) -> None:
    for name in ("nobody.png", "../server.lock", "/etc/passwd", "weft.db"):
        answer = ready.post("/api/jobs", {"workflow": resized(name)})
        assert (answer.status, answer.code) == (422, "invalid_workflow")
        assert answer.json["error"]["problems"][0]["path"] == "nodes.load.path"


def test_a_worker_answers_questions(ready: LiveServer) -> None:
    name = uploaded(ready, "red.png")
    plan = ready.post("/api/plan", {"workflow": resized(name)})
    assert plan.status == 200, plan.body
    assert set(plan.json["nodes"]) == {"load", "half", "save"}
    assert plan.json["run"] + plan.json["cached"] + plan.json["unneeded"] == 3
    system = ready.get("/api/system").json
    assert "torch" in system["versions"]
    assert system["workers"][0]["state"] == "ready"
    assert system["devices"]
    models = ready.get("/api/models")
    assert models.status == 200
    assert any(one["name"].startswith("starter") for one in models.json["models"])
    cleared = ready.post("/api/cache/clear", {})
    assert cleared.status == 200
    assert cleared.json["freed"] >= 0


def test_a_schedule_is_drawn_without_a_job(ready: LiveServer) -> None:
    chart = {"type": "latent.sample", "values": {"steps": 6, "schedule": "linear"}}
    drawn = ready.post("/api/chart", chart).json
    assert drawn["x"] == [0, 1, 2, 3, 4, 5, 6]
    assert drawn["y"] == sorted(drawn["y"], reverse=True)
    assert drawn["y"][-1] == 0
    assert ready.post("/api/chart", {**chart, "linked": ["steps"]}).json == {"x": [], "y": []}
    wrong = ready.post("/api/chart", {"type": "latent.sample", "values": {"steps": 0}})
    assert (wrong.status, wrong.code) == (422, "invalid_workflow")
    assert wrong.json["error"]["problems"][0]["path"] == "values.steps"
    uneven = {"type": "sampling.schedule", "values": {"schedule": "linear", "rho": 2.0}}
    assert ready.post("/api/chart", uneven).status == 422
    for nothing in ("image.save", "nobody:has.this"):
        assert ready.post("/api/chart", {"type": nothing}).status == 404
    nodes = ready.get("/api/nodes").json["nodes"]
    charted = [one["id"] for one in nodes if one["chart"] and one["distribution"] == "weft"]
    assert charted == ["weft:latent.sample", "weft:latent.sample_states", "weft:sampling.schedule"]


def test_a_forecast_says_why(ready: LiveServer) -> None:
    name = uploaded(ready, "red.png")
    job = ready.post("/api/jobs", {"workflow": resized(name)}).json["id"]
    assert ready.wait(job)["state"] == "done"
    wider = resized(name)
    wider["nodes"]["half"]["values"]["width"] = 14
    wider["nodes"]["loose"] = {"type": "image.resize", "version": 1}  # not connected yet

    def forecast(**more: Any) -> dict[str, Any]:
        answer = ready.post("/api/plan", {"workflow": wider, "targets": ["save"], **more})
        assert answer.status == 200, answer.body
        nodes: dict[str, Any] = answer.json["nodes"]
        return {id: (one["action"], one["reason"]) for id, one in nodes.items()}

    said = forecast(since=job)
    assert said["half"] == ("run", "value changed")
    assert said["load"][0] == "cached"
    assert said["save"] == ("run", "output")
    assert "loose" not in said
    assert forecast()["half"] == forecast(since="nobody")["half"] == ("run", "not cached")
    assert ready.post("/api/plan", {"workflow": wider}).status == 422


def test_many_jobs_at_once_are_all_done_once(ready: LiveServer) -> None:
    jobs = [ready.submit(f"text {number % 5}") for number in range(40)]
    done = [ready.wait(one) for one in jobs]
    assert {one["state"] for one in done} == {"done"}
    assert {one["attempts"] for one in done} == {0}
    told = ready.get(f"/api/jobs/{jobs[0]}/events").json["events"]
    assert [one["event"] for one in told].count("finished") == 1


def test_a_validated_workflow_is_what_runs(ready: LiveServer) -> None:
    assert ready.post("/api/validate", texts("x")).json == {"valid": True, "problems": []}
