"""A pool without processes: what a job does stands in its workflow's "do".

quick (or nothing): one node runs. wait: until it is cancelled, let go or released. poison: its
process dies, and with it everything that runs there. fail: a node fails. raise: `run` itself
raises, which a pool must not. deadline: it takes too long. files: as many outputs as "count".
busy: "count" nodes. stuck: like wait, but deaf to a cancel until its process is killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weft_web.workers.pool import Assignment, Ended, Sink, WorkerStatus


@dataclass(frozen=True)
class Bytes:
    """Content in memory."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.data

    def path(self) -> str | None:
        return None


@dataclass
class At:
    """An attempt that runs."""

    assignment: Assignment
    sink: Sink
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    ending: asyncio.Future[Ended] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class FakePool:
    """One worker with some slots.

    began: every assignment, in order. watched: the jobs whose previews somebody wants.
    answers: what `ask` gives, by question: a value, or a function of the data.
    """

    def __init__(self, slots: int = 4, answers: Mapping[str, Any] | None = None) -> None:
        self.on_room: Callable[[], None] | None = None
        self.slots = slots
        self.began: list[Assignment] = []
        self.ended: list[tuple[str, Ended]] = []
        self.running: dict[str, At] = {}
        self.watched: set[str] = set()
        self.answers = dict(answers or {})
        self.ready = True
        self.closed = False
        self.deaths = 0
        self.most_at_once = 0

    async def start(self) -> None:
        pass

    async def close(self, drain: float = 5.0) -> None:
        self.closed = True
        for at in list(self.running.values()):
            self._end(at, Ended("released", reason="the server stops"))

    def free(self) -> int:
        alone = any(at.assignment.alone for at in self.running.values())
        return 0 if alone or not self.ready or self.closed else self.slots - len(self.running)

    def takes(self, *, alone: bool) -> bool:
        return self.free() > 0 and not (alone and self.running)

    async def run(self, assignment: Assignment, sink: Sink) -> Ended:
        assert self.takes(alone=assignment.alone), "given more than it takes"
        assert assignment.job not in self.running, "one job twice at once"
        at = At(assignment, sink)
        self.began.append(assignment)
        self.running[assignment.job] = at
        self.most_at_once = max(self.most_at_once, len(self.running))
        try:
            doing = asyncio.create_task(self._do(at))
            waiting = [doing, at.ending]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if at.ending.done():
                doing.cancel()
                await asyncio.gather(doing, return_exceptions=True)
                ended = at.ending.result()
            else:
                at.ending.cancel()
                ended = doing.result()
        finally:
            del self.running[assignment.job]
            if self.on_room is not None:
                self.on_room()
        self.ended.append((assignment.job, ended))
        return ended

    def cancel(self, job: str) -> None:
        if job in self.running:
            self.running[job].cancelled.set()

    def watch(self, job: str, wanted: bool) -> None:
        if wanted:
            self.watched.add(job)
        else:
            self.watched.discard(job)

    async def ask(self, question: str, data: Mapping[str, Any], seconds: float = 60.0) -> Any:
        answer = self.answers[question]
        if isinstance(answer, Exception):
            raise answer
        return answer(data) if callable(answer) else answer

    def status(self) -> list[WorkerStatus]:
        return [WorkerStatus("fake", "cpu", "ready", jobs=tuple(self.running))]

    # --- for tests ------------------------------------------------------------------------------

    def end(self, job: str, ended: Ended | None = None) -> None:
        """Let a waiting job end."""
        self._end(self.running[job], ended or Ended("done", 0.1))

    def die(self, reason: str = "the process died") -> None:
        """The process dies with everything in it."""
        self.deaths += 1
        for at in list(self.running.values()):
            self._end(at, Ended("lost", reason=reason))

    def _end(self, at: At, ended: Ended) -> None:
        if not at.ending.done():
            at.ending.set_result(ended)

    async def _do(self, at: At) -> Ended:
        what = at.assignment.workflow.get("do", "quick")
        count = int(at.assignment.workflow.get("count", 1))
        await asyncio.sleep(0)
        at.sink.event({"event": "planned", "run": count, "cached": 0, "unneeded": 0})
        ended: Ended = await getattr(self, f"_{what}")(at, count)
        return ended

    async def _quick(self, at: At, count: int) -> Ended:
        return await self._busy(at, count)

    async def _busy(self, at: At, count: int) -> Ended:
        nodes = {}
        for number in range(count):
            node = f"n{number}"
            at.sink.event({"event": "node_started", "node": node, "type": "test.node"})
            at.sink.event({"event": "node_progress", "node": node, "done": 1.0, "total": 2.0})
            at.sink.event(
                {"event": "node_finished", "node": node, "state": "ran", "seconds": 0.001}
            )
            nodes[node] = {"state": "ran", "seconds": 0.001}
        return Ended("done", 0.001 * count, nodes=nodes)

    async def _files(self, at: At, count: int) -> Ended:
        for number in range(count):
            data = f"{at.assignment.job} {number}".encode()
            item = {"name": f"{number}.txt", "mime": "text/plain"}
            await at.sink.output("save", item, Bytes(data))
        return Ended("cancelled") if at.cancelled.is_set() else Ended("done", 0.1)

    async def _wait(self, at: At, count: int) -> Ended:
        at.sink.event({"event": "node_started", "node": "n0", "type": "test.node"})
        await at.cancelled.wait()
        return Ended("cancelled")

    async def _stuck(self, at: At, count: int) -> Ended:
        await at.cancelled.wait()
        self._end(at, Ended("lost", reason="it did not stop, so its process was killed"))
        await asyncio.sleep(60)
        return Ended("done")

    async def _poison(self, at: At, count: int) -> Ended:
        self.die()
        await asyncio.sleep(60)
        return Ended("done")

    async def _fail(self, at: At, count: int) -> Ended:
        at.sink.event(
            {"event": "node_failed", "node": "n0", "type": "test.node", "error": "it broke",
             "traceback": "Traceback ..."}
        )  # fmt: skip
        return Ended("failed", 0.1, "n0 failed", {"n0": {"state": "failed", "seconds": 0.1}})

    async def _deadline(self, at: At, count: int) -> Ended:
        return Ended("failed", 1.0, "too long", timed_out=True)

    async def _raise(self, at: At, count: int) -> Ended:
        raise RuntimeError("a fault of the pool")
