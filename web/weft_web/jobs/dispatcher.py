"""The queue: which job runs next, and what becomes of it.

One task takes jobs from the queue to the pool; one task per running job waits for its end. The
store is the truth: what is held here is a copy of its queue (`queue_copy.py`). What an end means is
in `ends.py`, what a full disk means in `room.py`. Whatever goes wrong in here is logged, the job
ends with an error, and the queue goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from weft_web.errors import StorageFullError
from weft_web.jobs.ends import Ends, Running
from weft_web.jobs.hub import Hub
from weft_web.jobs.queue_copy import QueueCopy
from weft_web.jobs.room import Room
from weft_web.jobs.sink import AttemptSink
from weft_web.jobs.upkeep import Upkeep
from weft_web.jobs.webhooks import Webhooks
from weft_web.settings import Settings
from weft_web.store.records import EventRow, JobRow
from weft_web.workers.pool import Assignment, Ended, WorkerPool

if TYPE_CHECKING:
    from weft_web.api.schemas import Move
    from weft_web.store.blobs import Blobs
    from weft_web.store.store import Store

FAULT_PAUSE = 0.5  # seconds after a fault of the dispatcher itself
UNCLEAN_STARTS = 2

_log = logging.getLogger("weft.jobs")


class Dispatcher:
    """Runs the queue's jobs in the pool. Belongs to one event loop.

    Make it, `start` it, and `close` it before the store. Jobs come in by `add`; a job that was
    stored without it is found a moment later.

    on_crash: called with a job, and the distribution of the plugin whose node its worker died of.
    """

    def __init__(
        self, store: Store, pool: WorkerPool, blobs: Blobs, hub: Hub, settings: Settings
    ) -> None:
        self._store = store
        self._pool = pool
        self._blobs = blobs
        self._hub = hub
        self._settings = settings
        self._room = Room(blobs.folder, self._later, self._room_changed)
        self._queue = QueueCopy(self._later, self.wake)
        self.on_crash: Callable[[str, str], None] | None = None
        self._ends = Ends(store, self._room, settings.attempts, lambda: self._closing)
        self._running: dict[str, Running] = {}
        self._starting = 0  # claimed, and not yet with the pool
        self._starting_alone: set[str] = set()
        self._cancelled: set[str] = set()  # while their claim is under way
        self._claiming: set[str] = set()
        self._orphans: set[str] = set()
        self._returning: set[str] = set()  # lost or released; not in the queue again yet
        self._paused: str | None = None
        self._closing = False
        self._wake = asyncio.Event()
        self._timers: set[asyncio.TimerHandle] = set()
        self._loop_task: asyncio.Task[None] | None = None
        self.webhooks = Webhooks(store, settings)
        self.upkeep = Upkeep(store, settings, self.audit, self._calm)

    # --- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take over what an earlier server left, and begin. Sets up the hub as well."""
        self._wake = asyncio.Event()
        await self._hub.start()
        self._store.on_events = self._on_events
        self._hub.on_watch = self._pool.watch
        self._pool.on_room = self.wake
        recovery = await self._store.recover(self._settings.attempts)
        if recovery.unclean_starts_recent >= UNCLEAN_STARTS:
            self.pause(
                f"the server stopped unexpectedly {recovery.unclean_starts_recent} times within "
                "minutes, so the queue waits; resume it when the cause is known"
            )
            _log.warning("%s (in the editor, or by POST /api/queue/pause)", self._paused)
        for row in [*recovery.requeued, *recovery.quarantined, *recovery.cancelled]:
            _log.warning("job %s was running when the server stopped; now %s", row.id, row.state)
        rows = await self._store.queued()
        self._queue.begin(rows)
        await self.webhooks.start()
        self._loop_task = asyncio.create_task(self._loop(), name="dispatcher")
        self.upkeep.start()
        self.wake()

    async def close(self, drain: float = 5.0) -> None:
        """Stop taking jobs, close the pool, put what ran back into the queue."""
        if self._closing:
            return
        self._closing = True
        self._room.stop_waiting()
        self.wake()
        for timer in self._timers:
            timer.cancel()
        if self._loop_task is not None:
            await asyncio.gather(self._loop_task, return_exceptions=True)
        await self.upkeep.close()
        await self._room.close()
        try:
            async with asyncio.timeout(drain + self._settings.grace_s + 5.0):
                await self._pool.close(drain)
                await self._all_ended()
        except TimeoutError:
            _log.error("the workers did not stop in time; their jobs are queued again")
        except Exception:
            _log.exception("the workers could not be stopped; their jobs are queued again")
        for one in list(self._running.values()):
            await self._abandon(one)
        await self.webhooks.close()
        self._hub.close()

    async def _all_ended(self) -> None:
        tasks = [one.task for one in self._running.values() if one.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _abandon(self, one: Running) -> None:
        if one.task is not None:
            one.task.cancel()
            await asyncio.gather(one.task, return_exceptions=True)
        with contextlib.suppress(Exception):
            await one.sink.close()
            await self._store.release(one.row.id, one.row.run, "the server stopped")

    # --- what others ask ----------------------------------------------------------------------

    @property
    def paused(self) -> str | None:
        """Why the queue waits; None where it does not."""
        return self._room.full or self._paused

    def pause(self, reason: str) -> None:
        """Let waiting jobs wait. What runs is not touched."""
        self._paused = reason
        self._tell_paused()

    def resume(self) -> None:
        """Let waiting jobs run."""
        self._paused = None
        self._tell_paused()
        self.wake()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def waiting(self) -> list[str]:
        """The ids of the waiting jobs, in order."""
        return list(self._queue.waiting)

    def position(self, id: str) -> int | None:
        """How many jobs run before a waiting one; None where it does not wait."""
        return self._queue.waiting.position(id)

    def running(self) -> list[str]:
        """The ids of the jobs that run."""
        return list(self._running)

    def add(self, row: JobRow) -> None:
        """A job was stored."""
        self._queue.came(row.id)
        if row.state != "queued" or row.id in self._claiming or row.id in self._running:
            return
        self._queue.add(row)
        self.wake()

    async def cancel(self, id: str) -> JobRow:
        """Cancel a waiting or running job. Raises ApiError 404 and 409."""
        row = await self._store.cancel(id)
        if row.state == "cancelled":
            self._queue.drop(id)
            self._over(row)
        elif row.state == "running":
            one = self._running.get(id)
            if one is not None:
                one.cancelled = True
                if one.given:
                    self._pool.cancel(id)
            elif id in self._claiming:
                self._cancelled.add(id)
        return row

    async def retry(self, id: str) -> JobRow:
        """Queue a job again that ended without success. Raises ApiError 404 and 409."""
        row = await self._store.retry(id)
        self._ends.forget(id)
        self.add(row)
        return row

    async def move(self, id: str, move: Move) -> JobRow:
        """Let a waiting job run earlier or later. Raises ApiError 404 and 409."""
        row = await self._store.move(id, move)
        self.add(row)  # so that the answer can say where it is
        self._queue.stale = True
        self.wake()
        return row

    async def delete(self, id: str) -> None:
        """Delete a job that ended. Raises ApiError 404, and 409 where it has not."""
        await self._store.delete(id)
        self._queue.drop(id)

    # --- what the store tells -----------------------------------------------------------------

    def _on_events(self, rows: list[EventRow]) -> None:
        self._hub.publish(rows)
        for row in rows:
            if row.event == "queued":
                self._queue.expect(row.job)
            elif row.event in ("moved", "requeued"):
                if row.job not in self._running:
                    self._queue.expect(row.job)
                    self._queue.stale = self._queue.stale or row.event == "moved"
            elif row.event in ("deleted", "cancelled") and row.job in self._queue.waiting:
                self._queue.drop(row.job)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            call()

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)

    # --- the loop -----------------------------------------------------------------------------

    async def _loop(self) -> None:
        while not self._closing:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._queue.stale:
                    await self._queue.reload(self._store.queued, self._running)
                await self._fill()
            except StorageFullError as error:
                self._room.missing(str(error))
            except Exception:
                _log.exception("the dispatcher stumbled; it goes on")
                self._queue.stale = True
                self._later(FAULT_PAUSE, self.wake)

    async def _fill(self) -> None:
        while self.paused is None and not self._returning and not self._closing:
            chosen = self._choose()
            if not chosen:
                return
            await self._claim(chosen)

    def _choose(self) -> list[str]:
        """The next jobs for the free slots. One that must run alone waits, at the head of the
        queue, until a worker is empty: nobody overtakes it, so it cannot starve."""
        if self._starting_alone:
            return []
        room = self._pool.free() - self._starting
        chosen: list[str] = []
        for head in self._queue.waiting.heads():
            if head.alone:
                if not chosen and self._starting == 0 and self._pool.takes(alone=True):
                    return [head.id]
                break
            if len(chosen) >= room:
                break
            chosen.append(head.id)
        return chosen

    async def _claim(self, ids: list[str]) -> None:
        self._claiming = set(ids)
        try:
            rows = await self._store.claim(ids, self._device())
            for id in ids:
                self._queue.waiting.remove(id)
            for row in rows:
                self._begin(row)
        finally:
            self._claiming = set()
        missing = set(ids) - {row.id for row in rows}
        if missing:  # cancelled or deleted meanwhile; or else the copy of the queue is wrong
            self._queue.stale = True
            self.wake()

    def _device(self) -> str | None:
        """The device that jobs will run on, where there is only one."""
        devices = {one.device for one in self._pool.status()}
        return devices.pop() if len(devices) == 1 else None

    def _tell_paused(self) -> None:
        self._hub.announce("queue", {"paused": self.paused})

    def _room_changed(self) -> None:
        self._tell_paused()
        self.wake()

    # --- an attempt ---------------------------------------------------------------------------

    def _begin(self, row: JobRow) -> None:
        def stop() -> None:
            if one.given:
                self._pool.cancel(row.id)

        sink = AttemptSink(row.id, row.run, self._store, self._blobs, self._hub, stop)
        one = Running(row, row.attempts > 0, sink)
        one.cancelled = row.cancel_wanted or row.id in self._cancelled
        self._cancelled.discard(row.id)
        self._running[row.id] = one
        self._starting += 1
        if one.alone:
            self._starting_alone.add(row.id)
        one.task = asyncio.create_task(self._attempt(one), name=f"job {row.id}")

    async def _attempt(self, one: Running) -> None:
        """One attempt from the pool's taking it to what the store says of it."""
        id = one.row.id
        try:
            ended = await self._run(one)
            # Until the end is stored the job counts as running, but its slot is free again. What
            # comes back into the queue comes first, so nobody may take that slot before.
            if ended.status in ("lost", "released"):
                self._returning.add(id)
            if ended.culprit is not None and self.on_crash is not None:
                self.on_crash(id, ended.culprit)
            self.wake()
            row = await self._ends.settle(one, ended)
        except Exception:
            _log.exception("job %s: its end could not be stored", id)
            row = None
        finally:
            self._running.pop(id, None)
            self._returning.discard(id)
            self._hub.ended(id)
            self.wake()
        if row is not None and not self._closing:
            self._back_or_over(row)

    async def _run(self, one: Running) -> Ended:
        row = one.row
        begun = time.monotonic()
        starting = True
        try:
            content = await self._store.content(row.id)
            if content is None:
                return Ended("failed", reason="the job is not there any more")
            if one.cancelled:
                return Ended("cancelled", reason="cancelled before it began")
            if self._closing:
                return Ended("released", reason="the server stops")
            assignment = Assignment(
                row.id, row.run, content.workflow, tuple(content.targets), one.alone,
                row.deadline_s,
            )  # fmt: skip
            one.given = True
            self._hub.running(row.id)
            self._started(one)
            starting = False
            return await self._pool.run(assignment, one.sink)
        except Exception as error:
            _log.exception("job %s: it could not be run", row.id)
            seconds = time.monotonic() - begun
            return Ended("failed", seconds, f"the server failed: {type(error).__name__}: {error}")
        finally:
            one.given = False
            if starting:
                self._started(one)

    def _started(self, one: Running) -> None:
        self._starting -= 1
        self._starting_alone.discard(one.row.id)

    def _back_or_over(self, row: JobRow) -> None:
        """An attempt is over: its job waits again, or has ended."""
        if row.state == "queued":
            self.add(row)
        else:
            self._over(row)

    def _over(self, row: JobRow) -> None:
        """A job has reached its end."""
        seconds = (row.finished or 0.0) - (row.started or row.created)
        reason = str((row.error or {}).get("message", "")).partition("\n")[0]
        _log.info("job %s: %s after %.3f s%s", row.id, row.state, seconds, reason and f": {reason}")
        if row.webhook is not None:
            self.webhooks.due(row.id)

    # --- looking after itself -----------------------------------------------------------------

    async def audit(self) -> None:
        """Make sure that nothing is forgotten: jobs that run according to the store alone go back
        into the queue, and the copy of the queue is what the store has."""
        rows, _ = await self._store.jobs(("running",), 1000, None)
        orphans = [one for one in rows if one.id not in self._running]
        for row in orphans:
            if row.id in self._claiming or row.id not in self._orphans:
                continue  # perhaps its claim is just under way: look twice
            _log.error("job %s was run by nobody; it is queued again", row.id)
            released = await self._store.release(row.id, row.run, "nobody ran it")
            if released is not None:
                self._back_or_over(released)
        self._orphans = {one.id for one in orphans}
        self._queue.stale = True
        self.wake()

    def _calm(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not self._running and not self._queue.waiting
