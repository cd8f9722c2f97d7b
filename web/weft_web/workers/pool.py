"""What the server asks of the processes that run jobs, wherever they are.

The server speaks only to this interface. The local pool runs one child process per device; a pool
on other machines can take its place, so nothing here assumes shared memory or a shared disk: what
a job makes comes back as content, what it needs is named in the assignment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

Ending = Literal["done", "failed", "cancelled", "lost", "released"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One attempt at a job.

    job: the job's id. attempt: counts from 1; a message of another attempt is stale.
    workflow: the canonical document as JSON data, its parameters already set.
    targets: outputs wanted besides the output nodes; nearly always none.
    alone: run it with no other job in the same process, because its process died once before.
    seconds: how long it may take before it is stopped; None for ever.
    """

    job: str
    attempt: int
    workflow: Mapping[str, Any]
    targets: tuple[str, ...] = ()
    alone: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended.

    status: "done", "failed" (a node failed) and "cancelled" are final. "lost": its process died
    while it ran, and it may be the cause. "released": it was stopped through no fault of its own
    (the server drains, or a neighbour's process had to be killed) and may run again.
    reason: for people, where it is not "done".
    nodes: each node's state and seconds, as in the engine's Finished event.
    timed_out: it was stopped because its time was over; its status is then "failed".
    storage_full: it failed because there was no room on the disk; it may well run another time.
    problems: what is wrong with the workflow, where it could not even begin; then "failed".
    culprit: the distribution of a plugin whose node ran when its process died; None where none did,
        or nodes of several, so that nobody can tell.
    """

    status: Ending
    seconds: float = 0.0
    reason: str | None = None
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    timed_out: bool = False
    storage_full: bool = False
    problems: tuple[Mapping[str, Any], ...] = ()
    culprit: str | None = None


class Content(Protocol):
    """The bytes of something a job made. Valid until the sink's `output` returns."""

    @property
    def size(self) -> int:
        """How many bytes."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, in pieces."""
        ...

    def path(self) -> str | None:
        """A local file that holds them and may be moved away; None where there is none."""
        ...


class Sink(Protocol):
    """Who hears of an attempt. Called on the server's event loop, in order, before `run` returns.

    Calls must be quick: they take events into memory, and the server stores them in groups.
    """

    def event(self, data: dict[str, Any]) -> None:
        """One event of the engine as JSON data ("event", "node", ...; no previews)."""

    def preview(self, node: str, mime: str, picture: bytes) -> None:
        """A picture of unfinished work; comes only while someone watches the job."""

    async def output(self, node: str, item: dict[str, Any], content: Content | None) -> None:
        """Something a node made for the person; `content` where it is a file.

        item: what the node said of it, without any path: "name" (relative, for people), "mime",
        "width", "height", "text", ...
        """


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One worker, for people and health checks. `state`: starting, ready, dead or stopped."""

    name: str
    device: str
    state: Literal["starting", "ready", "dead", "stopped"]
    pid: int | None = None
    jobs: tuple[str, ...] = ()
    restarts: int = 0
    memory: Mapping[str, Any] = field(default_factory=dict)


class AskError(Exception):
    """A question could not be answered. `problems` where a workflow is wrong."""

    def __init__(self, message: str, problems: tuple[Mapping[str, Any], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


@runtime_checkable
class WorkerPool(Protocol):
    """Runs assignments and answers questions that need the engine.

    on_room: called on the event loop whenever there may be room again: an attempt ended, a worker
        became ready.
    """

    on_room: Callable[[], None] | None

    async def start(self) -> None:
        """Begin to start the workers. Returns at once; they warm up meanwhile."""

    async def close(self, drain: float = 5.0) -> None:
        """Stop. Running attempts end as "released" within `drain` seconds."""

    def free(self) -> int:
        """How many more assignments may be given now."""

    def takes(self, *, alone: bool) -> bool:
        """Whether an assignment could be given now."""

    async def run(self, assignment: Assignment, sink: Sink) -> Ended:
        """Run one attempt to its end. Never raises for a fault of the job or the process."""

    def cancel(self, job: str) -> None:
        """Ask an attempt to stop at its next step; kill its process after the grace time."""

    def watch(self, job: str, wanted: bool) -> None:
        """Whether anyone looks at the job's previews."""

    async def ask(self, question: str, data: Mapping[str, Any], seconds: float = 60.0) -> Any:
        """Have a worker answer: JSON data in, JSON data out. Raises AskError.

        Questions: "plan" {workflow, targets} -> {nodes: {id: {action, reason, where}}};
        "migrate" {workflow} -> {workflow} with every node at its newest version;
        "choices" {type, input} -> {choices: [...]}; "models" {} -> {models: [{folder, name,
        bytes, family, error}]}; "cache" {} -> bytes and budget by tier; "clear_cache" {tier?} ->
        {freed: bytes}; "system" {} -> devices, memory, versions.
        """
        ...

    def status(self) -> list[WorkerStatus]:
        """Every worker."""
