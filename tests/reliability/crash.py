"""D1: kill -9 loses nothing that was acknowledged. D2: no job can start a crash loop."""

from __future__ import annotations

import http.client
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from reliability.harness import (
    FINAL,
    Api,
    RefusedError,
    Result,
    Server,
    Size,
    chance,
    interrupt,
    one_node,
    showing,
    until,
    writing,
    written,
)

GONE = (OSError, http.client.HTTPException)
# Reached only after half a minute's calm, or where jobs grow old: the store's own tests pass them.
UNREACHED = {"sweep", "prune"}
SOME_PLACES = ("submit.after_commit", "finish.before_commit")


@dataclass
class Ledger:
    """What clients were told: the jobs that were acknowledged, by key."""

    jobs: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def acknowledged(self, key: str, id: str) -> None:
        """A key was answered with a job."""
        if self.jobs.setdefault(key, id) != id:
            self.faults.append(f"{key} became two jobs")

    def check(self, api: Api, shape: Callable[[str], tuple[int, int]]) -> tuple[int, int]:
        """Whether every job ended as it should; how many ran more than once, and had to be
        queued by hand. shape: the files, and their size, of a key's job."""
        again = by_hand = 0
        for key, id in list(self.jobs.items()):
            job = api.job(id)
            if job["state"] == "quarantined":  # kept, and nothing is lost: a person decides
                by_hand += 1
                api.call("POST", f"/api/jobs/{id}/retry")
                job = api.wait(id)
            files, size = shape(key)
            wanted = written(key, size=size, files=files)
            found = [one["sha256"] for one in job["outputs"]]
            events = Counter(one["event"] for one in api.events(id))
            if job["state"] != "done":
                self.faults.append(f"{key} is {job['state']}: {job['error']}")
            elif found != wanted:
                self.faults.append(f"{key} made {found}, expected {wanted}")
            elif events["finished"] != 1 or events["queued"] != 1:
                self.faults.append(f"{key} has the events {dict(events)}")
            again += events["started"] > 1
        return again, by_hand


def shape(key: str) -> tuple[int, int]:
    """How many files a key's job makes, and of which size."""
    number = sum(key.encode())
    return 1 + number % 3, 100 + 700 * (number % 7)


def work(key: str) -> dict[str, Any]:
    """A key's job."""
    files, size = shape(key)
    return writing(key, size=size, files=files, seconds=(sum(key.encode()) % 5) * 0.01)


def kill_at_random(folder: Path, size: Size) -> Result:
    """Kill the server, a worker, or what makes workers, while clients submit."""
    kills, dice = size(4, 200), chance(1)
    ledger, stop, killed = Ledger(), threading.Event(), Counter[str]()
    server = Server(folder).start().ready()

    def client(name: int) -> None:
        api, own = Api(server.port), chance(name)
        try:
            for number in range(10**9):
                key = f"client {name} job {number}"
                while not stop.is_set():
                    try:
                        ledger.acknowledged(key, api.submit(work(key), key))
                        break
                    except GONE:
                        time.sleep(0.02)
                    except RefusedError as refused:
                        ledger.faults.append(str(refused))
                        return
                if stop.wait(own.uniform(0, 0.2)):
                    return
        finally:
            api.close()

    clients = [threading.Thread(target=client, args=(name,)) for name in range(2)]
    for one in clients:
        one.start()
    try:
        for number in range(kills):
            time.sleep(dice.uniform(0, size(1, 4)))
            # The first ones are fixed, so that the small size has all of them.
            victim = ("worker", "server", "nursery")[number] if number < 3 else dice.choice(
                ("server", "server", "worker", "worker", "nursery")
            )  # fmt: skip
            killed[victim] += 1
            if victim == "server":
                server.kill()
                server.start()
                server.api.resume()  # two such ends within minutes, and it waits for a person
            elif victim == "worker":
                pid = server.worker()
                if pid is not None:
                    interrupt(pid)
            else:
                for one in psutil.Process(server.pid).children():
                    interrupt(one.pid)
            if not size.full and number < 2:
                server.ready()
    finally:
        stop.set()
        for one in clients:
            one.join()
    server.ready()
    server.api.settle(patience=300)
    again, by_hand = ledger.check(server.api, shape)
    # A repeated key is still known.
    for key in list(ledger.jobs)[:20]:
        ledger.acknowledged(key, server.api.submit(work(key), key))
    listed = sum(server.api.get("/api/jobs?limit=1")["counts"].values())
    # A last request may have been stored without its answer having come.
    if not len(ledger.jobs) <= listed <= len(ledger.jobs) + len(clients):
        ledger.faults.append(f"{listed} jobs are stored, {len(ledger.jobs)} acknowledged")
    server.stop()
    faults = ledger.faults + server.corruption()
    return Result(
        "D1",
        "acknowledged jobs survive kill -9",
        f"{kills} random kills: 0 lost, 0 done twice, 0 corrupt files, integrity ok",
        f"{dict(killed)}; {len(ledger.jobs)} jobs, {len(faults)} faults, {again} ran again, "
        f"{by_hand} quarantined and queued by hand",
        faults,
    )


