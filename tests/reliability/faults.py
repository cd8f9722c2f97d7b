"""D3: a full disk. D4: every kind of fault of a node. D5: cancelling."""

from __future__ import annotations

import resource
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

from reliability.harness import (
    FINAL,
    Api,
    Result,
    Server,
    Size,
    interrupt,
    one_node,
    quantile,
    serving,
    until,
    writing,
    written,
)

# Where a job with such a fault may end.
ENDS: dict[str, tuple[str, ...]] = {
    "raise": ("failed",),
    "system_exit": ("failed",),
    "interrupt": ("failed",),
    "os_exit": ("quarantined",),
    "segfault": ("quarantined",),
    "hang": ("failed",),
    "deaf": ("failed",),
    "sleep": ("failed",),
    "memory": ("failed",),
    "huge": ("failed",),
    "wrong_type": ("failed",),
    "nan": ("done", "failed"),
    "slow": ("done",),
    "edit": ("failed",),
    "state": ("done",),
}
STUCK = ("hang", "deaf", "sleep")
LANES = ("device", "io", "inline")


def at_nodes(folder: Path, size: Size) -> Result:
    """Each kind of fault, and after each the next job."""
    faults: list[str] = []
    cases = [
        (kind, lane)
        for number, kind in enumerate(ENDS)
        for lane in (LANES if size.full else (LANES[number % 3],))
    ]
    slowest = 0.0
    with serving(folder, size) as server:
        api = server.api
        for kind, lane in cases:
            job = one_node(f"faults:fault.{kind}_{lane}", salt="x")
            if kind == "edit":
                job = one_node(f"faults:fault.edit_{lane}", {"image": "picture.image"})
                job["workflow"]["nodes"]["show"]["links"]["value"] = "node.image"
                job["workflow"]["nodes"]["picture"] = {
                    "type": "faults:fault.picture", "version": 1,
                }  # fmt: skip
            if kind in STUCK:
                job["deadline_s"] = 0.3
            bad = api.wait(api.submit(job))
            if bad["state"] not in ENDS[kind]:
                faults.append(f"{kind} on {lane}: {bad['state']}, expected {ENDS[kind]}")
            if kind == "state" and not _warned(api, bad):
                faults.append(f"{kind} on {lane}: nobody is told what it changed")
            if bad["state"] != "done" and not (bad["error"] or {}).get("message"):
                faults.append(f"{kind} on {lane}: it does not say why: {bad['error']}")
            begin = time.monotonic()
            text = f"after {kind} on {lane}"
            after = api.wait(api.submit(writing(text)))
            slowest = max(slowest, time.monotonic() - begin)
            if [one["sha256"] for one in after["outputs"]] != written(text):
                faults.append(f"{text}: the next job is {after['state']}: {after['error']}")
            if api.request("GET", "/healthz").status != 200:
                faults.append(f"{text}: not healthy")
        told = _silent(server) if size.full else None
    return Result(
        "D4",
        "a fault of a node ends its job and nothing else",
        f"{len(cases)} faults: the next job succeeds",
        f"{len(cases)} faults, {len(faults)} surprises; next job after {slowest:.2f} s at most"
        + (f"; a silent worker is told after {told:.1f} s" if told is not None else ""),
        faults,
    )


def _warned(api: Api, job: dict[str, Any]) -> bool:
    """Whether the job's events name the node that changed the process, and what it changed."""
    told = [one["data"] for one in api.events(job["id"]) if one["event"] == "node_warning"]
    return {one["node"] for one in told} == {"node"} and all(
        any(what in one["message"] for one in told)
        for what in ("Python's global random", "the current folder", "the environment")
    )


def _silent(server: Server) -> float:
    """Seconds until the health check tells of a worker that gives no sign of life."""
    pid = server.ready().worker() or 0
    interrupt(pid, signal.SIGSTOP)
    try:
        return until(
            lambda: server.api.request("GET", "/healthz").status == 503, 30, what="its silence"
        )
    finally:
        interrupt(pid, signal.SIGCONT)
        until(lambda: server.api.request("GET", "/healthz").status == 200, what="its recovery")


