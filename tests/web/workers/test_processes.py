"""Processes that end: the server's, the nursery's; and what they leave behind: nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from web.workers.helpers import flow, hello, into_sink, run, running_pool, settings, until
from weft_web.workers.local import LocalPool

SERVER = """
import asyncio, sys
from pathlib import Path
from web.workers.helpers import REGISTRY, Seen, into_sink, settings, until
from weft_web.workers.local import LocalPool
from weft_web.workers.pool import Assignment

async def main():
    pool = LocalPool(settings(Path(sys.argv[1])), registry=REGISTRY)
    await pool.start()
    await until(lambda: pool.free() > 0)
    jobs = [
        asyncio.create_task(pool.run(Assignment(type, 1, into_sink(type)), Seen()))
        for type in sys.argv[2:]
    ]
    await asyncio.sleep(0.5)
    print(pool.status()[0].pid, pool._nursery._process.pid, flush=True)
    await asyncio.gather(*jobs)

asyncio.run(main())
"""


def _gone(pid: int, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_workers_end_when_the_server_is_killed_whatever_they_do(tmp_path: Path) -> None:
    for type in ("fault.slow", "fault.hang_with_lock"):
        command = [sys.executable, "-c", SERVER, str(tmp_path), type]
        path = os.pathsep.join(one for one in sys.path if one)
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        ) as server:
            assert server.stdout is not None
            pids = [int(one) for one in server.stdout.readline().split()]
            assert len(pids) == 2
            server.kill()
        for pid in pids:
            assert _gone(pid), type


def test_what_a_node_started_ends_with_its_worker(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path / "server") as pool:
            note = tmp_path / "note"
            workflow = flow(
                a=("fault.fork", {"note": str(note)}), end=("fault.show", {}, {"text": "a.value"})
            )
            job = asyncio.create_task(run(pool, workflow, "job"))
            await until(lambda: note.exists() and note.read_text())
            pool.cancel("job")
            assert (await job)[0].status == "cancelled"
            assert all(_gone(int(pid)) for pid in note.read_text().split())

    asyncio.run(scene())


def test_the_pool_survives_the_end_of_the_nursery(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path) as pool:
            job = asyncio.create_task(run(pool, into_sink("fault.slow")))
            await until(lambda: pool.status()[0].jobs)
            worker = pool.status()[0].pid
            nursery = pool._nursery._process
            assert nursery is not None
            assert worker is not None
            os.kill(nursery.pid, signal.SIGKILL)
            assert (await job)[0].status == "lost"
            assert _gone(worker)
            assert (await run(pool, hello()))[0].status == "done"

    asyncio.run(scene())


def test_a_device_that_is_not_there_is_told_and_nothing_loops(tmp_path: Path) -> None:
    async def scene() -> None:
        pool = LocalPool(settings(tmp_path, devices=("cuda:77",)))
        await pool.start()
        try:
            await until(lambda: "no device" in str(pool.status()[0].memory.get("reason")))
            assert pool.free() == 0
            assert pool.status()[0].restarts < 3
        finally:
            await pool.close()

    asyncio.run(scene())


def test_the_server_imports_no_torch(tmp_path: Path) -> None:
    code = SERVER + "print('torch' in sys.modules)"
    path = os.pathsep.join(one for one in sys.path if one)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), "fault.raise"],
        capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "False", done.stderr
