"""A process that serves many clients of a store until it is killed, and prints what it promised.

Arguments: the folder, and a name for this start. Prints "queued ID" or "done ID SHA" once that is
on the disk.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from web.store.crash_child import Bytes
from web.store.helpers import LIMIT, new
from weft_web.store.records import OutputRow
from weft_web.store.store import Store


async def main(folder: Path, boot: str) -> None:
    store = await Store.open(folder, boot=boot)
    await store.recover(1_000_000)
    waiting = asyncio.Queue[str]()
    for row in await store.queued():
        waiting.put_nowait(row.id)

    async def client(number: int) -> None:
        count = 0
        while True:
            count += 1
            id = f"{boot}-{number}-{count}"
            await store.submit(new(id, idempotency_key=id), queue_limit=LIMIT)
            print("queued", id, flush=True)
            waiting.put_nowait(id)
            while waiting.qsize() > 50:
                await asyncio.sleep(0.002)

    async def slot() -> None:
        while True:
            for row in await store.claim([await waiting.get()], "cpu"):
                await store.append(row.id, row.run, [("node_started", {"node": "n"})])
                sha, size = await store.blobs.add(Bytes(row.id.encode() * 100))
                output = OutputRow("n", 0, {}, "x.bin", None, sha, size)
                ended, _ = await store.finish(row.id, row.run, "done", outputs=[output])
                assert ended is not None
                print("done", row.id, sha, flush=True)

    await asyncio.gather(*(client(number) for number in range(8)), *(slot() for _ in range(8)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
