"""`weft submit` against a real server: the same streams, files and exit codes as `weft run`."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.cli.support import Done, node
from web.server_process import (
    PATIENCE,
    ServerProcess,
    command,
    flow,
    make_environment,
    server_process,
    weft,
)
from weft_web.client import SyncClient


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_environment(tmp_path_factory.mktemp("submit"))


@pytest.fixture(scope="module")
def server(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    with server_process(env, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def here(env: dict[str, str], server: ServerProcess) -> dict[str, str]:
    """An environment in which the server is found by its data folder."""
    return env | {"WEFT_DATA_DIR": str(server.data_dir)}


def write(folder: Path, data: Any) -> str:
    (folder / "flow.json").write_text(json.dumps(data))
    return "flow.json"


COUNT = {
    **flow(
        count=node("number.slow", {"steps": 3}),
        values=node("many.values", {"text": "red"}),
        write=node("out.write", value="count.value"),
        show=node("out.show", value="values.value"),
    ),
    "parameters": {"prompt": "values.text", "step_count": ["count.steps", "values.steps"]},
}


def test_outputs_on_stdout_and_files_in_the_folder(here: dict[str, str], tmp_path: Path) -> None:
    file = write(tmp_path, COUNT)
    line = ["--prompt", "blue", "--step-count=4", "--set", "values.mode=slow"]
    done = weft(here, tmp_path, "submit", file, *line)
    assert done.code == 0, done.err
    assert sorted(done.out.splitlines()) == [
        "output/out.txt",
        'show: ["blue", 4, 1.0, false, "slow", 0, {}, [], null]',
    ]
    assert (tmp_path / "output" / "out.txt").read_text() == "4"
    assert "4 to run, 0 cached" in done.err
    assert "done in" in done.err


def test_json_is_one_event_a_line_and_the_last_says_it_all(
    here: dict[str, str], tmp_path: Path
) -> None:
    file = write(tmp_path, COUNT)
    done = weft(here, tmp_path, "submit", file, "--json", "--output-dir", "made")
    assert done.code == 0, done.err
    names = [one["event"] for one in done.lines]
    assert names[:2] == ["queued", "started"]
    assert {"planned", "node_started", "node_finished", "output"} <= set(names)
    last = done.last
    assert (last["event"], last["status"]) == ("finished", "done")
    (item,) = last["outputs"]["write"]
    assert Path(item["path"]) == Path("made/out.txt")
    assert last["nodes"]["count"]["state"] in ("ran", "cached")


def test_a_node_that_fails(here: dict[str, str], tmp_path: Path) -> None:
    file = write(
        tmp_path, flow(fail=node("number.fail"), show=node("out.show", value="fail.value"))
    )
    done = weft(here, tmp_path, "submit", file)
    assert done.code == 1
    assert "nodes.fail (test:number.fail): ValueError: no luck with 1" in done.err
    assert "--verbose (-v) shows the traceback" in done.err
    assert "failed in" in done.err


def test_what_is_wrong_is_said_with_its_place(
    here: dict[str, str], server: ServerProcess, tmp_path: Path
) -> None:
    file = write(tmp_path, flow(show=node("out.show", value="none.value")))
    done = weft(here, tmp_path, "submit", file, "--json")
    assert done.code == 2
    assert done.last["event"] == "refused"
    assert any("nodes.show" in one["path"] for one in done.last["problems"])
    file = write(tmp_path, COUNT)
    assert weft(here, tmp_path, "submit", file, "--no-such", "1").code == 2
    done = weft(here, tmp_path, "submit", file, "--server", server.base, "--token", "wrong")
    assert done.code == 2
    assert "WEFT_TOKEN" in done.err
    done = weft(here, tmp_path, "submit", file, "--server", "ftp://x")
    assert done.code == 2
    assert "no server" in done.err


def test_without_waiting_it_prints_the_job(
    env: dict[str, str], server: ServerProcess, tmp_path: Path
) -> None:
    file = write(tmp_path, COUNT)
    done = weft(env, tmp_path, "submit", file, "--server", server.url, "--no-wait")
    assert done.code == 0, done.err
    with SyncClient(server.url) as client:
        job = client.wait(done.out.strip(), seconds=PATIENCE)
        assert job.label == "flow.json"
        assert client.read(job.outputs[-1]) == b"3"
        assert [path.name for path in client.download(job, tmp_path / "later")] == ["out.txt"]


def test_files_of_this_machine_are_uploaded(here: dict[str, str], tmp_path: Path) -> None:
    picture = tmp_path / "my picture.png"
    picture.write_bytes(PNG)
    used = node("file.read", {"file": "my picture.png"})
    file = write(tmp_path, flow(read=used, show=node("out.show", value="read.value")))
    for _ in range(2):
        done = weft(here, tmp_path, "submit", file)
        assert done.code == 0, done.err
        assert "uploading my picture.png" in done.err
        assert done.out.splitlines() == [f"show: {len(PNG)} bytes"]


def test_ctrl_c_cancels_the_job(
    here: dict[str, str], server: ServerProcess, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        flow(
            count=node("number.slow", {"steps": 3000, "seconds": 0.02}),
            show=node("out.show", value="count.value"),
        ),
    )
    process = subprocess.Popen(
        command("submit", file),
        cwd=tmp_path,
        env=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    done = interrupt(process, until="to run")
    assert done.code == 130, done
    assert "cancelled in" in done.err
    with SyncClient(server.url) as client:
        assert client.jobs(limit=1).jobs[0].state == "cancelled"


def interrupt(process: subprocess.Popen[str], until: str) -> Done:
    """Send SIGINT once a line on stderr holds a text; give the end of the process."""
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    stderr = process.stderr
    reader = threading.Thread(target=lambda: said.extend(stderr))
    reader.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while not any(until in one for one in said):
            assert time.monotonic() < deadline, said
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE)
        reader.join(PATIENCE)
        return Done(code, process.stdout.read(), "".join(said))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()


def test_no_server(env: dict[str, str], tmp_path: Path) -> None:
    file = write(tmp_path, COUNT)
    lines = env | {"WEFT_DATA_DIR": str(tmp_path / "none"), "WEFT_SERVER": "http://127.0.0.1:9"}
    done = weft(lines, tmp_path, "submit", file, "--json", "--no-wait")
    assert done.code == 1
    assert "does not answer" in done.err
    assert done.last["event"] == "refused"


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
