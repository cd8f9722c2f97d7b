"""A process whose files may not grow: what it says then, and that it goes on when they may.

Arguments: the folder.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from web.store.crash_child import finish
from web.store.helpers import GRAPH, LIMIT, check_files, new, running
from weft_web.errors import StorageFullError
from weft_web.store.store import Store


async def main(folder: Path) -> None:
    store = await Store.open(folder, boot="child")
    accepted = ["first"]
    await running(store, "first")
    refused = 0
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    for position in range(8):
        largest = max(path.stat().st_size for path in folder.glob("weft.db*"))
        limit = largest + 3000 * (position + 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
        for number in range(200):
            id = f"job{position}-{number}"
            job = new(id, workflow=GRAPH + " " * 2000 + id)
            try:
                await store.submit(job, queue_limit=LIMIT)
            except StorageFullError:
                refused += 1
                break
            accepted.append(id)
        else:
            raise AssertionError("nothing was refused")
        # Reads go on.
        assert await store.job(accepted[-1]) is not None
        assert len(await store.queued()) == len(accepted) - 1
        # A group in which one does not fit.
        many = await asyncio.gather(
            *(store.submit(new(f"x{position}-{one}"), queue_limit=LIMIT) for one in range(3)),
            return_exceptions=True,
        )
        accepted += [one[0].id for one in many if isinstance(one, tuple)]
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        await store.submit(new(f"after{position}"), queue_limit=LIMIT)
        accepted.append(f"after{position}")
    await finish(store, "first", 1)
    for id in accepted:
        assert await store.job(id) is not None
    await store.close()
    check_files(folder)
    print(refused, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
