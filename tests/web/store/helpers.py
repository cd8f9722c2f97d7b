"""Stores, jobs and summaries of stores for the tests of the store."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from weft_web.store.records import JobRow, NewJob
from weft_web.store.store import Store

FULL = bool(os.environ.get("WEFT_FULL"))  # the tests in their full size
LIMIT = 10_000
GRAPH = json.dumps({"weft": 1, "nodes": {"a": {"type": "primitive.text", "version": 1}}})


def new(id: str, **more: Any) -> NewJob:
    """A job of the smallest graph."""
    return NewJob(id, more.pop("workflow", GRAPH), **more)


@asynccontextmanager
async def opened(folder: Path, boot: str = "boot", *, clean: bool = True) -> AsyncIterator[Store]:
    """A store in a folder."""
    store = await Store.open(folder, boot=boot)
    try:
        yield store
    finally:
        await store.close(clean=clean)


async def submitted(store: Store, *ids: str, **more: Any) -> list[JobRow]:
    """Jobs of these ids, queued."""
    return [(await store.submit(new(id, **more), queue_limit=LIMIT))[0] for id in ids]


async def running(store: Store, id: str, **more: Any) -> JobRow:
    """A job that runs."""
    await submitted(store, id, **more)
    return (await store.claim([id], "cpu"))[0]


async def order(store: Store) -> list[str]:
    """The ids in the queue."""
    return [row.id for row in await store.queued()]


async def told(store: Store, job: str | None = None) -> list[str]:
    """The names of all events."""
    return [row.event for row in await store.events(0, job, 10_000)]


async def snapshot(store: Store) -> dict[str, Any]:
    """Everything a client could see, but for times."""
    rows, _ = await store.jobs(None, 10_000, None)
    outputs = await store.outputs([row.id for row in rows])
    return {
        "jobs": {
            row.id: [
                row.state, row.run, row.attempts, row.cancel_wanted, row.error, row.nodes,
                row.last_event, row.priority,
            ]
            for row in rows
        },
        "queue": await order(store),
        "outputs": {id: [(one.node, one.sha256) for one in made] for id, made in outputs.items()},
        "events": [[one.number, one.job, one.event] for one in await store.events(0, None, 10_000)],
        "workflows": [[one.name, one.revision] for one in await store.workflows.list()],
        "uploads": [[one.name, one.sha256] for one in await store.uploads.list()],
        "webhooks": [[one.job, one.tries] for one in await store.webhooks.pending()],
    }  # fmt: skip


def check_files(folder: Path) -> None:
    """Whatever happened: the database is whole, every named file is there, every file is whole."""
    with closing(sqlite3.connect(folder / "weft.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        named = {sha.hex() for (sha,) in connection.execute(
            "SELECT sha FROM output WHERE sha IS NOT NULL")}  # fmt: skip
    blobs = folder / "blobs"
    found = set()
    for path in blobs.glob("??/*"):
        digest = path.parent.name + path.name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
        found.add(digest)
    assert named <= found


def start_child(
    module: str, *arguments: object, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Run a module of these tests in a process of its own, its output to be read line by line."""
    paths = [one for one in sys.path if one]
    return subprocess.Popen(
        [sys.executable, "-m", f"web.store.{module}", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
