"""Workers on a CUDA device, and the command line: the same bytes, and a crash costs no job."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from web.live import LiveServer, live
from web.workers.helpers import flow as workflow_of
from web.workers.helpers import run, running_pool, until
from weft import Workflow
from weft_web.api import keys
from weft_web.workers import local
from weft_web.workers.pool import WorkerStatus

GPU = "cuda:0"
ROOT = Path(__file__).parent.parent.parent
REGISTRY = "web.workers.on_cuda:registry"
SAY = workflow_of(say=("cuda.say",))
BREAK = workflow_of(bad=("cuda.break",), end=("cuda.sink", {}, {"image": "bad.image"}))
PATIENCE = 120.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with live(tmp_path, devices=(GPU,)) as server:
        ready(server)
        yield server


def ready(server: LiveServer, unlike: int | None = None) -> WorkerStatus:
    """The worker, once it is ready and another process than that."""
    assert server.app is not None
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        # Not asked over HTTP: a worker that is asked something does not give way to a warm one.
        worker = server.app[keys.POOL].status()[0]
        if worker.state == "ready" and worker.pid != unlike:
            return worker
        time.sleep(0.05)
    raise AssertionError(f"still {worker}")


def submit(server: LiveServer, flow: Workflow, **values: Any) -> str:
    answer = server.post("/api/jobs", {"workflow": flow.data(), "parameters": values})
    assert answer.status == 202, answer.body
    return str(answer.json["id"])


def finished(server: LiveServer, job: str) -> dict[str, Any]:
    """A job that is done; each of its outputs is what its digest says."""
    found = server.wait(job)
    assert found["state"] == "done", found["error"]
    for one in found["outputs"]:
        assert sha256(server.get(one["url"]).body).hexdigest() == one["sha256"]
    return found


def command_line(folder: Path, *args: str) -> list[str]:
    """The sha256 of what `weft run` makes of text-to-image, from nothing."""
    output = folder / f"output {len(list(folder.glob('output *')))}"
    command = [sys.executable, "-c", "from weft.cli import main; main()", "run"]
    command += [str(ROOT / "workflows" / "text-to-image.json"), "--output-dir", str(output)]
    paths = os.pathsep.join([*(str(ROOT / one) for one in ("core", "nodes", "web")), *sys.path])
    env = {**os.environ, "WEFT_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": paths}
    done = subprocess.run([*command, *args], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [sha256(one.read_bytes()).hexdigest() for one in sorted(output.rglob("*.png"))]


def test_the_server_and_the_command_line_make_the_same_bytes(
    server: LiveServer, flow: Workflow, tmp_path: Path
) -> None:
    """R1, also by a worker that was forked after the model libraries were imported ahead."""
    warm = ready(server, unlike=ready(server).pid)
    assert (warm.device, warm.restarts) == (GPU, 0)
    values = {"batch": 2, "seed": 11}
    job = finished(server, submit(server, flow, **values))
    made = [one["sha256"] for one in job["outputs"]]
    assert {one["state"] for one in job["nodes"].values()} == {"ran"}
    again = finished(server, submit(server, flow, **values))
    assert [one["sha256"] for one in again["outputs"]] == made
    assert again["nodes"]["decode"]["state"] == "cached"
    line = [part for key, value in values.items() for part in (f"--{key}", str(value))]
    assert command_line(tmp_path, *line, "--no-cache", "--device", "cuda") == made
    assert command_line(tmp_path, *line, "--device", "auto") == made
    assert command_line(tmp_path, *line) == made  # from its disk cache


def test_the_server_tells_of_its_device(server: LiveServer, flow: Workflow) -> None:
    finished(server, submit(server, flow, steps=2))
    told = server.get("/api/system").json
    (device,) = [one for one in told["devices"] if one["used"]]
    assert device["name"] == GPU
    assert device["allocated"] > 50e6
    assert told["cache"]["device"]["values"] > 0
    freed = server.post("/api/cache/clear", {"tier": "device"}).json["freed"]
    assert freed > 50e6
    told = server.get("/api/system").json
    assert told["cache"]["device"]["values"] == 0
    (device,) = [one for one in told["devices"] if one["used"]]
    assert device["allocated"] < 50e6


def test_a_worker_that_is_killed_costs_no_job(server: LiveServer, flow: Workflow) -> None:
    job = submit(server, flow, steps=1000, sampler="euler")
    server.wait(job, "running")
    time.sleep(1.5)  # so that it samples
    pid = ready(server).pid
    assert pid is not None
    assert server.get(f"/api/jobs/{job}").json["state"] == "running"
    os.kill(pid, signal.SIGKILL)
    finished(server, job)
    assert ready(server, unlike=pid).restarts == 1


def test_several_jobs_at_once(server: LiveServer, flow: Workflow) -> None:
    """Each makes what it makes alone."""
    together = [submit(server, flow, seed=seed) for seed in range(5)]
    shas = [finished(server, job)["outputs"][0]["sha256"] for job in together]
    assert len(set(shas)) == 5
    server.post("/api/cache/clear", {})
    for seed, sha in enumerate(shas):
        alone = finished(server, submit(server, flow, seed=seed))
        assert alone["outputs"][0]["sha256"] == sha


def test_a_job_is_cancelled(server: LiveServer, flow: Workflow) -> None:
    finished(server, submit(server, flow, steps=2))  # the model libraries are imported
    job = submit(server, flow, steps=1000, sampler="dpm_2")
    server.wait(job, "running")
    time.sleep(1)
    assert server.post(f"/api/jobs/{job}/cancel").status == 202
    assert server.wait(job)["state"] == "cancelled"
    assert ready(server).restarts == 0  # it stopped by itself
    finished(server, submit(server, flow, steps=2))


def test_libraries_that_ask_for_a_device_ahead_leave_it_to_the_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CUDA does not survive a fork: the process that workers are forked from must not start it."""
    monkeypatch.setattr(local, "CALM", 0.05)

    async def scene() -> None:
        async with running_pool(tmp_path, REGISTRY, devices=(GPU,)) as pool:
            first = pool.status()[0].pid
            await until(lambda: pool.free() > 0 and pool.status()[0].pid != first, PATIENCE)
            ended, seen = await run(pool, SAY)
            assert ended.status == "done", ended.reason
            pid = pool.status()[0].pid
            assert seen.outputs[0][1]["text"] == f"{GPU} 1000 {pid}"
            assert pool.status()[0].restarts == 0

    asyncio.run(scene())


def test_a_broken_context_costs_one_process(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path, REGISTRY, devices=(GPU,)) as pool:
            ended, seen = await run(pool, BREAK)
            assert ended.status == "failed"
            assert "device-side assert" in (ended.reason or "")
            # It is the node's that asked for it, not of whoever waited for the device next.
            failed = [one["node"] for one in seen.events if one["event"] == "node_failed"]
            assert failed == ["bad"]
            ended, _ = await run(pool, SAY)
            assert ended.status == "done", ended.reason
            assert pool.status()[0].restarts == 1

    asyncio.run(scene())


def test_the_doctor_finds_the_device(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from weft.cli import main; main()", "doctor", "--json"]
    paths = os.pathsep.join([*(str(ROOT / one) for one in ("core", "nodes", "web")), *sys.path])
    env = {**os.environ, "PYTHONPATH": paths, "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    assert checks["devices"]["state"] == "ok", checks["devices"]
    assert "NVIDIA" in checks["devices"]["found"]
