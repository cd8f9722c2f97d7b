"""Several devices: a worker each, and none pays for another."""

import asyncio
from pathlib import Path

from web.workers.helpers import flow, into_sink, run, running_pool, until

LONG = {"a": ("fault.slow_io",), "end": ("fault.show", {}, {"text": "a.value"})}


def test_workers_share_the_jobs_and_not_their_deaths(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path, devices=("cpu", "cpu"), slots=2) as pool:
            await until(lambda: pool.free() == 4)
            first = asyncio.create_task(run(pool, flow(**LONG), "first"))
            await until(lambda: pool.free() == 3)
            # Whoever runs alone gets the idle one.
            assert pool.takes(alone=True)
            ended, _ = await run(pool, into_sink("fault.exit_hard"), "second")
            assert ended.status == "lost"
            assert "first" in {job for one in pool.status() for job in one.jobs}
            await until(lambda: pool.free() == 3)
            assert sorted(one.restarts for one in pool.status()) == [0, 1]
            third = asyncio.create_task(run(pool, flow(**LONG), "third"))
            await until(lambda: all(one.jobs for one in pool.status()))
            assert not pool.takes(alone=True)
            pool.cancel("first")
            pool.cancel("third")
            assert (await first)[0].status == (await third)[0].status == "cancelled"

    asyncio.run(scene())


def test_questions_about_memory_go_to_every_worker(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running_pool(tmp_path, devices=("cpu", "cpu"), slots=1) as pool:
            await until(lambda: pool.free() == 2)
            slow = into_sink("fault.slow", {"seconds": 0.5})
            pictures = [into_sink("fault.picture", {"seed": seed}) for seed in (1, 2)]
            await asyncio.gather(run(pool, slow, "a"), run(pool, pictures[0], "b"))
            cache = await pool.ask("cache", {})
            assert cache["host"]["values"] == 2
            system = await pool.ask("system", {})
            assert [one["name"] for one in system["devices"]] == ["cpu"]
            assert (await pool.ask("clear_cache", {}))["freed"] > 0
            assert (await pool.ask("cache", {}))["host"]["values"] == 0

    asyncio.run(scene())