def places() -> list[str]:
    """The names of all places where the store can be made to die."""
    from weft_web.store.failpoints import LABELS

    return [one for one in LABELS if one.partition(".")[0] not in UNREACHED]


def kill_at_places(folder: Path, size: Size) -> Result:
    """Let the server die at each place of a commit, and go on from there."""
    labels = places() if size.full else list(SOME_PLACES)
    ledger, missed = Ledger(), []
    server = Server(folder, config='webhook_hosts = ["localhost:9"]\n')
    for label in labels:
        server.start({"WEFT_FAILPOINT": label})
        _live(server, ledger, label)
        if server.alive():
            server.stop()
            missed.append(label)
            continue
        server.died()
    server.start().ready()
    server.api.resume()
    for label in labels:  # what was not acknowledged is sent again
        for part in range(2):
            key = f"{label} {part}"
            ledger.acknowledged(key, server.api.submit(work(key), key))
    server.api.settle()
    again, by_hand = ledger.check(server.api, shape)
    saved = server.api.get("/api/workflows")["workflows"]
    for one in saved:  # each revision that is listed can be read
        server.api.get(f"/api/workflows/{one['name']}")
    for upload in server.api.get("/api/uploads")["uploads"]:
        answer = server.api.request("GET", upload["url"])
        if answer.status != 200:
            ledger.faults.append(f"the upload {upload['name']} gives {answer.status}")
    server.stop()
    faults = ledger.faults + server.corruption()
    faults += [f"{label} was never passed" for label in missed]
    return Result(
        "D1b",
        "acknowledged jobs survive an end at a commit",
        f"kill -9 at {len(labels)} places: 0 lost, 0 done twice, 0 corrupt files",
        f"{len(labels) - len(missed)} ends; {len(ledger.jobs)} jobs, {len(faults)} faults, "
        f"{again} ran again, {by_hand} queued by hand",
        faults,
    )


