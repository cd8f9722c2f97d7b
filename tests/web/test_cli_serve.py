"""`weft serve` as a process: its first line, its log, signals, and why it does not start."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError

import pytest
from typer.testing import CliRunner

from core.cli.support import node
from web.server_process import (
    PATIENCE,
    ServerProcess,
    flow,
    make_environment,
    server_process,
    weft,
)
from weft import InputError
from weft.cli import app
from weft_web.client import SyncClient
from weft_web.configuration import ServeOptions
from weft_web.doctor import server as checks
from weft_web.serve import serve
from weft_web.settings import Settings


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_environment(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="module")
def server(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    with server_process(env, tmp_path_factory.mktemp("data") / "new", "--log", "json") as running:
        yield running


def test_it_answers_before_a_worker_is_ready_and_only_whom_it_knows(server: ServerProcess) -> None:
    assert json.loads(server.get("/healthz", token=False))["status"] in ("starting", "ok")
    assert json.loads(server.get("/api/jobs"))["jobs"] == []
    with pytest.raises(HTTPError) as refused:
        server.get("/api/jobs", token=False)
    assert refused.value.code == 401
    refused.value.close()


def test_others_cannot_look_into_its_folder(server: ServerProcess) -> None:
    assert server.data_dir.stat().st_mode & 0o077 == 0
    assert (server.data_dir / "token").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_no_tensor_library_is_in_the_server(server: ServerProcess) -> None:
    assert "libtorch" not in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_why_it_does_not_start(
    env: dict[str, str], server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_CONFIG", env["WEFT_CONFIG"])
    monkeypatch.delenv("WEFT_TOKEN", raising=False)
    (tmp_path / "file").write_text("")
    (tmp_path / "token").write_text("short\n")
    new = tmp_path / "new"
    cases = {
        "in use by another server": ServeOptions(data_dir=server.data_dir),
        "cannot be used": ServeOptions(data_dir=tmp_path / "file" / "in"),
        "which other machines can reach": ServeOptions(host="0.0.0.0", data_dir=new),
        "characters; expected at least": ServeOptions(token_file=tmp_path / "token", data_dir=new),
        "token file": ServeOptions(token_file=tmp_path / "none"),
        "no such config file": ServeOptions(config=tmp_path / "none"),
        "no address to listen on": ServeOptions(host="no such host", data_dir=new),
    }
    for said, options in cases.items():
        with pytest.raises(InputError, match=said):
            serve(replace(options, port=0))


def test_a_damaged_database_is_one_clear_line(env: dict[str, str], tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "weft.db").write_bytes(b"no database" * 1000)
    done = weft(env, tmp_path, "serve", "--port", "0", "--data-dir", str(data))
    assert (done.code, done.out) == (2, "")
    (line,) = [one for one in done.err.splitlines() if "error:" in one]
    assert "weft.db cannot be used: file is not a database" in line
    assert "Traceback" not in done.err


def test_a_port_in_use_is_one_clear_line(env: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = weft(env, tmp_path, "serve", "--port", port, "--data-dir", str(tmp_path / "new"))
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert f"error: port {port} of 127.0.0.1 is in use" in done.err


def count(steps: int, seconds: float) -> dict[str, object]:
    return flow(
        count=node("number.slow", {"steps": steps, "seconds": seconds}),
        show=node("out.show", value="count.value"),
    )


def test_safe_mode_is_told(env: dict[str, str], tmp_path: Path) -> None:
    with server_process(env, tmp_path / "data", "--safe-mode") as running:
        assert json.loads(running.get("/api/system"))["safe_mode"] is True
        plugins = json.loads(running.get("/api/plugins"))["plugins"]
        assert {one["state"] for one in plugins if one["distribution"] != "weft"} <= {"disabled"}
    assert any("safe mode" in line for line in running.said)


def test_a_job_outlives_the_server(env: dict[str, str], tmp_path: Path) -> None:
    """The first signal drains: the job stops at a step, and the next server runs it to its end."""
    with (
        server_process(env, tmp_path / "data", "--log", "json") as first,
        SyncClient(first.url) as client,
    ):
        job = client.submit(count(100, 0.02))
        for event in client.events(job.id):
            if event.event == "progress":
                break
        first.signal(signal.SIGTERM)
        assert first.wait() == 0
    records = [json.loads(line) for line in first.said]
    assert records[-1]["message"] == "stopped"
    assert not [one for one in records if one["level"] in ("warning", "error")], records
    assert not (tmp_path / "data" / "server.json").exists()
    with server_process(env, tmp_path / "data") as second, SyncClient(second.url) as client:
        assert second.token == first.token
        done = client.wait(job.id, seconds=PATIENCE)
        assert done.state == "done"
        assert done.attempts == 0
        assert "requeued" in [one.event for one in client.history(job.id).events]


def test_a_client_sees_a_job_through_the_death_of_the_server(
    env: dict[str, str], tmp_path: Path
) -> None:
    """kill -9 in the middle of a job: the same client gets its end from the next server."""
    data = tmp_path / "data"
    with server_process(env, data) as first, SyncClient(first.url, tries=100) as client:
        job = client.submit(count(101, 0.02))
        events = client.events(job.id)
        seen = [next(events)]
        while seen[-1].event != "progress":
            seen.append(next(events))
        first.signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
        port = first.base.rpartition(":")[2]
        with server_process(env, data, "--port", port):
            seen += events
            ended = client.job(job.id)
    assert (ended.state, ended.attempts) == ("done", 1)
    numbers = [one.number for one in seen if one.number is not None]
    assert numbers == sorted(set(numbers))
    names = [one.event for one in seen]
    assert (names[0], names[-1]) == ("queued", "finished")
    assert "requeued" in names


def test_the_doctor_finds_a_running_server(server: ServerProcess) -> None:
    (check,) = checks.port(Settings(data_dir=server.data_dir))
    assert (check.state, check.name) == ("ok", "server")
    (check,) = checks.database(server.data_dir / checks.DATABASE)
    assert check.state == "ok"
    assert "jobs" in check.found


def workers(pid: int) -> list[int]:
    """All descendants of a process."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            inner = [int(child) for child in path.read_text().split()]
            found += inner
            todo += inner
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_second_signal_ends_it_at_once(env: dict[str, str], tmp_path: Path) -> None:
    with server_process(env, tmp_path / "data") as server, SyncClient(server.url) as client:
        job = client.submit(
            flow(deaf=node("number.deaf"), show=node("out.show", value="deaf.value"))
        )
        for event in client.events(job.id):
            if event.event == "nodes":
                break
        processes = workers(server.process.pid)
        assert processes
        server.signal(signal.SIGINT)
        deadline = time.monotonic() + PATIENCE
        while not any("stopping after" in one for one in server.said):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        server.signal(signal.SIGINT)
        assert server.wait() == 130
        while any(is_alive(one) for one in processes):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_queue_that_waits_and_a_token_of_ones_own(env: dict[str, str], tmp_path: Path) -> None:
    token = "mine" * 10
    with (
        server_process(env | {"WEFT_TOKEN": token}, tmp_path / "data", "--pause") as server,
        SyncClient(server.url) as client,
    ):
        assert server.token == token
        assert not (tmp_path / "data" / "token").exists()
        assert client.system().paused
        job = client.submit(count(1, 0.0))
        assert client.job(job.id).state == "queued"
        client.pause(False)
        assert client.wait(job.id, seconds=PATIENCE).state == "done"
        for pid in workers(server.process.pid):
            assert token.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def test_the_browser_is_given_the_address(env: dict[str, str], tmp_path: Path) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    with server_process(env | {"BROWSER": str(browser)}, tmp_path / "data", "--open") as server:
        deadline = time.monotonic() + PATIENCE
        while not opened.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert opened.read_text().strip() == server.url


ORPHANS = """
import asyncio, ctypes, os, subprocess, sys
from weft_web.serve import dead_children, reap_orphans
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
# A child that leaves a grandchild behind, and one of our own that somebody will wait for.
subprocess.run([sys.executable, "-c", "import os; os.fork() or os._exit(0)"], check=True)
async def main():
    reaper = asyncio.create_task(reap_orphans(0.05))
    for _ in range(1000):
        own = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(7)")
        assert await own.wait() == 7
        if not dead_children():
            break
    assert not dead_children()
    reaper.cancel()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_process_1_takes_in_orphans(env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORPHANS], env=env, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr


def test_commands_are_light(env: dict[str, str]) -> None:
    """Listing the commands imports neither the server nor a client."""
    code = "import sys, weft_web.cli; print([one for one in ('aiohttp', 'torch', 'pydantic', "
    code += "'weft_web.serve') if one in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["serve", "submit", "doctor"])
def test_every_command_has_its_help(name: str) -> None:
    done = CliRunner().invoke(app, [name, "--help"], prog_name="weft")
    assert done.exit_code == 0
    assert f"weft {name}" in done.stdout
