"""Cancelling, soft and hard; deadlines; jobs that run alone; draining (D5)."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from web.workers.helpers import (
    REGISTRY,
    Seen,
    Shared,
    flow,
    hello,
    into_sink,
    run,
    running_pool,
    settings,
    until,
)
from weft_web.workers.local import LocalPool
from weft_web.workers.pool import AskError, Assignment

LONG = {"a": ("fault.slow_io",), "end": ("fault.show", {}, {"text": "a.value"})}


def test_a_cancelled_job_stops_at_its_next_step_and_nobody_else_does(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            pid = pool.status()[0].pid
            neighbour = asyncio.create_task(
                run(pool, flow(a=("fault.slow_io", {"seconds": 1.0}), end=LONG["end"]), "other")
            )
            job = asyncio.create_task(run(pool, into_sink("fault.slow"), "job"))
            await asyncio.sleep(0.3)
            start = time.monotonic()
            pool.cancel("job")
            assert (await job)[0].status == "cancelled"
            assert time.monotonic() - start < 2
            assert (await neighbour)[0].status == "done"
            assert pool.status()[0].pid == pid

    shared.run(scene())


def test_a_job_that_does_not_listen_is_killed_and_its_neighbour_may_run_again(
    shared: Shared,
) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            neighbour = asyncio.create_task(run(pool, flow(**LONG), "other"))
            job = asyncio.create_task(run(pool, into_sink("fault.hang"), "job"))
            await asyncio.sleep(0.3)
            start = time.monotonic()
            pool.cancel("job")
            assert (await job)[0].status == "cancelled"
            assert (await neighbour)[0].status == "released"
            await until(lambda: pool.free() > 0)
            assert time.monotonic() - start < 5
            assert (await run(pool, hello()))[0].status == "done"

    shared.run(scene())


def test_a_job_is_cancelled_before_it_began(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            job = asyncio.create_task(run(pool, into_sink("fault.slow"), "job"))
            await until(lambda: pool.status()[0].jobs)
            pool.cancel("job")
            assert (await job)[0].status == "cancelled"
            pool.cancel("unknown")

    shared.run(scene())


def test_a_deadline_stops_a_job_softly_where_it_listens(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            pid = pool.status()[0].pid
            ended, _ = await run(pool, into_sink("fault.slow"), seconds=0.2)
            assert (ended.status, ended.timed_out) == ("failed", True)
            assert pool.status()[0].pid == pid

    shared.run(scene())


def test_a_job_that_runs_alone_has_no_neighbours(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            other = asyncio.create_task(run(pool, flow(**LONG), "other"))
            await until(lambda: pool.status()[0].jobs)
            assert pool.takes(alone=False)
            assert not pool.takes(alone=True)
            pool.cancel("other")
            await other
            alone = asyncio.create_task(run(pool, flow(**LONG), "alone", alone=True))
            await until(lambda: pool.status()[0].jobs)
            assert pool.free() == 0
            assert not pool.takes(alone=False)
            pool.cancel("alone")
            await alone
            assert pool.takes(alone=True)

    shared.run(scene())


def test_jobs_are_released_when_the_pool_closes(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path) as pool:
            soft = asyncio.create_task(run(pool, flow(**LONG), "soft"))
            hard = asyncio.create_task(run(pool, into_sink("fault.hang"), "hard"))
            await until(lambda: len(pool.status()[0].jobs) == 2)
            pid = pool.status()[0].pid
            await pool.close(drain=0.5)
            assert (await soft)[0].status == "released"
            assert (await hard)[0].status == "released"
            assert pid is not None
            await until(lambda: not _lives(pid), 5)
            assert not list((tmp_path / "work").iterdir())

    asyncio.run(scene())


def test_a_worker_is_replaced_after_its_share_of_jobs(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path, worker_jobs=2) as pool:
            pids = set()
            for _ in range(4):
                await until(lambda: pool.free() > 0)
                pids.add(pool.status()[0].pid)
                assert (await run(pool, hello()))[0].status == "done"
            assert len(pids) == 2

    asyncio.run(scene())


def test_a_worker_that_begins_with_too_much_memory_still_does_a_job(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path, worker_bytes=1) as pool:
            (before,) = pool.status()
            await asyncio.sleep(1)  # five signs of life
            assert pool.status()[0].pid == before.pid
            assert (await run(pool, hello()))[0].status == "done"
            await until(lambda: pool.status()[0].restarts == 1)
            assert (await run(pool, hello()))[0].status == "done"

    asyncio.run(scene())


def test_room_is_told(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            told = []
            pool.on_room = lambda: told.append(pool.free())
            await run(pool, hello())
            assert told[-1] == 8

    shared.run(scene())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_what_cannot_be_handed_over_takes_no_slot(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            with pytest.raises(TypeError):
                await pool.run(Assignment("odd", 1, {"weft": object()}), Seen())
            assert pool.free() == 8
            assert (await run(pool, hello()))[0].status == "done"

    shared.run(scene())


def test_a_question_that_waits_for_a_worker_is_refused_when_the_pool_closes(tmp_path: Path) -> None:
    async def scene() -> None:
        pool = LocalPool(settings(tmp_path), registry=REGISTRY)
        await pool.start()
        asked = asyncio.create_task(pool.ask("system", {}))
        await asyncio.sleep(0.01)
        await pool.close(drain=0.1)
        async with asyncio.timeout(10):
            with pytest.raises(AskError, match="the server stops"):
                await asked

    asyncio.run(scene())
