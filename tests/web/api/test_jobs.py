"""Jobs over HTTP: submit, look at, cancel, retry, move, delete; every refusal in its form."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from web.live import LiveServer, live, texts
from web.stand_in import StandIn
from weft_web.settings import Limits


@pytest.fixture
def pool() -> StandIn:
    return StandIn()


@pytest.fixture
def server(tmp_path: Path, pool: StandIn) -> Iterator[LiveServer]:
    with live(tmp_path, pool) as server:
        yield server


def test_a_job_is_stored_run_and_shown(server: LiveServer, pool: StandIn) -> None:
    answer = server.post("/api/jobs", texts("one", "two", label="mine", priority=3))
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
