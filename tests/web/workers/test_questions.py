"""Questions are answered while jobs run, and a question that hangs costs nobody anything."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from web.workers.helpers import Shared, flow, into_sink, run, running_pool, until
from weft_web.workers.pool import AskError


def test_questions_do_not_wait_for_jobs(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            busy = [
                asyncio.create_task(run(pool, into_sink(type), type))
                for type in ("fault.slow", "fault.hang_inline")
            ]
            await asyncio.sleep(0.5)
            start = time.monotonic()
            system = await pool.ask("system", {})
            assert system["devices"][0]["name"] == "cpu"
            assert {"weft", "torch", "python"} <= system["versions"].keys()
            assert system["memory"]["resident"] > 0
            plan = await pool.ask("plan", {"workflow": into_sink("fault.picture", {"seed": 77})})
            assert plan["nodes"]["a"] == {"action": "run", "reason": "not cached", "where": None}
            assert time.monotonic() - start < 5
            for type in ("fault.slow", "fault.hang_inline"):
                pool.cancel(type)
            await asyncio.gather(*busy)

    shared.run(scene())


def test_each_question_has_its_answer(tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "cat.png").write_bytes(b"x")

    async def scene() -> None:
        async with running_pool(tmp_path) as pool:
            workflow = into_sink("fault.picture")
            assert (await run(pool, workflow))[0].status == "done"
            plan = await pool.ask("plan", {"workflow": workflow, "targets": ["a"]})
            assert plan["nodes"]["a"] == {"action": "cached", "reason": None, "where": "host"}
            cache = await pool.ask("cache", {})
            assert cache["host"]["values"] == 1
            assert cache["host"]["bytes"] > 0
            assert cache["device"] is None
            assert set(cache["disk"]) == {"values", "bytes", "budget"}
            assert (await pool.ask("clear_cache", {"tier": "host"}))["freed"] > 0
            assert (await pool.ask("cache", {}))["host"]["bytes"] == 0

            async def choices(type: str, input: str) -> Any:
                return (await pool.ask("choices", {"type": type, "input": input}))["choices"]

            assert await choices("fault.choose", "one") == ["a", "b"]
            assert await choices("fault.read", "file") == ["cat.png"]
            old = flow(a=("fault.renamed", {"text": "old"}))
            old["parameters"] = {"say": "a.text"}
            new = (await pool.ask("migrate", {"workflow": old}))["workflow"]
            assert new["nodes"]["a"] == {
                "type": "fault.renamed", "version": 2, "values": {"words": "old"}
            }  # fmt: skip
            assert new["parameters"] == {"say": "a.words"}

    asyncio.run(scene())


def test_models_come_with_their_family(tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / "checkpoints").mkdir(parents=True)
    (models / "checkpoints" / "broken.safetensors").write_bytes(b"\x80\x04no")

    async def scene() -> None:
        async with running_pool(tmp_path / "data", registry=None, models=(models,)) as pool:
            found = {one["name"]: one for one in (await pool.ask("models", {}))["models"]}
            assert found["broken.safetensors"]["family"] is None
            assert "pickled" in found["broken.safetensors"]["error"]
            assert found["starter-unet.safetensors"]["family"] == "sd1"
            assert found["starter-unet.safetensors"]["error"] is None
            assert found["starter-unet.safetensors"]["bytes"] > 1000

    asyncio.run(scene())


def test_wrong_questions_are_refused(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            for question, data, text in (
                ("what", {}, "no question"),
                ("choices", {"type": "fault.none", "input": "x"}, "no node type"),
                ("choices", {"type": "fault.show", "input": "text"}, "no choices"),
            ):
                with pytest.raises(AskError, match=text):
                    await pool.ask(question, data)
            with pytest.raises(AskError) as caught:
                await pool.ask("plan", {"workflow": flow(a=("fault.shwo",))})
            assert caught.value.problems[0]["suggestion"] == "fault.show"

    shared.run(scene())


def test_a_question_that_hangs_ends_its_worker_once_nothing_runs(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            pid = pool.status()[0].pid
            job = asyncio.create_task(run(pool, into_sink("fault.slow", {"seconds": 1.0}), "job"))
            await until(lambda: pool.status()[0].jobs)
            with pytest.raises(AskError, match="within"):
                await pool.ask("choices", {"type": "fault.choose_never", "input": "one"}, 0.2)
            assert (await job)[0].status == "done"
            await until(lambda: pool.free() > 0)
            assert pool.status()[0].pid != pid

    shared.run(scene())


def test_a_node_draws_its_values(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:

            async def draw(linked: tuple[str, ...] = (), **values: Any) -> Any:
                question = {"type": "fault.charted", "values": values, "linked": linked}
                return await pool.ask("chart", question)

            assert await draw() == {"x": [0.0, 1.0, 2.0], "y": [2.0, 1.0, 0.0]}
            assert await draw(count=2, scale=3) == {"x": [0.0, 1.0], "y": [3.0, 0.0]}
            assert await draw(("count",), count=2) == {"x": [], "y": []}
            for wrong in ({"count": "two"}, {"count": 1.5}, {"count": 1}, {"scale": "x"}):
                with pytest.raises(AskError) as refused:
                    await draw(**wrong)
                assert refused.value.problems, wrong
            for broken in ("uneven", "endless", "raises"):
                with pytest.raises(AskError):
                    await draw(how=broken)
            with pytest.raises(AskError, match="no chart"):
                await pool.ask("chart", {"type": "fault.picture", "values": {}, "linked": ()})

    shared.run(scene())
