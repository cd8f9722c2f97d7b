"""A process whose n-th write to the disk fails, for n = 1, 2, ... until none is left to fail.

Arguments: the folder, the number of the error, and "once" or "on" (every later one fails too).
`failing_io.c` is preloaded. Prints how many places were tried; ends with 0 if all was well.
"""

from __future__ import annotations

import asyncio
import ctypes
import sqlite3
import sys
from pathlib import Path

from web.store.crash_child import FIRST_DOCUMENT, Bytes
from web.store.helpers import LIMIT, check_files, new, snapshot
from weft_web.errors import StorageFullError
from weft_web.store import database
from weft_web.store.records import OutputRow
from weft_web.store.store import Store

EXPECTED = (StorageFullError, OSError, sqlite3.OperationalError)


async def everything(store: Store, turn: int, done: list[str]) -> None:
    """What a job does on its way, each step noted when it was acknowledged."""
    id = f"job{turn}"
    await store.submit(new(id, idempotency_key=id), queue_limit=LIMIT)
    done.append("queued")
    assert await store.claim([id], "cpu")
    done.append("running")
    await store.append(id, 1, [("node_started", {})])
    done.append("appended")
    sha, size = await store.blobs.add(Bytes(id.encode() * 2000))
    output = OutputRow("n", 0, {}, "x", None, sha, size)
    assert (await store.finish(id, 1, "done", outputs=[output]))[0]
    done.append("done")
    await store.workflows.save(id, FIRST_DOCUMENT, 0)
    done.append("saved")


async def turn(store: Store, number: int, done: list[str]) -> None:
    """Check what a failure left, and that all works again."""
    seen = await snapshot(store)
    id = f"job{number}"
    state = seen["jobs"].get(id, [None])[0]
    events = [event for _, job, event in seen["events"] if job == id]
    assert state in (
        ["done"] if "done" in done
        else ["running", "done"] if "appended" in done
        else ["running"] if "running" in done
        else ["queued", "running"] if "queued" in done
        else [None, "queued"]
    ), (number, done, state)  # fmt: skip
    # A state, its event and its outputs are one.
    assert ("queued" in events) == (state is not None)
    assert ("started" in events) == (state in ("running", "done"))
    assert ("finished" in events) == (state == "done") == bool(seen["outputs"].get(id))
    if "saved" in done:
        assert [id, 1] in seen["workflows"]
    await everything(store, 100_000 + number, [])


async def main(folder: Path, error: int, lasting: bool) -> None:
    database.WAL_SOON = 0  # type: ignore[misc]  # empty the log after every commit
    library = ctypes.CDLL(None)
    number = failures = 0
    store = await Store.open(folder, boot="child")
    await everything(store, 0, [])
    while True:
        number += 1
        done: list[str] = []
        told: list[int] = []
        store.on_events = lambda events, told=told: told.extend(row.number for row in events)
        library.fail_at(number, error, lasting)
        try:
            await everything(store, number, done)
            failed = False
        except EXPECTED:
            failed = True
        reached = library.made() >= number
        library.fail_at(0, 0, 0)
        failures += failed
        await turn(store, number, done)
        assert told == sorted(told)
        assert set(told) <= {row.number for row in await store.events(0, None, 100_000)}
        if not reached and not failed:
            break
    await store.close()
    check_files(folder)
    print(number - 1, failures, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "on"))
