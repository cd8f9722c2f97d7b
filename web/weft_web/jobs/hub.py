"""Telling clients what happens: one publisher, any number of readers, none of whom can hurt it.

Every event is encoded once. What happens within a few milliseconds goes out as one message, shared
by all clients who want the same. A client that reads too slowly is dropped with a reason; nobody
waits for it, and it can come back and resume by number without missing anything.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Protocol

from weft_web.errors import ApiError
from weft_web.jobs.messages import Batch, Entry, Format, Key, joined, preview_frame
from weft_web.store.records import EventRow

RECENT_EVENTS = 8192  # kept in memory, so that most who come back need no database
RECENT_BYTES = 4 * 1024 * 1024
PAGE = 500  # events read from the store at once
TICK = 0.004  # seconds between messages of a burst, plus
TICK_PER_CLIENT = 0.0004
PROGRESS_EVERY = 0.1
PATIENCE = 10.0  # seconds that a message may lie unread
SLOW = "slow"
CLOSED = "closed"


class History(Protocol):
    """What the hub needs of the store."""

    async def events(self, since: int, job: str | None, limit: int) -> list[EventRow]:
        """Stored events after a number, in order."""
        ...

    async def last_event(self) -> int:
        """The newest number."""
        ...


class Subscription(AsyncIterator[str | bytes]):
    """One client's messages. Iterate it, then `close` it (or use it as a context manager).

    text: a JSON array of events; bytes: a preview. With `form="sse"` every message is bytes: a
    piece of a server-sent-events stream. The iteration ends when the subscription was closed;
    `reason` then says why: "slow" (too much lay unread) or "closed". Whoever may be stuck in a
    write meanwhile sets `on_close`, called once with the reason, and cuts the connection there.
    """

    def __init__(
        self, hub: Hub, job: str | None, cursor: int, previews: bool, max_bytes: int, form: Format
    ) -> None:
        self.job = job
        self.cursor = cursor  # the number up to which everything was handed over or queued
        self.previews = previews
        self.form: Format = form
        self.reason: str | None = None
        self.on_close: Callable[[str], None] | None = None
        self._hub = hub
        self._max_bytes = max_bytes
        self._live = False
        # Each with the time since when it lies there, and the bytes that count as unread.
        self._queue: deque[tuple[str | bytes, float, int]] = deque()
        self._bytes = 0
        self._held: dict[Key, Entry] = {}
        self._pictures: dict[Key, bytes] = {}
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self, reason: str = CLOSED) -> None:
        """End it. What lies unread is let go."""
        if self.reason is None:
            self.reason = reason
            self._queue.clear()
            self._held.clear()
            self._pictures.clear()
            self._bytes = 0
            self._hub._leave(self)
            self._wake()
            if self.on_close is not None:
                self.on_close(reason)

    @property
    def waiting_bytes(self) -> int:
        """How much lies unread, besides the history that was asked for."""
        return self._bytes

    async def __anext__(self) -> str | bytes:
        while self.reason is None:
            if self._queue:
                message, _, size = self._queue.popleft()
                self._bytes -= size
                return message
            if not self._live:
                await self._catch_up()
                continue
            if self._held:
                held, self._held = self._held, {}
                return joined(list(held.values()), self.form)
            if self._pictures:
                picture = self._pictures.pop(next(iter(self._pictures)))
                self._bytes -= len(picture)
                return picture
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        raise StopAsyncIteration

    async def _catch_up(self) -> None:
        """Read history until memory holds the rest, then go live in the same breath: no gap."""
        hub = self._hub
        if self.cursor > hub.last:
            # It may have read what is stored but not told yet; beyond that it is no number of ours.
            newest = await hub.history.last_event()
            if self.reason is not None:
                return
            self.cursor = max(hub.last, min(self.cursor, newest))
        if self.cursor < hub.floor:
            published = hub.last
            rows = await hub.history.events(self.cursor, self.job, PAGE)
            if self.reason is not None:
                return
            # A page that is not full proves that nothing else is stored up to what was published
            # before it was read, also where only one job's events are wanted.
            self.cursor = rows[-1].number if rows else self.cursor
            if len(rows) < PAGE:
                self.cursor = max(self.cursor, published)
            self._put_entries([Entry.of(row) for row in rows])
            return
        self._put_entries([one for one in hub.recent(self.cursor) if self._wants(one)])
        self.cursor = max(self.cursor, hub.last)
        self._live = True
        hub._joined(self)
        self._put_entries([Entry.connected(self.job, self.cursor)])
        self._put_entries([one for one in hub.snapshot() if self._wants(one)])

    def _wants(self, entry: Entry) -> bool:
        return self.job is None or entry.job == self.job

    def _put_entries(self, entries: list[Entry]) -> None:
        """Queue what the client asked for itself: in pieces, whose size is not held against it."""
        for start in range(0, len(entries), PAGE):
            message = joined(entries[start : start + PAGE], self.form)
            self._queue.append((message, time.monotonic(), 0))

    def _offer(self, batch: Batch, now: float) -> None:
        """Take what has just happened. Called by the hub only."""
        behind = bool(self._queue)
        if behind:
            for one in batch.soft:
                if self.job is None or one[0] == self.job:
                    self._held[one] = batch.soft[one]
        if batch.entries and batch.first <= self.cursor:
            message = self._newer(batch, with_soft=not behind)
        else:
            message = batch.message(self.job, self.form, not behind)
        if batch.entries:
            self.cursor = max(self.cursor, batch.entries[-1].number or 0)
        if message:
            self._push(message, now)

    def _newer(self, batch: Batch, with_soft: bool) -> str | bytes:
        """The part of a batch that history has not told already."""
        entries = [one for one in batch.hard(self.job) if (one.number or 0) > self.cursor]
        entries += batch.softly(self.job) if with_soft else ()
        return joined(entries, self.form) if entries else ""

    def _push(self, message: str | bytes, now: float) -> None:
        if self._queue and now - self._queue[0][1] > PATIENCE:
            self.close(SLOW)
            return
        # One message larger than the bound is still delivered to a client that had read all.
        if self._queue and self._bytes + len(message) > self._max_bytes:
            self.close(SLOW)
            return
        self._queue.append((message, now, len(message)))
        self._bytes += len(message)
        self._wake()

    def _picture(self, key: Key, frame: bytes) -> None:
        """Take a preview; an unread older one of the same node gives way."""
        old = self._pictures.pop(key, None)
        self._bytes -= len(old) if old is not None else 0
        if self._bytes + len(frame) > self._max_bytes:
            return
        self._pictures[key] = frame
        self._bytes += len(frame)
        self._wake()

    def _forget(self, job: str, node: str | None) -> None:
        if self._held:
            for key in [one for one in self._held if one[0] == job and node in (None, one[1])]:
                del self._held[key]

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Hub:
    """Fans events out to clients. Belongs to one event loop; call it from there only.

    history: where events are that memory no longer holds.
    clients: how many may be connected. client_bytes: how much may lie unread for one.
    """

    def __init__(
        self, history: History, *, clients: int = 256, client_bytes: int = 4 << 20
    ) -> None:
        self.history = history
        self.last = 0
        self.floor = 0  # everything published after this number is in memory
        self.on_watch: Callable[[str, bool], None] | None = None
        self._max_clients = clients
        self._client_bytes = client_bytes
        self._all: dict[Subscription, None] = {}
        self._live: dict[Subscription, None] = {}
        self._recent: deque[Entry] = deque()
        self._recent_bytes = 0
        self._pending: list[Entry] = []
        self._dirty: dict[Key, Entry] = {}
        self._progress: dict[str, dict[str, Entry]] = {}
        self._viewers: Counter[str | None] = Counter()
        self._running: dict[str, bool] = {}
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._due = 0.0
        self._flushed = 0.0
        self._softened = 0.0
        self._closed = False

    async def start(self) -> None:
        """Learn where the store's numbering stands. Before anything is published."""
        self.last = self.floor = await self.history.last_event()

    def close(self) -> None:
        """End every subscription. Who comes back resumes with what was not told yet."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for one in list(self._all):
            one.close()

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._all)

    def subscribe(
        self,
        job: str | None = None,
        since: int | None = None,
        previews: bool = False,
        max_bytes: int | None = None,
        form: Format = "json",
    ) -> Subscription:
        """A client's stream.

        job: only this job's events. since: replay what came after this number; None: only what is
        new. First comes the history, then "connected" (`data.last`: the number reached), then the
        newest progress of what runs, then what happens. Raises ApiError 503 where there are too
        many clients.
        """
        if self._closed:
            raise ApiError(503, "closing", "the server is shutting down")
        if len(self._all) >= self._max_clients:
            raise ApiError(
                503, "too_many_clients", f"{self._max_clients} clients are connected already",
                headers={"Retry-After": "5"},
            )  # fmt: skip
        cursor = self.last if since is None else max(0, since)
        one = Subscription(self, job, cursor, previews, max_bytes or self._client_bytes, form)
        self._all[one] = None
        if previews:
            self._viewers[job] += 1
            self._watch()
        return one

    def publish(self, rows: Iterable[EventRow]) -> None:
        """Tell of stored events, in the order of their numbers. The store calls this."""
        for row in rows:
            entry = Entry.of(row)
            self._pending.append(entry)
            self._recent.append(entry)
            self._recent_bytes += len(entry.text)
            self.last = max(self.last, row.number)
        while len(self._recent) > RECENT_EVENTS or self._recent_bytes > RECENT_BYTES:
            old = self._recent.popleft()
            self._recent_bytes -= len(old.text)
            self.floor = old.number or self.floor
        self._schedule(self._flushed + self._tick())

    def announce(self, event: str, data: dict[str, Any]) -> None:
        """Tell everybody something that is no history and of no job."""
        self._dirty["", event] = Entry.passing("", event, data)
        self._softened = 0.0
        self._schedule(self._flushed + self._tick())

    def progress(self, job: str, node: str, done: float, total: float | None) -> None:
        """Tell how far a node has come; only the newest is ever sent."""
        data = {"node": node, "done": done, "total": total}
        entry = Entry.passing(job, "progress", data)
        self._progress.setdefault(job, {})[node] = entry
        self._dirty[job, node] = entry
        self._schedule(max(self._softened + PROGRESS_EVERY, self._flushed + self._tick()))

    def forget(self, job: str, node: str | None = None) -> None:
        """A node, or the whole job, has no progress any more."""
        known = self._progress.get(job)
        if known is None:
            return
        for name in list(known) if node is None else [node] if node in known else []:
            del known[name]
            self._dirty.pop((job, name), None)
        if not known:
            del self._progress[job]
        for one in self._live:
            one._forget(job, node)

    def preview(self, job: str, node: str, mime: str, picture: bytes) -> None:
        """Hand a picture to those who watch the job."""
        frame: bytes | None = None
        for one in self._live:
            if one.previews and one.form == "json" and one.job in (None, job):
                frame = frame or preview_frame(job, node, mime, picture)
                one._picture((job, node), frame)

    def running(self, job: str) -> None:
        """A job has been given to a worker: ask for its previews if anyone wants them."""
        self._running[job] = False
        self._watch()

    def ended(self, job: str) -> None:
        """A job is with no worker any more."""
        if self._running.pop(job, False) and self.on_watch is not None:
            self.on_watch(job, False)
        self.forget(job)

    def recent(self, since: int) -> list[Entry]:
        """The events in memory after a number."""
        newest = itertools.takewhile(lambda one: (one.number or 0) > since, reversed(self._recent))
        return list(newest)[::-1]

    def snapshot(self) -> list[Entry]:
        """The newest progress of everything that runs."""
        return [one for nodes in self._progress.values() for one in nodes.values()]

    def _joined(self, one: Subscription) -> None:
        self._live[one] = None

    def _leave(self, one: Subscription) -> None:
        self._live.pop(one, None)
        if self._all.pop(one, self) is None and one.previews:
            self._viewers[one.job] -= 1
            if not self._viewers[one.job]:
                del self._viewers[one.job]
            self._watch()

    def _watch(self) -> None:
        for job, watched in self._running.items():
            wanted = self._viewers[None] > 0 or self._viewers[job] > 0
            if wanted != watched:
                self._running[job] = wanted
                if self.on_watch is not None:
                    self.on_watch(job, wanted)

    def _tick(self) -> float:
        # More clients make every message dearer: send fewer, with more in each.
        return TICK + TICK_PER_CLIENT * len(self._live)

    def _schedule(self, due: float) -> None:
        if self._closed:
            return
        if self._timer is not None:
            if due >= self._due:
                return
            self._timer.cancel()
        self._due = due
        loop = asyncio.get_running_loop()
        if due <= loop.time():
            self._timer = loop.call_soon(self._flush)
        else:
            self._timer = loop.call_at(due, self._flush)

    def _flush(self) -> None:
        now = asyncio.get_running_loop().time()
        self._timer = None
        self._flushed = now
        soft: dict[Key, Entry] = {}
        if self._dirty:
            if now - self._softened >= PROGRESS_EVERY * 0.9:
                soft, self._dirty = self._dirty, {}
                self._softened = now
            else:
                self._schedule(self._softened + PROGRESS_EVERY)
        entries, self._pending = self._pending, []
        if not self._live or not (entries or soft):
            return
        batch = Batch(entries, soft)
        moment = time.monotonic()
        for one in list(self._live):
            one._offer(batch, moment)
