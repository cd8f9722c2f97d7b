"""The queue: which job runs next, and what becomes of it.

One task takes jobs from the queue to the pool; one task per running job waits for its end. The
store is the truth: what is held here is a copy of its queue. Whatever goes wrong in here is logged,
the job ends with an error, and the queue goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from weft_web.errors import StorageFullError
from weft_web.jobs.hub import Hub
from weft_web.jobs.sink import AttemptSink, Told
from weft_web.jobs.space import make_room
from weft_web.jobs.submissions import problem_of
from weft_web.jobs.upkeep import Upkeep
from weft_web.jobs.waiting import Waiting
from weft_web.jobs.webhooks import Webhooks
from weft_web.settings import Settings
from weft_web.store.records import EventRow, JobRow
from weft_web.workers.pool import Assignment, Ended, Ending, WorkerPool

if TYPE_CHECKING:
    from weft_web.api.schemas import Move
    from weft_web.store.blobs import Blobs
    from weft_web.store.store import Store

T = TypeVar("T")

STORAGE_RETRY = 2.0  # seconds between tries while there is no room
STORAGE_TRIES = 5  # attempts whose outputs had no room though there seemed to be, until it fails
SPARE = 1024 * 1024  # bytes that must be free before the queue goes on
FAULT_PAUSE = 0.5  # seconds after a fault of the dispatcher itself
SURPRISED_AFTER = 0.1  # seconds for a stored job to be handed over, before the store is asked
COMPLAIN_EVERY = 60.0
UNCLEAN_STARTS = 2

_log = logging.getLogger("weft.jobs")


@dataclass(slots=True)
class Running:
    """An attempt. `given`: the pool has it."""

    row: JobRow
    alone: bool
    sink: AttemptSink
    task: asyncio.Task[None] | None = None
    given: bool = False
    cancelled: bool = False


class Dispatcher:
    """Runs the queue's jobs in the pool. Belongs to one event loop.

    Make it, `start` it, and `close` it before the store. Jobs come in by `add`; a job that was
    stored without it is found a moment later.
    """

    def __init__(
        self, store: Store, pool: WorkerPool, blobs: Blobs, hub: Hub, settings: Settings
    ) -> None:
        self._store = store
        self._pool = pool
        self._blobs = blobs
        self._hub = hub
        self._settings = settings
        self._waiting = Waiting()
        self._running: dict[str, Running] = {}
        self._starting = 0  # claimed, and not yet with the pool
        self._starting_alone: set[str] = set()
        self._cancelled: set[str] = set()  # while their claim is under way
        self._claiming: set[str] = set()
        self._changes: list[JobRow | str] | None = None  # while the queue is read again
        self._expected: dict[str, float] = {}  # and since when
        self._surprising = False
        self._stale = False
        self._orphans: set[str] = set()
        self._returning: set[str] = set()  # lost or released; not in the queue again yet
        self._misses: dict[str, int] = {}
        self._paused: str | None = None
        self._full: str | None = None
        self._needed = 0  # bytes that an output had no room for
        self._looking = False
        self._complained = -COMPLAIN_EVERY
        self._tasks: set[asyncio.Task[None]] = set()
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
        for row in [*recovery.requeued, *recovery.quarantined, *recovery.cancelled]:
            _log.warning("job %s was running when the server stopped; now %s", row.id, row.state)
        rows = await self._store.queued()
        self._waiting.replace(rows)
        self._expected.clear()
        self._stale = False
        await self.webhooks.start()
        self._loop_task = asyncio.create_task(self._loop(), name="dispatcher")
        self.upkeep.start()
        self.wake()

    async def close(self, drain: float = 5.0) -> None:
        """Stop taking jobs, close the pool, put what ran back into the queue."""
        if self._closing:
            return
        self._closing = True
        self.wake()
        for timer in self._timers:
            timer.cancel()
        if self._loop_task is not None:
            await asyncio.gather(self._loop_task, return_exceptions=True)
        await self.upkeep.close()
        for task in list(self._tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
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
        return self._full or self._paused

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
        return list(self._waiting)

    def position(self, id: str) -> int | None:
        """How many jobs run before a waiting one; None where it does not wait."""
        return self._waiting.position(id)

    def running(self) -> list[str]:
        """The ids of the jobs that run."""
        return list(self._running)

    def add(self, row: JobRow) -> None:
        """A job was stored."""
        self._expected.pop(row.id, None)
        if row.state != "queued" or row.id in self._claiming or row.id in self._running:
            return
        if self._changes is not None:
            self._changes.append(row)
        self._waiting.add(row)
        self.wake()

    async def cancel(self, id: str) -> JobRow:
        """Cancel a waiting or running job. Raises ApiError 404 and 409."""
        row = await self._store.cancel(id)
        if row.state == "cancelled":
            self._drop(id)
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
        self._misses.pop(id, None)
        self.add(row)
        return row

    async def move(self, id: str, move: Move) -> JobRow:
        """Let a waiting job run earlier or later. Raises ApiError 404 and 409."""
        row = await self._store.move(id, move)
        self.add(row)  # so that the answer can say where it is
        self._stale = True
        self.wake()
        return row

    async def delete(self, id: str) -> None:
        """Delete a job that ended. Raises ApiError 404, and 409 where it has not."""
        await self._store.delete(id)
        self._drop(id)

    def _drop(self, id: str) -> None:
        self._waiting.remove(id)
        if self._changes is not None:
            self._changes.append(id)

    # --- what the store tells -----------------------------------------------------------------

    def _on_events(self, rows: list[EventRow]) -> None:
        self._hub.publish(rows)
        for row in rows:
            if row.event == "queued":
                self._expect(row.job)
            elif row.event in ("moved", "requeued"):
                if row.job not in self._running:
                    self._expect(row.job)
                    self._stale = self._stale or row.event == "moved"
            elif row.event in ("deleted", "cancelled") and row.job in self._waiting:
                self._drop(row.job)

    def _expect(self, id: str) -> None:
        """A job is in the queue now. Whoever put it there will say so at once, or else it is
        looked for."""
        self._expected[id] = time.monotonic()
        if not self._surprising:
            self._surprising = True
            self._later(SURPRISED_AFTER, self._look)

    def _look(self) -> None:
        self._surprising = False
        # What came just now is not late: reading the queue again and again would cost a busy
        # server more than its jobs do.
        late = time.monotonic() - SURPRISED_AFTER / 2
        due = [id for id, since in self._expected.items() if since <= late]
        missing = [id for id in due if id not in self._waiting]
        for id in due:
            del self._expected[id]
        if self._expected:
            self._surprising = True
            self._later(SURPRISED_AFTER, self._look)
        if missing or self._stale:
            self._stale = True
            self.wake()

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
                if self._stale:
                    await self._reload()
                await self._fill()
            except StorageFullError as error:
                self._no_room(str(error))
            except Exception:
                _log.exception("the dispatcher stumbled; it goes on")
                self._stale = True
                self._later(FAULT_PAUSE, self.wake)

    async def _reload(self) -> None:
        """Read the queue again, and apply what happened to it meanwhile."""
        self._stale = False
        self._changes = []
        try:
            rows = await self._store.queued()
            changes = self._changes
        finally:
            self._changes = None
        self._waiting.replace([one for one in rows if one.id not in self._running])
        for change in changes:
            if isinstance(change, str):
                self._waiting.remove(change)
            else:
                self._waiting.add(change)

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
        for head in self._waiting.heads():
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
                self._waiting.remove(id)
            for row in rows:
                self._begin(row)
        finally:
            self._claiming = set()
        missing = set(ids) - {row.id for row in rows}
        if missing:  # cancelled or deleted meanwhile; or else the copy of the queue is wrong
            self._stale = True
            self.wake()

    def _device(self) -> str | None:
        """The device that jobs will run on, where there is only one."""
        devices = {one.device for one in self._pool.status()}
        return devices.pop() if len(devices) == 1 else None

    def _no_room(self, error: str, needed: int = 0) -> None:
        """The disk is full: let the queue wait, and look again every now and then."""
        self._needed = max(self._needed, needed)
        if self._full is None:
            now = time.monotonic()
            if now - self._complained > COMPLAIN_EVERY:
                self._complained = now
                _log.error("the queue waits: %s", error)
            self._full = "there is no room to store results; free some, and the queue goes on"
            self._tell_paused()
        if not self._looking and not self._closing:
            self._looking = True
            self._later(STORAGE_RETRY, self._look_for_room_soon)

    def _look_for_room_soon(self) -> None:
        self._spawn(self._look_for_room())

    async def _look_for_room(self) -> None:
        self._looking = False
        try:
            await asyncio.to_thread(make_room, self._blobs.folder, self._needed + SPARE)
        except OSError as error:
            self._no_room(str(error))
            return
        # Whether the database can grow too is shown by the next claim.
        self._needed = 0
        self._full = None
        self._tell_paused()
        self.wake()

    def _tell_paused(self) -> None:
        self._hub.announce("queue", {"paused": self.paused})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

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
            self.wake()
            row = await self._settle(one, ended)
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

    async def _settle(self, one: Running, ended: Ended) -> JobRow | None:
        """Store an attempt's end; None where it is no longer this attempt's to say."""
        events = await one.sink.close()
        if one.sink.fenced:
            _log.warning("job %s: somebody else decided about it meanwhile", one.row.id)
            return None
        if ended.storage_full:
            one.sink.storage_full = True
        if one.sink.storage_full and not one.cancelled:
            self._no_room(f"job {one.row.id} made what there is no room for", one.sink.needed)
        verdict = self._verdict(one, ended)
        try:
            return await self._persistently(lambda: self._store_end(one, ended, verdict, events))
        except StorageFullError:
            raise
        except Exception as error:
            # Something in it cannot be stored, and never will be: the job still has to end.
            _log.exception("job %s: its end could not be stored as it was", one.row.id)
            message = f"its end could not be stored: {type(error).__name__}: {error}"
            failure = {"kind": "internal", "message": message}
            job, run = one.row.id, one.row.run
            finish = self._store.finish
            row, _ = await self._persistently(lambda: finish(job, run, "failed", error=failure))
            return row

    async def _store_end(
        self, one: Running, ended: Ended, verdict: Ending, events: list[Told]
    ) -> JobRow | None:
        job, run = one.row.id, one.row.run
        if events and verdict in ("released", "lost"):
            await self._store.append(job, run, events)
            events.clear()  # stored, also if what follows has to be tried again
        error: dict[str, Any] | None
        match verdict:
            case "released":
                return await self._store.release(job, run, ended.reason or "its worker stopped")
            case "lost":
                error = {"kind": "worker_died", "message": ended.reason or "its process died"}
                _log.warning("job %s: %s", job, error["message"])
                return await self._store.lost(job, run, self._settings.attempts, error)
            case "cancelled":
                state: Literal["done", "failed", "cancelled"] = "cancelled"
                error = None
            case "failed":
                state, error = "failed", self._error(one, ended)
            case _:
                state, error = "done", None
        row, _ = await self._store.finish(
            job, run, state, events=events, outputs=one.sink.outputs, nodes=ended.nodes, error=error
        )
        return row

    def _verdict(self, one: Running, ended: Ended) -> Ending:
        """What an ending means for the job."""
        if one.sink.storage_full and not one.cancelled and not ended.timed_out:
            misses = self._misses[one.row.id] = self._misses.get(one.row.id, 0) + 1
            return "failed" if misses >= STORAGE_TRIES else "released"
        self._misses.pop(one.row.id, None)
        if ended.timed_out:
            return "failed"
        # Who asked for an end gets it, also where the process had to be killed for it.
        if one.cancelled and ended.status in ("lost", "released"):
            return "cancelled"
        # The worker was told to stop by nobody known, so nobody wants it stopped.
        if ended.status == "cancelled" and not one.cancelled and one.sink.failure is None:
            return "released" if self._closing else "cancelled"
        return ended.status

    def _error(self, one: Running, ended: Ended) -> dict[str, Any]:
        """Why a job failed, as the API's JobError."""
        if ended.timed_out:
            message = f"it took longer than its deadline of {one.row.deadline_s:g} seconds"
            return {"kind": "deadline", "message": message}
        if one.sink.storage_full:
            return {"kind": "storage", "message": "there was no room to store what it made"}
        if one.sink.failure is not None:
            return one.sink.failure
        if ended.problems:
            shown = [str(problem_of(each)) for each in ended.problems[:20]]
            return {"kind": "invalid", "message": "\n".join([ended.reason or "", *shown]).strip()}
        return {"kind": "internal", "message": ended.reason or "it failed"}

    async def _persistently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do a write, again and again while there is no room."""
        while True:
            try:
                return await work()
            except StorageFullError as error:
                if self._closing:
                    raise
                self._no_room(str(error))
                await asyncio.sleep(STORAGE_RETRY)

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
        _log.info("job %s: %s after %.3f s %s", row.id, row.state, seconds, reason)
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
        self._stale = True
        self.wake()

    def _calm(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not self._running and not self._waiting
