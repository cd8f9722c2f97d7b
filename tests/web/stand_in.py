"""A pool that runs no engine: it does as the test says, at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weft_web.workers.pool import AskError, Assignment, Ended, Sink, WorkerStatus

PROGRESS = {"event": "node_progress", "done": 1.0, "total": 2.0}


@dataclass
class Bytes:
    """Content in memory, as a job's output."""

    data: bytes
    size: int = 0

    def __post_init__(self) -> None:
        self.size = len(self.data)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.data

    def path(self) -> str | None:
        return None


@dataclass
class StandIn:
    """A `WorkerPool`.

    hold: jobs wait until `release` (or a cancel). made: what each job makes besides its texts.
    answers: by question; an exception is raised. fail: the message every job fails with.
    culprit: the distribution whose node ends the process of every job.
    """

    slots: int = 8
    hold: bool = False
    fail: str | None = None
    culprit: str | None = None
    made: tuple[tuple[dict[str, Any], bytes], ...] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    state: Any = "ready"
    preview: bytes | None = None
    ran: list[Assignment] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    watched: dict[str, bool] = field(default_factory=dict)
    on_room: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self._running: dict[str, asyncio.Future[Ended]] = {}
        self._sinks: dict[str, Sink] = {}
        self._closed = False

    async def start(self) -> None:
        """There is nothing to start."""

    async def close(self, drain: float = 5.0) -> None:
        self._closed = True
        for one in self._running.values():
            if not one.done():
                one.set_result(Ended("released", reason="the server stops"))

    def free(self) -> int:
        return 0 if self._closed else self.slots - len(self._running)

    def takes(self, *, alone: bool) -> bool:
        return self.free() > 0 and not (alone and self._running)

    async def run(self, assignment: Assignment, sink: Sink) -> Ended:
        self.ran.append(assignment)
        future = self._running[assignment.job] = asyncio.get_running_loop().create_future()
        self._sinks[assignment.job] = sink
        try:
            nodes: Mapping[str, Any] = assignment.workflow["nodes"]
            for node, one in nodes.items():
                sink.event({"event": "node_started", "node": node, "type": one["type"]})
                sink.event({**PROGRESS, "node": node})
            if self.hold:
                ended: Ended = await future
                if ended.status != "done":
                    return ended
            if self.culprit is not None:
                return Ended("lost", reason="its process ended", culprit=self.culprit)
            if self.fail is not None:
                node = next(iter(nodes))
                failed = {"node": node, "type": nodes[node]["type"], "error": self.fail}
                sink.event({"event": "node_failed", **failed, "traceback": ""})
                states = {node: {"state": "failed", "seconds": 0.0}}
                return Ended("failed", 0.001, self.fail, states)
            for node, one in nodes.items():
                done = {"node": node, "state": "ran", "seconds": 0.001}
                sink.event({"event": "node_finished", **done})
                await sink.output(node, {"text": one.get("values", {}).get("value")}, None)
            for item, data in self.made:
                await sink.output(next(iter(nodes)), item, Bytes(data))
            return Ended(
                "done", 0.001, None, {one: {"state": "ran", "seconds": 0.001} for one in nodes}
            )
        finally:
            del self._running[assignment.job], self._sinks[assignment.job]
            if self.on_room is not None:
                asyncio.get_running_loop().call_soon(self.on_room)

    def release(self) -> None:
        """Let every job that is held end."""
        self.hold = False
        for one in self._running.values():
            if not one.done():
                one.set_result(Ended("done"))

    def show(self, picture: bytes) -> None:
        """Send a preview of every job that is watched."""
        for job, sink in self._sinks.items():
            if self.watched.get(job):
                sink.preview("text0", "image/png", picture)

    def cancel(self, job: str) -> None:
        one = self._running.get(job)
        if one is not None and not one.done():
            one.set_result(Ended("cancelled", reason="cancelled"))

    def watch(self, job: str, wanted: bool) -> None:
        self.watched[job] = wanted

    async def ask(self, question: str, data: Mapping[str, Any], seconds: float = 60.0) -> Any:
        self.asked.append((question, data))
        answer = self.answers.get(question, AskError("no worker is ready"))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def status(self) -> list[WorkerStatus]:
        jobs = tuple(self._running)
        return [WorkerStatus("worker-0", "cpu", self.state, 4711, jobs, memory={"used": 1})]