def _live(server: Server, ledger: Ledger, label: str) -> None:
    """Everything that makes the server write, until it is dead. Whatever was answered holds."""
    api, kind = server.api, label.partition(".")[0]

    def submit(key: str) -> None:
        ledger.acknowledged(key, api.submit(work(key), key))

    def queue() -> None:
        """Cancel, move, retry and delete jobs that wait."""
        api.call("POST", "/api/queue/pause", {"paused": True})
        one, two = (api.submit(showing(f"{label} {part}")) for part in "ab")
        api.call("POST", f"/api/jobs/{two}/move", {"to": "front"})
        for id in (one, two):
            api.call("POST", f"/api/jobs/{id}/cancel")
        api.call("POST", f"/api/jobs/{one}/retry")
        api.call("POST", f"/api/jobs/{one}/cancel")
        for id in (one, two):
            api.call("DELETE", f"/api/jobs/{id}")

    def files() -> None:
        """Save, rename and remove a workflow and an upload."""
        name = label.replace(".", "-")
        save = {"workflow": showing(label)["workflow"], "revision": 0}
        made = api.call("PUT", f"/api/workflows/{name}", save)
        rename = {"name": f"{name}-new", "revision": made["revision"]}
        api.call("POST", f"/api/workflows/{name}/rename", rename)
        api.call("DELETE", f"/api/workflows/{name}-new")
        header = {"Content-Type": "image/png"}
        path = f"/api/uploads/{label}.png"
        upload = api.call("PUT", path, raw=png(), headers=header)
        api.call("DELETE", upload["url"])

    def lose() -> None:
        """Kill the worker under a job."""
        id = api.submit(one_node("faults:work.wait", seconds=1.0, salt=label))
        if api.wait(id, "running", *FINAL)["state"] == "running":
            interrupt(server.worker() or 0)
        api.wait(id)

    def drain() -> None:
        """Stop it while a job runs."""
        id = api.submit(one_node("faults:work.wait", seconds=30.0, salt=label))
        api.wait(id, "running", *FINAL)
        server.stop()

    def stop() -> None:
        server.stop()

    def run() -> None:
        server.ready()
        api.resume()
        for part in range(2):
            submit(f"{label} {part}")
        api.settle()

    def call_back() -> None:
        """A job with a webhook to nobody."""
        server.ready()
        api.resume()
        api.submit(showing(label) | {"webhook": "http://localhost:9/"})
        until(lambda: not server.alive(), patience=20, what=f"{label} to be passed")

    steps: list[Callable[[], None]]
    if kind in ("claim", "append", "finish", "release", "lost", "blob"):
        extra = {"lost": [lose], "append": [lose], "release": [drain]}
        steps = [run, *extra.get(kind, [])]
    elif kind == "webhook":
        steps = [lambda: submit(f"{label} 0"), call_back]
    elif kind in ("checkpoint", "close"):
        steps = [lambda: submit(f"{label} 0"), stop]
    else:
        steps = [lambda: submit(f"{label} 0"), queue, files]
    for step in steps:
        try:
            step()
        except (*GONE, AssertionError):
            if not server.alive():
                return
            # It dies a moment after it has answered.
            until(lambda: not server.alive(), patience=5, what=f"{label} to be passed")
            return
        except RefusedError as refused:
            ledger.faults.append(f"{label}: {refused}")


def png() -> bytes:
    """A small picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def poison(folder: Path, size: Size) -> Result:
    """A job that kills its worker each time, among good ones; then a server that ends badly."""
    good, faults = 20, []
    with Server(folder) as server:
        server.ready()
        api = server.api
        jobs = [api.submit(writing(f"before {one}")) for one in range(good // 2)]
        bad = api.submit(one_node("faults:fault.os_exit_device"))
        jobs += [api.submit(writing(f"after {one}")) for one in range(good - good // 2)]
        found = api.wait(bad)
        states = Counter(api.wait(one)["state"] for one in jobs)
        if found["state"] != "quarantined" or found["attempts"] != 3:
            faults.append(f"the poison job is {found['state']} after {found['attempts']} attempts")
        if states != {"done": good}:
            faults.append(f"the others are {dict(states)}")
        for _ in range(2):
            server.kill()
            server.start()
        health = api.request("GET", "/healthz").json
        waiting = api.submit(writing("while paused"))
        time.sleep(0.5)
        if health["status"] != "paused" or api.job(waiting)["state"] != "queued":
            faults.append(f"after two unclean starts: {health}, {api.job(waiting)['state']}")
        api.resume()
        if api.wait(waiting)["state"] != "done":
            faults.append("it does not go on when it is told to")
        if server.stop() != 0:
            faults.append("SIGTERM does not end it with 0")
    return Result(
        "D2",
        "no crash loop",
        "poison job quarantined after 3 attempts, 20 others done; 2 unclean starts: paused",
        f"{found['state']} after {found['attempts']}; {dict(states)}; then paused, resumed",
        faults,
    )
