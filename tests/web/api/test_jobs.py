"""Jobs over HTTP: submit, look at, cancel, retry, move, delete; every refusal in its form."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from web.live import LiveServer, live, texts
from web.stand_in import StandIn
from weft_web.api.schemas import Submission
from weft_web.settings import Limits


@pytest.fixture
def pool() -> StandIn:
    return StandIn()


@pytest.fixture
def server(tmp_path: Path, pool: StandIn) -> Iterator[LiveServer]:
    with live(tmp_path, pool) as server:
        yield server


def test_a_job_is_stored_run_and_shown(server: LiveServer, pool: StandIn) -> None:
    answer = server.post(
        "/api/jobs",
        texts("one", "two", label="mine", priority=3, deadline_s=60),
    )
    assert answer.status == 202
    job = answer.json
    assert answer.headers["Location"] == f"/api/jobs/{job['id']}"
    assert job["state"] in ("queued", "running", "done")
    done = server.wait(job["id"])
    assert done["state"] == "done"
    assert (done["label"], done["priority"], done["attempts"]) == ("mine", 3, 0)
    assert done["workflow"]["nodes"]["text1"]["values"] == {"value": "two"}
    assert done["targets"] == ["text0", "text1"]
    assert done["nodes"]["text0"] == {"state": "ran", "seconds": 0.001}
    assert [one["item"]["text"] for one in done["outputs"]] == ["one", "two"]
    assert done["created"] <= done["started"] <= done["finished"]
    assert pool.ran[0].job == job["id"]


def test_strictness_takes_what_json_has() -> None:
    data = {"webhook": "https://example.org/x", "deadline_s": 60, "priority": -3}
    found = Submission.model_validate(data, strict=True)
    assert (str(found.webhook), found.deadline_s) == ("https://example.org/x", 60.0)


def test_a_failed_job_says_which_node_and_why(server: LiveServer, pool: StandIn) -> None:
    pool.fail = "no such luck"
    failed = server.wait(server.submit())
    assert failed["state"] == "failed"
    assert failed["error"]["node"] == "text0"
    assert "no such luck" in failed["error"]["message"]
    assert failed["nodes"]["text0"]["state"] == "failed"


def test_parameters_are_set_before_the_job_is_stored(server: LiveServer) -> None:
    given = texts("old")
    given["workflow"]["parameters"] = {"word": "text0.value"}
    job = server.post("/api/jobs", {**given, "parameters": {"word": "new"}}).json
    done = server.wait(job["id"])
    assert done["outputs"][0]["item"]["text"] == "new"
    assert done["parameters"] == {"word": "new"}


def test_a_saved_workflow_is_run_by_its_name(server: LiveServer) -> None:
    given = texts("kept")
    body = {"workflow": given["workflow"], "revision": 0}
    assert server.put("/api/workflows/my%20flow", body).status == 201
    answer = server.post("/api/jobs", {"name": "my flow", "targets": given["targets"]})
    assert answer.status == 202
    assert server.wait(answer.json["id"])["workflow_name"] == "my flow"
    assert server.post("/api/jobs", {"name": "other"}).status == 404


def test_the_jobs_of_one_saved_workflow_are_listed(server: LiveServer) -> None:
    ids = {name: [server.submit(f"{name} {n}", name=name) for n in range(3)] for name in "ab"}
    server.submit("none")
    for one in [*ids["a"], *ids["b"]]:
        server.wait(one)
    first = server.get("/api/jobs?workflow=a&limit=2").json
    assert [one["id"] for one in first["jobs"]] == ids["a"][:0:-1]
    rest = server.get(f"/api/jobs?workflow=a&limit=2&before={first['next']}").json
    assert ([one["id"] for one in rest["jobs"]], rest["next"]) == (ids["a"][:1], None)
    assert len(server.get("/api/jobs?workflow=b&state=done").json["jobs"]) == 3
    assert server.get("/api/jobs?workflow=b&state=failed").json["jobs"] == []
    assert server.get("/api/jobs?workflow=nobody").json["jobs"] == []
    assert server.get("/api/jobs?workflow=a%2fb").status == 422


def test_the_same_key_gives_the_same_job(server: LiveServer) -> None:
    def submit(text: str = "same") -> tuple[int, str]:
        answer = server.post("/api/jobs", texts(text), **{"Idempotency-Key": "k1"})
        return answer.status, answer.json.get("id") or answer.code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: submit(), range(24)))
    assert {status for status, _ in answers} == {202}
    assert len({id for _, id in answers}) == 1
    assert submit("other") == (409, "idempotency_conflict")
    assert server.get("/api/jobs").json["counts"]["done"] <= 1


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "ä"])
def test_a_key_that_is_none_is_refused(server: LiveServer, key: str) -> None:
    answer = server.post("/api/jobs", texts(), **{"Idempotency-Key": key})
    assert (answer.status, answer.code) == (422, "invalid")


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        ({}, 422, "invalid", None),
        ({"workflow": {"weft": 1}, "name": "a/b"}, 422, "invalid", "name"),
        ({"workflow": {"weft": 1}, "priorty": 1}, 422, "invalid", "priorty"),
        ({"workflow": {"weft": 1}, "priority": 1000}, 422, "invalid", "priority"),
        ({"workflow": {"weft": 1}, "priority": "1"}, 422, "invalid", "priority"),
        ({"workflow": {"weft": 1}, "priority": True}, 422, "invalid", "priority"),
        ({"workflow": {"weft": 1}, "targets": "text0"}, 422, "invalid", "targets"),
        ({"workflow": []}, 422, "invalid", "workflow"),
        ([], 422, "invalid", ""),
        ({"workflow": {"weft": 1}}, 422, "invalid_workflow", "nodes"),
        ({"workflow": {"weft": 9}}, 422, "invalid_workflow", "weft"),
        (
            {"workflow": {"weft": 1, "nodes": {"a": {"type": "primitive.txt"}}}},
            422, "invalid_workflow", "nodes.a.type",
        ),
        ({**texts(), "targets": ["text7"]}, 422, "invalid_workflow", "text7"),
        ({**texts(), "parameters": {"x": 1}}, 422, "invalid_workflow", "parameters.x"),
        ({**texts(), "webhook": "http://127.0.0.1/"}, 422, None, None),
        ({**texts(), "webhook": "file:///etc/passwd"}, 422, "invalid", "webhook"),
        ({**texts(), "deadline_s": -1}, 422, "invalid", "deadline_s"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_where(
    server: LiveServer, pool: StandIn, body: object, status: int, code: str | None, path: str | None
) -> None:
    answer = server.post("/api/jobs", body)
    assert answer.status == status, answer.body
    if code is not None:
        assert answer.code == code
    if path is not None:
        assert path in [one["path"] for one in answer.json["error"]["problems"]]
    assert not pool.ran


def test_other_bodies_are_refused(server: LiveServer) -> None:
    def post(raw: bytes, kind: str = "application/json", **headers: str) -> tuple[int, str]:
        answer = server.request(
            "POST", "/api/jobs", raw=raw, headers={"Content-Type": kind, **headers}
        )
        return answer.status, answer.code

    assert post(b"{}", "text/plain") == (415, "unsupported_media_type")
    assert post(b"a=1", "application/x-www-form-urlencoded")[0] == 415
    assert post(b"{", "application/json") == (400, "invalid_json")
    assert post(b'{"a":1,"a":2}')[0] == 400
    assert post(b'{"workflow":' + b"[" * 500 + b"]" * 500 + b"}")[0] == 400
    assert post(b"\xff\xfe")[0] == 400
    assert post(b"x", **{"Content-Encoding": "gzip"})[0] == 415


def test_a_body_over_the_bound_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with live(tmp_path, StandIn(), limits=Limits(body=1000)) as server:
        answer = server.post("/api/jobs", texts("x" * 2000))
        assert (answer.status, answer.code) == (413, "too_large")


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    pool = StandIn(slots=0)
    with live(tmp_path, pool, limits=Limits(queue=3)) as server:
        for _ in range(3):
            server.submit()
        answer = server.post("/api/jobs", texts())
        assert (answer.status, answer.code) == (429, "queue_full")
        assert int(answer.headers["Retry-After"]) > 0


def test_a_client_that_submits_too_fast_is_slowed(tmp_path: Path) -> None:
    limits = Limits(submits_per_second=0.001, submit_burst=2)
    with live(tmp_path, StandIn(), limits=limits) as server:
        statuses = [server.post("/api/jobs", texts()).status for _ in range(3)]
        assert statuses == [202, 202, 429]


def test_jobs_are_listed_newest_first_in_pages(server: LiveServer) -> None:
    ids = [server.submit(str(number), label=str(number)) for number in range(5)]
    for one in ids:
        server.wait(one)
    page = server.get("/api/jobs?limit=2").json
    assert [one["id"] for one in page["jobs"]] == ids[:2:-1]
    assert page["counts"] == {
        "queued": 0, "running": 0, "done": 5, "failed": 0, "cancelled": 0, "quarantined": 0,
    }  # fmt: skip
    seen = [one["id"] for one in page["jobs"]]
    while page["next"] is not None:
        page = server.get(f"/api/jobs?limit=2&before={page['next']}").json
        seen += [one["id"] for one in page["jobs"]]
    assert seen == ids[::-1]
    assert server.get("/api/jobs?state=failed&state=queued").json["jobs"] == []
    assert len(server.get("/api/jobs?state=done&state=queued").json["jobs"]) == 5


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "state=over", "before=x", "limit=1&limit=2", "limt=1"],
)
def test_a_wrong_query_is_refused(server: LiveServer, query: str) -> None:
    answer = server.get(f"/api/jobs?{query}")
    assert (answer.status, answer.code) == (422, "invalid")


def test_a_running_job_is_cancelled_and_can_be_run_again(server: LiveServer, pool: StandIn) -> None:
    pool.hold = True
    job = server.submit()
    server.wait(job, "running")
    assert server.post(f"/api/jobs/{job}/cancel").status == 202
    assert server.wait(job)["state"] == "cancelled"
    again = server.post(f"/api/jobs/{job}/cancel")
    assert (again.status, again.code) == (409, "conflict")
    pool.hold = False
    retried = server.post(f"/api/jobs/{job}/retry")
    assert retried.status == 202
    assert server.wait(job, "done")["state"] == "done"
    assert server.post(f"/api/jobs/{job}/retry").status == 409


def test_waiting_jobs_are_cancelled_moved_and_counted(tmp_path: Path) -> None:
    pool = StandIn(slots=1, hold=True)
    with live(tmp_path, pool) as server:
        running = server.submit("running")
        server.wait(running, "running")
        first, second, third = (server.submit(one) for one in ("1", "2", "3"))

        def queue() -> list[str]:
            jobs = server.get("/api/jobs?state=queued").json["jobs"]
            return [one["id"] for one in sorted(jobs, key=lambda one: one["position"])]

        assert queue() == [first, second, third]
        assert server.get(f"/api/jobs/{third}").json["position"] == 2
        assert server.post(f"/api/jobs/{third}/move", {"to": "front"}).status == 200
        assert queue() == [third, first, second]
        assert server.post(f"/api/jobs/{first}/move", {"to": "back"}).status == 200
        assert queue() == [third, second, first]
        assert server.post(f"/api/jobs/{first}/move", {"before": second}).status == 200
        assert queue() == [third, first, second]
        assert server.post(f"/api/jobs/{second}/move", {"priority": 100}).status == 200
        assert queue()[0] == second
        for wrong in ({}, {"to": "front", "priority": 1}, {"to": None}, {"to": "up"}):
            assert server.post(f"/api/jobs/{first}/move", wrong).status == 422
        assert server.post(f"/api/jobs/{running}/move", {"to": "front"}).status == 409
        cancelled = server.post(f"/api/jobs/{third}/cancel")
        assert (cancelled.status, cancelled.json["state"]) == (202, "cancelled")
        assert server.request("DELETE", f"/api/jobs/{first}").status == 409
        assert server.delete(f"/api/jobs/{third}").json == {"deleted": 1}
        assert server.get(f"/api/jobs/{third}").status == 404
        pool.release()
        assert server.wait(first)["state"] == "done"


@pytest.mark.parametrize("job", ["nobody", "../x", "a b", "x" * 65, "%00", "a%2Fb"])
@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("POST", "/retry"), ("POST", "/move"),
        ("GET", "/events"),
    ],
)  # fmt: skip
def test_an_unknown_job_is_not_found(
    server: LiveServer, method: str, suffix: str, job: str
) -> None:
    path = f"/api/jobs/{job.replace(' ', '%20')}{suffix}"
    body = {"to": "front"} if suffix == "/move" else None
    answer = server.request(method, path, body)
    assert (answer.status, answer.code) == (404, "not_found")


def test_a_job_tells_what_happened(server: LiveServer) -> None:
    job = server.submit()
    server.wait(job)
    told = server.get(f"/api/jobs/{job}/events").json
    names = [one["event"] for one in told["events"]]
    assert names[0] == "queued"
    assert names[-1] == "finished"
    numbers = [one["number"] for one in told["events"]]
    assert numbers == sorted(set(numbers))
    assert told["last"] == numbers[-1]
    rest = server.get(f"/api/jobs/{job}/events?since={numbers[0]}&limit=1").json
    assert [one["number"] for one in rest["events"]] == [numbers[1]]
    assert server.get(f"/api/jobs/{job}/events?since={2**63}").status == 422


def test_the_queue_is_paused_and_goes_on(server: LiveServer, pool: StandIn) -> None:
    assert server.post("/api/queue/pause", {"paused": True}).json == {"paused": True}
    job = server.submit()
    assert server.get("/healthz").json["status"] == "paused"
    assert server.get("/api/system").json["paused"] == "paused by a person"
    assert server.get(f"/api/jobs/{job}").json["state"] == "queued"
    assert server.post("/api/queue/pause", {"paused": False}).json == {"paused": False}
    assert server.wait(job)["state"] == "done"
    for wrong in ("maybe", 0, None):
        assert server.post("/api/queue/pause", {"paused": wrong}).status == 422


def test_jobs_survive_a_restart(tmp_path: Path) -> None:
    with live(tmp_path, StandIn(slots=1, hold=True)) as server:
        running = server.submit("running")
        server.wait(running, "running")
        waiting = server.submit("waiting")
    with live(tmp_path, StandIn()) as server:
        assert server.wait(running)["state"] == "done"
        assert server.wait(waiting)["state"] == "done"
        assert server.get(f"/api/jobs/{running}").json["attempts"] == 0
