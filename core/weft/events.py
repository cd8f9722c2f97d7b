"""What happens in a run, as typed events, numbered per job and replayable from a number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from weft import clock

NodeState = Literal["ran", "cached", "failed", "skipped"]
Status = Literal["done", "failed", "cancelled"]


@dataclass(slots=True)
class Event:
    """Base of all events. `seq` counts from 1 within a job; `time` is seconds since the epoch."""

    event: ClassVar[str] = ""
    seq: int = field(default=0, init=False)
    time: float = field(default=0.0, init=False)

    def as_dict(self) -> dict[str, Any]:
        """The event as JSON data. What cannot be JSON (a preview's pixels) is left out."""
        data: dict[str, Any] = {"event": self.event}
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and not callable(value):
                data[one.name] = value
        return data


@dataclass(slots=True)
class Queued(Event):
    """The job waits for its turn."""

    event: ClassVar[str] = "queued"
    job: str


@dataclass(slots=True)
class Started(Event):
    """The job started."""

    event: ClassVar[str] = "started"
    job: str
    device: str


@dataclass(slots=True)
class Planned(Event):
    """How many nodes will run, are cached, or are not needed."""

    event: ClassVar[str] = "planned"
    run: int
    cached: int
    unneeded: int


@dataclass(slots=True)
class NodeStarted(Event):
    """A node began to run."""

    event: ClassVar[str] = "node_started"
    node: str
    type: str


@dataclass(slots=True)
class NodeProgress(Event):
    """How far a node has come; `total` is None where it is not known."""

    event: ClassVar[str] = "node_progress"
    node: str
    done: float
    total: float | None


@dataclass(slots=True)
class NodePreview(Event):
    """A picture of unfinished work.

    render: gives an image tensor [H, W, 3] in 0..1, or None once the node's next preview has come:
        a log must not hold on to every step's tensors.
    """

    event: ClassVar[str] = "node_preview"
    node: str
    render: Callable[[], Any]


@dataclass(slots=True)
class NodeFinished(Event):
    """A node is done: it ran, or its value was cached (then `tier` says where).

    A node whose value was cached never started, so its type is told here as well.
    """

    event: ClassVar[str] = "node_finished"
    node: str
    state: NodeState
    seconds: float
    bytes: int = 0
    tier: str | None = None
    type: str | None = None


@dataclass(slots=True)
class Output(Event):
    """A node made something for the person: `item` has a "path", or a value to show."""

    event: ClassVar[str] = "output"
    node: str
    item: Mapping[str, Any]


@dataclass(slots=True)
class NodeFailed(Event):
    """A node failed; what depends on it is skipped."""

    event: ClassVar[str] = "node_failed"
    node: str
    type: str
    error: str
    traceback: str = ""


@dataclass(slots=True)
class NodeWarning(Event):
    """A node did what it should not, and its values are there all the same.

    It changed what belongs to the whole process, which was set back; `message` says what.
    """

    event: ClassVar[str] = "node_warning"
    node: str
    type: str
    message: str


@dataclass(slots=True)
class Finished(Event):
    """The job ended. The last event of every job."""

    event: ClassVar[str] = "finished"
    status: Status
    seconds: float
    outputs: Mapping[str, list[dict[str, Any]]]
    nodes: Mapping[str, Mapping[str, Any]]


Listener = Callable[[Event], None]


def _nothing() -> None:
    """Stands for a picture that is outdated."""


class EventLog:
    """The events of one job, in order. Safe to add to from any thread.

    A listener is called in the thread that adds; one that raises is dropped, and the run goes on.

    keep: whether events are kept, to be replayed; a server that stores them itself needs no copy.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._count = 0
        self._events: list[Event] = []
        self._listeners: list[Listener] = []
        self._previews: dict[str, NodePreview] = {}
        self._lock = threading.RLock()  # a listener may add an event or a listener

    def listen(self, listener: Listener, since: int = 0) -> None:
        """Replay what came after number `since`, then pass on everything new."""
        with self._lock:
            for event in self._events[since:]:
                listener(event)
            # A new list: `add` may be walking the old one.
            self._listeners = [*self._listeners, listener]

    def add(self, event: Event) -> None:
        """Number an event, keep it and pass it on.

        Passed on under the lock, so that nobody sees a number before a smaller one: whoever replays
        from the last number seen misses nothing. A listener should be quick.
        """
        with self._lock:
            event.time = clock.now()
            self._count += 1
            event.seq = self._count
            if self._keep:
                self._events.append(event)
            if isinstance(event, NodePreview):
                self._forget_preview_before(event)
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception:  # a listener's fault must not fail the node that reported
                    self._drop(listener)

    def _forget_preview_before(self, event: NodePreview) -> None:
        outdated = self._previews.get(event.node)
        if outdated is not None:
            outdated.render = _nothing
        self._previews[event.node] = event

    def _drop(self, listener: Listener) -> None:
        import logging

        logging.getLogger("weft").exception("an event listener failed and was dropped")
        self._listeners = [one for one in self._listeners if one is not listener]

    def since(self, number: int = 0) -> Iterator[Event]:
        """The events after a number."""
        with self._lock:
            return iter(self._events[number:])
