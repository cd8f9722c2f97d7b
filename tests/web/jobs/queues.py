"""What the tests of the queue share: a store, a fake pool and a dispatcher in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web.jobs.fake_pool import FakePool
from weft_web.jobs.dispatcher import Dispatcher
from weft_web.jobs.hub import Hub
from weft_web.jobs.ids import new_id
from weft_web.settings import Settings
from weft_web.store.records import JobRow, NewJob
from weft_web.store.store import Store

PATIENCE = 30.0  # seconds; for liveness only
FINAL = ("done", "failed", "cancelled", "quarantined")


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


@dataclass
class Queue:
    """A running queue."""

    store: Store
    pool: FakePool
    hub: Hub
    dispatcher: Dispatcher

    async def submit(self, do: str = "quick", *, told: bool = True, **more: Any) -> str:
        """Submit a job that does something (see FakePool); its id. told: the dispatcher is."""
        count = more.pop("count", 1)
        text = json.dumps({"do": do, "count": count})
        row, _ = await self.store.submit(NewJob(new_id(), text, **more), queue_limit=10_000)
        if told:
            self.dispatcher.add(row)
        return row.id

    async def job(self, id: str) -> JobRow:
        row = await self.store.job(id)
        assert row is not None
        return row

    async def settled(self, ids: Sequence[str]) -> list[JobRow]:
        """The rows of jobs once all of them have ended."""
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = [await self.job(id) for id in ids]
                if all(row.state in FINAL for row in rows):
                    return rows
                await asyncio.sleep(0.01)

    async def events(self, job: str | None = None) -> list[tuple[str, dict[str, Any]]]:
        return [(one.event, one.data) for one in await self.store.events(0, job, 100_000)]


@asynccontextmanager
async def queue(
    folder: Path,
    pool: FakePool | None = None,
    *,
    started: bool = True,
    clean: bool = True,
    **settings: Any,
) -> AsyncIterator[Queue]:
    """A queue over a folder. clean: end as a server that is stopped, not as one that is killed."""
    store = await Store.open(folder, boot=new_id())
    pool = pool or FakePool()
    hub = Hub(store)
    told = Settings(data_dir=folder, token="t" * 40, **settings)
    dispatcher = Dispatcher(store, pool, store.blobs, hub, told)
    made = Queue(store, pool, hub, dispatcher)
    try:
        if started:
            await dispatcher.start()
        yield made
    finally:
        if clean:
            await dispatcher.close(1.0)
        else:
            await _vanish(dispatcher, hub)
        await store.close(clean=clean)


async def _vanish(dispatcher: Dispatcher, hub: Hub) -> None:
    """End all tasks without a word to the store, as a crash does."""
    this = asyncio.current_task()
    tasks = [one for one in asyncio.all_tasks() if one is not this]
    for one in tasks:
        one.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    hub.close()
    await dispatcher.webhooks.close()
