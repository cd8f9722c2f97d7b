"""Whatever a node does, the next job succeeds (D4), and nobody else pays but its own worker."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from web.workers.helpers import REGISTRY, Shared, flow, hello, into_sink, run, running_pool, until
from weft import Absence
from weft_web.workers import process

SOFT = {
    "fault.raise": "ValueError: on purpose",
    "fault.exit": "SystemExit: 3",
    "fault.exit_inline": "SystemExit: 3",
    "fault.interrupt_inline": "KeyboardInterrupt",
    "fault.memory": "no room",
    "fault.wrong_type": "it returned the wrong thing",
}


def test_a_failing_node_fails_its_job_and_keeps_the_worker(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            pid = pool.status()[0].pid
            for type, text in SOFT.items():
                ended, _ = await run(pool, into_sink(type))
                assert ended.status == "failed", type
                assert text in (ended.reason or ""), (type, ended.reason)
                following, seen = await run(pool, hello("next"))
                assert following.status == "done", type
                assert seen.outputs == [("show", {"text": "next"}, None)]
            changed = flow(
                a=("fault.picture",),
                b=("fault.in_place", {}, {"image": "a.image"}),
                end=("fault.sink", {}, {"image": "b.image"}),
            )
            ended, seen = await run(pool, changed)
            assert "in place" in (ended.reason or "")
            assert "node_failed" in seen.names()
            ended, _ = await run(pool, into_sink("fault.nan"))
            assert ended.status == "done"
            assert (await run(pool, hello()))[0].status == "done"
            assert pool.status()[0].pid == pid

    shared.run(scene())


@pytest.mark.parametrize("type", ["fault.exit_hard", "fault.segfault", "fault.killed"])
def test_a_node_that_ends_its_process_loses_its_job_and_no_more(shared: Shared, type: str) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            before = pool.status()[0].restarts
            ended, _ = await run(pool, into_sink(type))
            assert ended.status == "lost"
            assert "ended" in (ended.reason or "")
            following, _ = await run(pool, hello())
            assert following.status == "done"
            assert pool.status()[0].restarts == before + 1

    shared.run(scene())


def test_all_jobs_of_a_process_that_dies_by_itself_are_lost(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            slow = asyncio.create_task(run(pool, flow(a=("fault.slow_io",), **_shown("a")), "slow"))
            await until(lambda: pool.status()[0].jobs)
            ended, _ = await run(pool, into_sink("fault.exit_hard"), "bad")
            assert ended.status == "lost"
            assert (await slow)[0].status == "lost"

    shared.run(scene())


def _shown(source: str) -> dict[str, tuple[object, ...]]:
    return {"end": ("fault.show", {}, {"text": f"{source}.value"})}


@pytest.mark.parametrize("type", ["fault.hang", "fault.hang_inline", "fault.hang_with_lock"])
def test_a_node_that_hangs_is_ended_with_its_process_when_its_time_is_over(
    shared: Shared, type: str
) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            ended, _ = await run(pool, into_sink(type), seconds=0.2)
            assert (ended.status, ended.timed_out) == ("failed", True)
            assert "0.2 seconds" in (ended.reason or "")
            assert (await run(pool, hello()))[0].status == "done"

    shared.run(scene())


def test_a_worker_that_gives_no_sign_of_life_is_killed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path, heartbeat_s=0.1, silent_s=1.0) as pool:
            hung = asyncio.create_task(run(pool, into_sink("fault.hang_with_lock")))
            await until(lambda: pool.status()[0].state == "dead", 10)
            ended, _ = await hung
            assert ended.status == "lost"
            assert "no sign of life" in (ended.reason or "")
            assert (await run(pool, hello()))[0].status == "done"

    asyncio.run(scene())


def test_a_worker_that_never_becomes_ready_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "LONGEST_START", 3.0)
    monkeypatch.setenv("WEFT_TEST_HANGS_ONCE", str(tmp_path / "note"))

    async def scene() -> None:
        hangs_once = "web.workers.faults:registry_that_hangs_once"
        async with asyncio.timeout(30), running_pool(tmp_path, hangs_once) as pool:
            assert pool.status()[0].restarts == 1
            assert (await run(pool, hello()))[0].status == "done"

    asyncio.run(scene())
    (said,) = [one.getMessage() for one in caplog.records if "did not start" in one.getMessage()]
    assert said.startswith("worker-0 did not start: it was not ready within 3 seconds; once more")


def test_a_process_whose_device_broke_is_replaced(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            before = pool.status()[0].restarts
            ended, _ = await run(pool, into_sink("fault.cuda"))
            assert ended.status == "failed"
            assert "device-side assert" in (ended.reason or "")
            assert (await run(pool, hello()))[0].status == "done"
            assert pool.status()[0].restarts == before + 1
            # With neighbours nobody knows whose fault it was: all run again, alone.
            slow = asyncio.create_task(run(pool, flow(a=("fault.slow_io",), **_shown("a")), "slow"))
            await until(lambda: pool.status()[0].jobs)
            ended, _ = await run(pool, into_sink("fault.cuda"), "bad")
            assert ended.status == "lost"
            assert (await slow)[0].status == "lost"

    shared.run(scene())


def test_a_full_disk_is_told_from_other_faults(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            ended, _ = await run(pool, flow(a=("fault.full",)))
            assert (ended.status, ended.storage_full) == ("failed", True)
            ended, _ = await run(pool, into_sink("fault.raise"))
            assert (ended.status, ended.storage_full) == ("failed", False)

    shared.run(scene())


def test_a_wrong_workflow_says_what_is_wrong(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            ended, _ = await run(pool, flow(a=("fault.shwo",)))
            assert ended.status == "failed"
            assert ended.problems[0]["path"] == "nodes.a.type"
            assert (await run(pool, hello()))[0].status == "done"

    shared.run(scene())


def test_whose_node_ran_when_a_process_died_is_told(tmp_path: Path) -> None:
    """Where events were still waiting to be sent; and nobody is named who may be innocent."""

    async def scene() -> None:
        registry = f"{REGISTRY}_of_a_plugin"
        async with running_pool(tmp_path, registry) as pool:
            for type in ("fault.exit_hard", "fault.segfault"):
                ended, _ = await run(pool, into_sink(type))
                assert (ended.status, ended.culprit) == ("lost", "acme-nodes")
                assert f"at work was a ({type} of acme-nodes)" in (ended.reason or "")
            ended, _ = await run(pool, into_sink("fault.hang"), seconds=0.2)
            assert ended.culprit is None
            assert (await run(pool, hello()))[0].status == "done"
            # Between nodes, or after them, it is nobody's.
            (pid,) = (one.pid for one in pool.status())
            os.kill(pid or 0, signal.SIGKILL)
            await until(lambda: pool.status()[0].pid not in (None, pid) and pool.free())
            pool.leave_out({"acme": Absence("it crashed", "restart")})
            assert (await run(pool, hello()))[0].status == "done"
            assert not list(tmp_path.glob("work/*-diary-*"))[1:]

    asyncio.run(scene())
