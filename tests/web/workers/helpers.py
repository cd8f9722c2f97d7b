"""What the tests of the workers share: settings, a sink that remembers, small workflows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from weft_web.settings import Settings
from weft_web.workers.local import LocalPool
from weft_web.workers.pool import Assignment, Content, Ended

REGISTRY = "web.workers.faults:registry"
T = TypeVar("T")


@dataclass
class Seen:
    """A sink that keeps everything."""

    events: list[dict[str, Any]] = field(default_factory=list)
    previews: list[tuple[str, str, bytes]] = field(default_factory=list)
    outputs: list[tuple[str, dict[str, Any], bytes | None]] = field(default_factory=list)

    def event(self, data: dict[str, Any]) -> None:
        self.events.append(data)

    def preview(self, node: str, mime: str, picture: bytes) -> None:
        self.previews.append((node, mime, picture))

    async def output(self, node: str, item: dict[str, Any], content: Content | None) -> None:
        held = None
        if content is not None:
            held = b"".join([piece async for piece in content.chunks()])
            assert len(held) == content.size
        self.outputs.append((node, item, held))

    def names(self) -> list[str]:
        return [one["event"] for one in self.events]


def settings(folder: Path, **more: Any) -> Settings:
    defaults: dict[str, Any] = {"devices": ("cpu",), "grace_s": 0.3, "heartbeat_s": 0.2}
    return Settings(data_dir=folder, **{**defaults, **more})


@asynccontextmanager
async def running_pool(
    folder: Path, registry: str | None = REGISTRY, **more: Any
) -> AsyncIterator[LocalPool]:
    pool = LocalPool(settings(folder, **more), registry=registry)
    await pool.start()
    try:
        await until(lambda: pool.free() > 0)
        yield pool
    finally:
        await pool.close(drain=1)


class Shared:
    """One pool for many tests: its first worker takes seconds, all others a moment."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._folder = folder
        self._pool: LocalPool | None = None

    def run(self, scene: Coroutine[Any, Any, T]) -> T:
        """Run a test on the pool's event loop."""
        return self._runner.run(scene)

    @asynccontextmanager
    async def idle(self) -> AsyncIterator[LocalPool]:
        """The pool with nothing to do; what a test leaves running is stopped."""
        if self._pool is None:
            self._pool = LocalPool(settings(self._folder), registry=REGISTRY)
            await self._pool.start()
        pool = self._pool
        await until(lambda: pool.free() == 8)
        try:
            yield pool
        finally:
            pool.on_room = None
            for job in pool.status()[0].jobs:
                pool.cancel(job)

    def close(self) -> None:
        """Close the pool and its loop."""
        with self._runner:
            if self._pool is not None:
                self._runner.run(self._pool.close(drain=0.5))


async def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def flow(**nodes: Any) -> dict[str, Any]:
    """A workflow of nodes: `name=("fault.show", {"text": ...}, {"image": "a.image"})`."""
    document: dict[str, Any] = {}
    for name, (type, *rest) in nodes.items():
        node: dict[str, Any] = {"type": type, "version": 1}
        if rest and rest[0]:
            node["values"] = rest[0]
        if len(rest) > 1:
            node["links"] = rest[1]
        document[name] = node
    return {"weft": 1, "nodes": document}


def into_sink(type: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A node whose image an output node takes."""
    return flow(a=(type, dict(values or {})), end=("fault.sink", {}, {"image": "a.image"}))


def hello(text: str = "hello") -> dict[str, Any]:
    return flow(show=("fault.show", {"text": text}))


async def run(
    pool: LocalPool,
    workflow: Mapping[str, Any],
    job: str = "job",
    *,
    alone: bool = False,
    seconds: float | None = None,
    sink: Seen | None = None,
) -> tuple[Ended, Seen]:
    """Run a workflow, as soon as there is room."""
    sink = sink or Seen()
    await until(lambda: pool.takes(alone=alone))
    ended = await pool.run(Assignment(job, 1, workflow, alone=alone, seconds=seconds), sink)
    return ended, sink
