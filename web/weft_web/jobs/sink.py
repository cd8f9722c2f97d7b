"""What an attempt at a job says of itself, on its way into the store.

Events are kept in memory for a moment and stored in groups: a job that is over sooner costs no
transaction of its own for them. Nodes that start and finish are told together, in one "nodes" event
`{"started": [ids], "finished": {id: {"state", "seconds", ...}}}`; one that started and finished in
the same moment is only in "finished". So what a run tells is linear in its graph, and small.
Progress is not stored at all: it goes straight to the clients.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from weft_web.errors import StorageFullError
from weft_web.jobs.hub import Hub
from weft_web.store.records import OutputRow
from weft_web.workers.pool import Content

if TYPE_CHECKING:
    from weft_web.store.blobs import Blobs
    from weft_web.store.store import Store

Told = tuple[str, dict[str, Any]]

FIRST = 0.05  # seconds until what an attempt says is stored for the first time
AGAIN = 0.1  # ... and from then on
RETRY = 2.0  # where there is no room
TRACEBACK = 16_000  # characters kept
TEXT = 4000
_OWN = frozenset({"queued", "started", "finished", "output", "node_preview"})

_log = logging.getLogger("weft.jobs")


class AttemptSink:
    """Hears of one attempt (see `workers.pool.Sink`).

    stop: called when the attempt should end because nobody wants it: it was fenced out, or its
        outputs cannot be kept.
    failure: the first node that failed, as a job's error. storage_full: an output had no room
        for `needed` bytes.
    """

    def __init__(
        self,
        job: str,
        run: int,
        store: Store,
        blobs: Blobs,
        hub: Hub,
        stop: Callable[[], None],
    ) -> None:
        self.failure: dict[str, Any] | None = None
        self.storage_full = False
        self.needed = 0
        self.fenced = False
        self.outputs: list[OutputRow] = []
        self._job = job
        self._run = run
        self._store = store
        self._blobs = blobs
        self._hub = hub
        self._stop = stop
        self._waiting: list[Told] = []
        self._group: dict[str, Any] | None = None
        self._counts: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._storing: asyncio.Task[None] | None = None
        self._closed = False

    def event(self, data: dict[str, Any]) -> None:
        """Take one event of the engine."""
        name = data.get("event")
        if name == "node_progress":
            self._hub.progress(self._job, str(data["node"]), data["done"], data.get("total"))
        elif name == "node_started":
            self._nodes()["started"][data["node"]] = None
        elif name == "node_finished":
            self._finished(data)
        elif name == "node_failed":
            self._failed(data)
        elif isinstance(name, str) and name not in _OWN:
            kept = {key: one for key, one in data.items() if key not in ("event", "seq", "time")}
            self._tell(name, kept)

    def preview(self, node: str, mime: str, picture: bytes) -> None:
        """Take a picture of unfinished work."""
        self._hub.preview(self._job, node, mime, picture)

    async def output(self, node: str, item: dict[str, Any], content: Content | None) -> None:
        """Take something the job made: its content is on disk when this returns, its row comes
        with the end of the job."""
        if self._closed or self.storage_full or self.fenced:
            return
        sha256 = size = None
        if content is not None:
            try:
                sha256, size = await self._blobs.add(content)
            except StorageFullError as error:
                _log.warning("job %s: no room for what %s made: %s", self._job, node, error)
                self.storage_full = True
                self.needed = content.size
                self._stop()
                return
        index = self._counts.get(node, 0)
        self._counts[node] = index + 1
        row = OutputRow(
            node, index, item, _text(item, "name"), _text(item, "mime"), sha256, size
        )  # fmt: skip
        self.outputs.append(row)
        told: dict[str, Any] = {"node": node, "index": index, "item": item}
        if sha256 is not None:
            told |= {"name": row.name, "mime": row.mime, "sha256": sha256, "bytes": size}
        self._tell("output", told)

    async def close(self) -> list[Told]:
        """Stop storing; what was not stored yet, for the transaction that ends the attempt."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._storing is not None:
            await asyncio.gather(self._storing, return_exceptions=True)
        return self._take()

    def _finished(self, data: dict[str, Any]) -> None:
        node = data["node"]
        group = self._nodes()
        group["started"].pop(node, None)
        view = {"state": data.get("state", "ran"), "seconds": round(data.get("seconds", 0.0), 4)}
        if data.get("bytes"):
            view["bytes"] = data["bytes"]
        if data.get("tier"):
            view["tier"] = data["tier"]
        group["finished"][node] = view
        self._hub.forget(self._job, node)

    def _failed(self, data: dict[str, Any]) -> None:
        node, kind = str(data.get("node")), str(data.get("type", ""))
        message = str(data.get("error", ""))[:TEXT]
        trace = str(data.get("traceback") or "")[-TRACEBACK:]
        failure = {"node": node, "type": kind, "message": message, "traceback": trace}
        if self.failure is None:
            self.failure = {"kind": "node_failed", **failure}
        self._tell("node_failed", failure)
        self._hub.forget(self._job, node)

    def _nodes(self) -> dict[str, Any]:
        """The "nodes" event that is still open: other events close it, so the order is kept."""
        if self._group is None:
            self._group = {"started": {}, "finished": {}}
            self._waiting.append(("nodes", self._group))
            self._schedule(FIRST if self._storing is None else AGAIN)
        return self._group

    def _tell(self, name: str, data: dict[str, Any]) -> None:
        self._group = None
        self._waiting.append((name, data))
        self._schedule(FIRST if self._storing is None else AGAIN)

    def _take(self) -> list[Told]:
        taken, self._waiting, self._group = self._waiting, [], None
        return [(name, _compact(data) if name == "nodes" else data) for name, data in taken]

    def _schedule(self, seconds: float) -> None:
        if self._timer is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._storing is not None and not self._storing.done():
            self._schedule(AGAIN)  # one group at a time, or they could be stored out of order
        elif self._waiting and not self._closed:
            self._storing = asyncio.create_task(self._put())

    async def _put(self) -> None:
        events = self._take()
        try:
            stored = await self._store.append(self._job, self._run, events)
        except Exception as error:
            if not isinstance(error, StorageFullError):
                _log.exception("job %s: its events could not be stored", self._job)
            # They are not lost: the next group, or the job's end, takes them along.
            self._waiting[:0] = events
            self._schedule(RETRY)
            return
        if events and not stored:
            self.fenced = True
            self._stop()


def _compact(group: dict[str, Any]) -> dict[str, Any]:
    """A "nodes" event without what is empty."""
    if isinstance(group.get("started"), dict):
        group = {**group, "started": list(group["started"])}
    return {key: one for key, one in group.items() if one}


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None
