"""A process that does all a store can do, and prints what a client could see after each step.

Arguments: the folder. The environment says where it dies.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from web.store.helpers import GRAPH, LIMIT, new, snapshot
from weft_web.api.schemas import Move
from weft_web.store import database
from weft_web.store.records import OutputRow
from weft_web.store.store import Store

Step = Callable[[Store], Awaitable[object]]
FIRST_DOCUMENT = GRAPH
SECOND_DOCUMENT = GRAPH.replace('"a"', '"b"')


class Bytes:
    """Content in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._data

    def path(self) -> str | None:
        return None


async def finish(store: Store, job: str, run: int) -> None:
    """End an attempt as the dispatcher does: the file first, then the row that names it."""
    sha, size = await store.blobs.add(Bytes(job.encode() * 1000))
    await store.finish(
        job, run, "done", events=[("output", {"node": "n"})],
        outputs=[OutputRow("n", 0, {}, "x.bin", None, sha, size)],
        nodes={"n": {"state": "ran", "seconds": 0.1}},
    )  # fmt: skip


async def prune(store: Store) -> None:
    """Delete what has ended."""
    time.sleep(0.005)
    await store.prune(0)


DIED = {"kind": "worker_died", "message": "its process died"}
# Every step is one commit, so that a crash leaves what one step or the next one left.
STEPS: tuple[Step, ...] = (
    lambda store: store.recover(3),
    lambda store: store.submit(new("a", idempotency_key="a"), queue_limit=LIMIT),
    lambda store: store.submit(new("b", webhook="https://example.org/"), queue_limit=LIMIT),
    lambda store: store.submit(new("c"), queue_limit=LIMIT),
    lambda store: store.submit(new("d"), queue_limit=LIMIT),
    lambda store: store.move("d", Move(before="b")),
    lambda store: store.claim(["a", "b"], "cpu"),
    lambda store: store.append("a", 1, [("planned", {}), ("node_started", {"node": "n"})]),
    lambda store: finish(store, "a", 1),
    lambda store: store.release("b", 1),
    lambda store: store.claim(["b"], "cpu"),
    lambda store: finish(store, "b", 2),
    lambda store: store.webhooks.note("b", 10_000, 1, None, None),
    lambda store: store.claim(["c"], "cpu"),
    lambda store: store.lost("c", 1, 3, DIED),
    lambda store: store.cancel("c"),
    lambda store: store.retry("c"),
    lambda store: store.delete("a"),
    lambda store: store.workflows.save("w", FIRST_DOCUMENT, 0),
    lambda store: store.workflows.save("w", SECOND_DOCUMENT, 1),
    lambda store: store.workflows.rename("w", "v", 2),
    lambda store: store.uploads.add("u", "ab" * 32, 3, "image/png"),
    prune,
    lambda store: store.workflows.delete("v"),
    lambda store: store.sweep(0),
    lambda store: store.uploads.delete("u"),
    lambda store: store.claim(["c", "d"], "cpu"),
)


async def say(store: Store) -> None:
    print(json.dumps(await snapshot(store)), flush=True)


async def main(folder: Path) -> None:
    database.WAL_SOON = 0  # type: ignore[misc]  # empty the log after every commit
    store = await Store.open(folder, boot="child")
    await say(store)
    for step in STEPS:
        await step(store)
        await say(store)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