def cancelling(folder: Path, size: Size) -> Result:
    """Cancel jobs that listen, and jobs that do not, beside others."""
    faults: list[str] = []
    soft: list[float] = []
    hard: list[float] = []
    others = 0
    with serving(folder, size) as server:
        api = server.api

        def beside(name: str) -> list[str]:
            texts = [f"{name} {number}" for number in range(3)]
            return [api.submit(one_node("faults:work.wait", seconds=1.0, salt=t)) for t in texts]

        def cancelled(job: dict[str, object]) -> float:
            id = api.submit(job)
            api.wait(id, "running", *FINAL)
            time.sleep(0.15)
            begin = time.monotonic()
            api.call("POST", f"/api/jobs/{id}/cancel")
            found = api.wait(id)
            if found["state"] != "cancelled":
                faults.append(f"a cancelled job is {found['state']}: {found['error']}")
            return time.monotonic() - begin

        neighbours = beside("soft")
        for number in range(size(3, 60)):
            soft.append(cancelled(one_node("faults:work.steps", count=10**6, salt=f"s{number}")))
        kinds = ("hang_device", "sleep_io", "deaf_device", "hang_inline", "sleep_device", "hang_io")
        for number in range(size(2, 24)):
            if number % 3 == 0:
                neighbours += beside(f"hard {number}")
            kind = kinds[number % len(kinds)]
            hard.append(cancelled(one_node(f"faults:fault.{kind}", salt=f"h{number}")))
            begin = time.monotonic()
            server.ready()
            hard[-1] += time.monotonic() - begin
        for id in neighbours:
            others += 1
            found = api.wait(id)
            if found["state"] != "done" or found["attempts"]:
                faults.append(f"a neighbour is {found['state']}, {found['attempts']} attempts lost")
    # The figures are promised on a machine that does nothing else.
    faults += [f"soft cancel took {one:.1f} s" for one in soft if one > size(10, 1)]
    faults += [f"hard cancel took {one:.1f} s" for one in hard if one > size(30, 5)]
    return Result(
        "D5",
        "cancel",
        "soft within 1 s; hard, and the worker ready again, within 5 s; no other job hit",
        f"soft p99 {quantile(soft, 0.99):.2f} s of {len(soft)}; hard max {max(hard):.2f} s of "
        f"{len(hard)}; {others} neighbours",
        faults,
    )


def full_disk(folder: Path, size: Size) -> Result:
    """Bound what the server may write, at one place after another."""
    faults: list[str] = []
    told: Counter[int] = Counter()
    resumed: list[float] = []
    jobs: dict[str, str] = {}
    positions = size(2, 100)
    with serving(folder, size) as server:
        api = server.api
        serial = 0
        for position in range(positions):
            log = server.data / "weft.db-wal"
            # In the middle of a page, of a commit, before and after the log begins anew.
            limit = log.stat().st_size + (5_000 + 77_777 * position) % 300_000
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (limit, -1))
            refused = False
            begin = time.monotonic()
            while not refused and time.monotonic() - begin < 20:
                serial += 1
                text = f"full {serial}"
                job = writing(text, size=1000) | {"label": "x" * 200}
                answer = api.request("POST", "/api/jobs", job)
                told[answer.status] += 1
                if answer.status == 202:
                    jobs[text] = answer.json["id"]
                elif answer.status == 507:
                    refused = True
                else:
                    faults.append(f"a full disk is told as {answer.status}: {answer.body[:200]!r}")
                    break
            if not refused:
                faults.append(f"position {position}: it never became full")
            for path in ("/api/jobs", "/healthz", "/api/workflows", "/api/system"):
                status = api.request("GET", path).status
                if status not in (200, 503) or (status == 503 and path != "/healthz"):
                    faults.append(f"while full, {path} gives {status}")
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (-1, -1))
            serial += 1
            text = f"full {serial}"

            def again(text: str = text) -> bool:
                answer = api.request("POST", "/api/jobs", writing(text))
                if answer.status == 202:
                    jobs[text] = answer.json["id"]
                return answer.status == 202

            lifted = time.monotonic()
            until(again, patience=30, every=0.05, what="room to be noticed")
            try:
                if api.wait(jobs[text], patience=60)["state"] != "done":
                    faults.append(f"position {position}: {api.job(jobs[text])}")
            except AssertionError as error:
                faults.append(f"position {position}: {error}")
                break
            resumed.append(time.monotonic() - lifted)
        try:
            api.settle()
        except AssertionError as error:
            faults.append(str(error))
        for text, id in jobs.items():
            job = api.job(id)
            if [one["sha256"] for one in job["outputs"]] != written(text):
                faults.append(f"{text} is {job['state']}: {job['error']}")
        faults += server.corruption()
    return Result(
        "D3",
        "disk full",
        f"{positions} positions: 507, reads live, nothing corrupt, goes on by itself",
        f"answers {dict(told)}; {len(jobs)} jobs, {len(faults)} faults; "
        f"goes on after {max(resumed, default=0):.1f} s at most",
        faults,
    )
