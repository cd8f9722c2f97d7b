"""What becomes of a job whose attempt is over, and storing that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from weft_web.errors import StorageFullError
from weft_web.jobs.room import Room
from weft_web.jobs.sink import AttemptSink, Told
from weft_web.jobs.submissions import problem_of
from weft_web.store.records import JobRow
from weft_web.workers.pool import Ended, Ending

if TYPE_CHECKING:
    from weft_web.store.store import Store

STORAGE_TRIES = 5  # attempts whose outputs had no room though there seemed to be, until it fails

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


class Ends:
    """Stores the ends of attempts.

    attempts: how often a job's process may die. closing: whether the server is being stopped.
    """

    def __init__(
        self, store: Store, room: Room, attempts: int, closing: Callable[[], bool]
    ) -> None:
        self._store = store
        self._room = room
        self._attempts = attempts
        self._closing = closing
        self._misses: dict[str, int] = {}

    def forget(self, id: str) -> None:
        """A job begins anew: what it had no room for counts no more."""
        self._misses.pop(id, None)

    async def settle(self, one: Running, ended: Ended) -> JobRow | None:
        """Store an attempt's end; None where it is no longer this attempt's to say."""
        events = await one.sink.close()
        if one.sink.fenced:
            _log.warning("job %s: somebody else decided about it meanwhile", one.row.id)
            return None
        if ended.storage_full:
            one.sink.storage_full = True
        if one.sink.storage_full and not one.cancelled:
            self._room.missing(f"job {one.row.id} made what there is no room for", one.sink.needed)
        verdict = self._verdict(one, ended)
        persistently = self._room.persistently
        try:
            return await persistently(lambda: self._stored(one, ended, verdict, events))
        except StorageFullError:
            raise
        except Exception as error:
            # Something in it cannot be stored, and never will be: the job still has to end.
            _log.exception("job %s: its end could not be stored as it was", one.row.id)
            message = f"its end could not be stored: {type(error).__name__}: {error}"
            failure = {"kind": "internal", "message": message}
            job, run = one.row.id, one.row.run
            finish = self._store.finish
            row, _ = await persistently(lambda: finish(job, run, "failed", error=failure))
            return row

    async def _stored(
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
                return await self._store.lost(job, run, self._attempts, error)
            case "cancelled":
                state: Literal["done", "failed", "cancelled"] = "cancelled"
                error = None
            case "failed":
                state, error = "failed", error_of(one, ended)
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
            return "released" if self._closing() else "cancelled"
        return ended.status


def error_of(one: Running, ended: Ended) -> dict[str, Any]:
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
