"""While there is nothing to do, what nodes import late is imported ahead."""

import asyncio
from pathlib import Path

import pytest

from web.workers.helpers import flow, run, running_pool, until
from weft_web.workers import local
from weft_web.workers.nursery import worker_environment

REGISTRY = "web.workers.warm:registry"
SAY = flow(say=("warm.say",))


def test_an_unused_worker_gives_way_to_a_warm_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "CALM", 0.05)

    async def scene() -> None:
        async with running_pool(tmp_path, REGISTRY) as pool:
            first = pool.status()[0].pid
            await until(lambda: pool.free() > 0 and pool.status()[0].pid != first)
            assert pool.status()[0].restarts == 0  # nothing went wrong
            _, seen = await run(pool, SAY)
            assert seen.outputs[0][1]["text"] == "warmed up"

    asyncio.run(scene())


def test_a_worker_that_did_something_stays_and_only_its_successor_is_warm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "CALM", 0.5)

    async def scene() -> None:
        async with running_pool(tmp_path, REGISTRY, worker_jobs=2) as pool:
            first = pool.status()[0].pid
            _, seen = await run(pool, SAY)
            assert seen.outputs[0][1]["text"] == ""
            await asyncio.sleep(1.0)
            assert pool.status()[0].pid == first
            await run(pool, SAY)  # its last
            _, seen = await run(pool, SAY)
            assert seen.outputs[0][1]["text"] == "warmed up"

    asyncio.run(scene())


def test_who_asks_for_a_device_ahead_does_not_start_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fork survives that; diffusers asks when it is imported. tests/cuda has the real thing."""
    monkeypatch.delenv("PYTORCH_NVML_BASED_CUDA_CHECK", raising=False)
    assert worker_environment()["PYTORCH_NVML_BASED_CUDA_CHECK"] == "1"
    monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "0")
    assert worker_environment()["PYTORCH_NVML_BASED_CUDA_CHECK"] == "0"
