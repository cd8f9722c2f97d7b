"""The store: everything that must survive, behind one class.

Every method that writes returns after the commit: what it says is on the disk, but for `claim` and
`append`, which no `kill -9` undoes but a power cut within a second may. Events are published after
the commit too, in the order of their numbers, before the write's caller goes on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, overload

from weft import InputError
from weft_web.api.schemas import Move
from weft_web.errors import ApiError, StorageFullError
from weft_web.store import attempts, queries, transitions
from weft_web.store.blobs import Blobs
from weft_web.store.database import Database, Lock, told_when_full
from weft_web.store.records import EventRow, JobContent, JobRow, NewJob, OutputRow
from weft_web.store.rows import is_text
from weft_web.store.transaction import Transaction, to_json
from weft_web.store.transitions import Recovery
from weft_web.store.uploads import Uploads
from weft_web.store.webhooks import Webhooks
from weft_web.store.workflows import Workflows

DAY: Final = 86400.0
_GROUP: Final = 100  # deletions in one transaction, so that others need not wait long
_MARGIN: Final = 3600.0  # seconds by which the clock may have been set
_RECENT: Final = 4096  # submitted jobs whose content is still in memory
_RECENT_CHARACTERS: Final = 16 * 1024**2
_SMALL: Final = 64 * 1024  # characters of a document that is kept parsed
_PARSED: Final = 128

_log = logging.getLogger("weft.store")

Ending = Literal["done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    temporary: int
    blobs: int
    graphs: int


class Store:
    """The durable state of one server. Made by `open`; for the event loop it was opened on.

    on_events: called on the event loop with what was committed, in the order of the numbers.
    blobs, uploads, workflows, webhooks: the files, the uploads' rows, the saved workflows, and
        which webhooks are still to be called.
    """

    def __init__(self, folder: Path, lock: Lock) -> None:
        self.folder = folder
        self.on_events: Callable[[list[EventRow]], None] | None = None
        self.blobs = Blobs(folder / "blobs")
        self._lock = lock
        self._closed = False
        self._database = Database(folder / "weft.db", self._publish)
        self.workflows = Workflows(self._database)
        self.uploads = Uploads(self._database)
        self.webhooks = Webhooks(self._database)
        self._recent: OrderedDict[str, NewJob] = OrderedDict()
        self._recent_characters = 0
        self._parsed: OrderedDict[str, dict[str, Any]] = OrderedDict()

    @classmethod
    async def open(cls, folder: Path, *, boot: str) -> Store:
        """Open a folder's store, made at the first start. `boot` names this start of the server.

        Raises InputError where another server has the folder, where it cannot be used, or where
        a newer version wrote it, and StorageFullError.
        """
        with told_when_full():
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = Lock(folder / "server.lock")
            except PermissionError as error:
                raise InputError(f"{folder} cannot be used: {error.strerror}") from error
            try:
                store = cls(folder, lock)
                await asyncio.to_thread(store._open, boot)
            except BaseException:
                lock.release()
                raise
        return store

    def _open(self, boot: str) -> None:
        self._database.open(boot)
        self.blobs.remove_temporary()  # nobody else writes here: the lock is ours

    async def close(self, *, clean: bool = True) -> None:
        """End. What runs is queued again; with `clean=False` all is left as a crash leaves it."""
        if self._closed:
            return
        self._closed = True
        try:
            if clean:
                await self._database.write("close", transitions.close)
        except (StorageFullError, sqlite3.Error) as error:
            _log.warning("the end of this server cannot be noted: %s", error)
        finally:
            await self._database.close()
            self._lock.release()

    def _publish(self, events: list[EventRow]) -> None:
        if self.on_events is not None:
            self.on_events(events)

    # --- the way of a job ------------------------------------------------------------------

    async def submit(self, job: NewJob, *, queue_limit: int) -> tuple[JobRow, bool]:
        """Store a job as queued: its row, and whether it is new.

        A known idempotency key answers with the first job and False. Raises ApiError 429
        "queue_full", 409 "idempotency_conflict" for a known key with another content, and 400 for
        texts that cannot be stored.
        """
        if not is_text(
            job.workflow, job.webhook, job.label, job.workflow_name, job.idempotency_key
        ):
            raise ApiError(400, "invalid_text", "the texts hold half a surrogate pair")
        answer: tuple[JobRow, bool] = await self._database.bulk(
            "submit",
            attempts.SUBMIT,
            attempts.submit,
            attempts.Submit(job, queue_limit),
            len(job.workflow),
        )
        if answer[1]:
            self._remember(job)
        return answer

    async def repeated(self, key: str, asked: bytes) -> JobRow | None:
        """The job that an idempotency key stands for; None for a new key.

        Raises ApiError 409 where something else was asked for with it.
        """
        sql = "SELECT id, idem_digest FROM job WHERE idem_key = ?"
        found = await self._database.read(
            lambda connection: connection.execute(sql, (key,)).fetchone()
        )
        if found is None:
            return None
        if found[1] != asked:
            raise attempts.key_conflict(key)
        return await self.job(found[0])

    async def claim(self, ids: Sequence[str], device: str | None) -> list[JobRow]:
        """Let queued jobs run, in this order; those that are queued no more are left out.

        A power cut may undo it: then they are queued still.
        """
        answer: list[JobRow] = await self._database.bulk(
            "claim",
            attempts.CLAIM,
            attempts.claim,
            attempts.Claim(tuple(ids), device),
            events=len(ids),
        )
        return answer

    async def append(
        self, job: str, run: int, events: Sequence[tuple[str, dict[str, Any]]]
    ) -> list[EventRow]:
        """Store events of a running attempt; [] where that attempt does not run any more.

        A power cut may undo it, as long as nothing else of the job was stored after it.
        """
        answer: list[EventRow] = await self._database.bulk(
            "append",
            attempts.APPEND,
            attempts.append,
            attempts.Append(job, run, events),
            events=len(events),
        )
        return answer

    async def finish(
        self,
        job: str,
        run: int,
        state: Ending,
        *,
        events: Sequence[tuple[str, dict[str, Any]]] = (),
        outputs: Sequence[OutputRow] = (),
        nodes: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> tuple[JobRow | None, list[EventRow]]:
        """End an attempt: its last events, its outputs and its state, all or nothing.

        Adds the event "finished" {status, seconds, error?}. The files of `outputs` must be in the
        blobs already. (None, []) where that attempt does not run any more.
        """
        self._forget(job)
        outputs = [_storable(row) for row in outputs]
        answer: tuple[JobRow | None, list[EventRow]] = await self._database.bulk(
            "finish",
            attempts.FINISH,
            attempts.finish,
            attempts.Finish(
                job, run, state, events, outputs, dict(nodes or {}), dict(error) if error else None
            ),
        )
        return answer

    async def release(
        self, job: str, run: int, reason: str = "the worker stopped"
    ) -> JobRow | None:
        """A running job waits again and is not blamed; cancelled, if that was wanted.

        None where that attempt does not run any more.
        """
        answer: JobRow | None = await self._database.write(
            "release", lambda transaction: transitions.release(transaction, job, run, reason)
        )
        return answer

    async def lost(
        self, job: str, run: int, max_attempts: int, error: Mapping[str, Any]
    ) -> JobRow | None:
        """The process of a running job died: it waits again, or is quarantined at the last.

        None where that attempt does not run any more.
        """
        answer: JobRow | None = await self._database.write(
            "lost",
            lambda transaction: transitions.lost(transaction, job, run, max_attempts, dict(error)),
        )
        return answer

    async def cancel(self, job: str) -> JobRow:
        """Cancel a queued job; for a running one, note that it is wanted. 404, 409 if it ended."""
        answer: JobRow = await self._database.write(
            "cancel", lambda transaction: transitions.cancel(transaction, _id(job))
        )
        return answer

    async def retry(self, job: str) -> JobRow:
        """Queue a failed, cancelled or quarantined job again. 404, 409."""
        answer: JobRow = await self._database.write(
            "retry", lambda transaction: transitions.retry(transaction, _id(job))
        )
        return answer

    async def move(self, job: str, move: Move) -> JobRow:
        """Put a queued job elsewhere in the queue. 404, 409 if it, or `before`, does not wait."""
        answer: JobRow = await self._database.write(
            "move",
            lambda transaction: transitions.move(
                transaction, _id(job), move.to, move.before, move.priority
            ),
        )
        return answer

    async def delete(self, job: str) -> None:
        """Forget a job that has ended, with its events and outputs. 404, 409 if it has not."""
        await self._database.write(
            "delete", lambda transaction: transitions.delete(transaction, _id(job))
        )

    async def recover(self, max_attempts: int) -> Recovery:
        """What ran when the last server died waits again, or is quarantined. Call it once."""
        answer: Recovery = await self._database.write(
            "recover", lambda transaction: transitions.recover(transaction, max_attempts)
        )
        return answer

    # --- reading ---------------------------------------------------------------------------

    async def queued(self) -> list[JobRow]:
        """The queue, in order."""
        return await self._database.read(queries.queued)

    async def job(self, id: str) -> JobRow | None:
        """One job."""
        return await self._database.read(lambda connection: queries.job(connection, id))

    async def jobs(
        self,
        states: Sequence[str] | None = None,
        limit: int = 100,
        before: str | None = None,
        workflow: str | None = None,
    ) -> tuple[list[JobRow], str | None]:
        """A page of jobs, newest first, and the `before` of the next one. All where no `states`.

        workflow: only jobs of the saved workflow of this name.
        """
        return await self._database.read(
            lambda connection: queries.jobs(connection, states, limit, before, workflow)
        )

    async def counts(self) -> dict[str, int]:
        """How many jobs there are in each state."""
        return await self._database.read(queries.counts)

    async def content(self, id: str) -> JobContent | None:
        """What a job runs. The document may be shared with other callers: do not change it."""
        return (await self.contents([id])).get(id)

    async def contents(self, ids: Sequence[str]) -> dict[str, JobContent]:
        """What jobs run, by id; quick for those that were submitted lately."""
        found: dict[str, JobContent] = {}
        for id_ in ids:
            job = self._recent.get(id_)
            if job is not None:
                document = self._document(job.workflow)
                found[id_] = JobContent(document, job.parameters, job.targets)
        others = [id_ for id_ in ids if id_ not in found and is_text(id_)]
        if others:
            rows = await self._database.read(
                lambda connection: queries.contents(connection, others)
            )
            for id_, (text, parameters, targets) in rows.items():
                found[id_] = JobContent(
                    self._document(text),
                    json.loads(parameters) if parameters else {},
                    tuple(json.loads(targets)) if targets else (),
                )
        return found

    @overload
    async def outputs(self, ids: str) -> list[OutputRow]: ...
    @overload
    async def outputs(self, ids: list[str]) -> dict[str, list[OutputRow]]: ...
    async def outputs(self, ids: str | list[str]) -> list[OutputRow] | dict[str, list[OutputRow]]:
        """What a job made; for several jobs, by id."""
        wanted = [ids] if isinstance(ids, str) else ids
        found = await self._database.read(
            lambda connection: queries.outputs(connection, [one for one in wanted if is_text(one)])
        )
        return found.get(ids, []) if isinstance(ids, str) else found

    async def output(self, sha256: str) -> OutputRow | None:
        """Any job's output with this content, for its name and type. None where there is none."""
        try:
            digest = bytes.fromhex(sha256)
        except ValueError:
            return None
        return await self._database.read(lambda connection: queries.output_of(connection, digest))

    async def events(
        self, since: int = 0, job: str | None = None, limit: int = 1000
    ) -> list[EventRow]:
        """Events after a number, oldest first, of one job or of all."""
        return await self._database.read(
            lambda connection: queries.events(connection, since, job, limit)
        )

    async def last_event(self) -> int:
        """The number of the newest event."""
        return await self._database.read(queries.last_event)

    def wal_bytes(self) -> int:
        """The size of the write-ahead log."""
        return self._database.wal_bytes()

    # --- keeping house ---------------------------------------------------------------------

    async def prune(self, keep_days: float) -> int:
        """Delete jobs that ended longer ago than this; how many they were."""
        before = time.time() - keep_days * DAY
        ids = await self._database.read(
            lambda connection: queries.finished_before(connection, before)
        )
        count = 0
        for start in range(0, len(ids), _GROUP):
            some = ids[start : start + _GROUP]
            count += await self._database.write(
                "prune", partial(transitions.prune, ids=some, before=before)
            )
        return count

    async def sweep(self, older_s: float = DAY) -> Swept:
        """Remove files and graphs that nothing refers to, if nobody touched them in `older_s`."""
        temporary = await asyncio.to_thread(self.blobs.remove_temporary, older_s)
        since = await self._database.read(queries.running_since)
        if since is not None:  # what a job made has no row until its end
            older_s = max(older_s, time.time() - since + _MARGIN)
        old = await asyncio.to_thread(lambda: list(self.blobs.old(older_s)))
        blobs = 0
        for start in range(0, len(old), _GROUP):
            some = old[start : start + _GROUP]
            unused = await self._database.read(partial(queries.unused, digests=some))
            blobs += await asyncio.to_thread(self.blobs.remove, unused, older_s)
        await self._database.write("sweep", _forget_deleted)
        numbers = await self._database.read(queries.unused_graphs)
        graphs = 0
        for start in range(0, len(numbers), _GROUP):
            part = numbers[start : start + _GROUP]
            graphs += await self._database.write("sweep", partial(_without, numbers=part))
        return Swept(temporary, blobs, graphs)

    # --- content of jobs that are about to run -----------------------------------------------

    def _remember(self, job: NewJob) -> None:
        """Keep a submission for the claim that follows soon, and the oldest no longer."""
        if len(job.workflow) > _SMALL:
            return
        self._recent[job.id] = job
        self._recent_characters += len(job.workflow)
        while len(self._recent) > _RECENT or self._recent_characters > _RECENT_CHARACTERS:
            _, oldest = self._recent.popitem(last=False)
            self._recent_characters -= len(oldest.workflow)

    def _forget(self, id_: str) -> None:
        job = self._recent.pop(id_, None)
        if job is not None:
            self._recent_characters -= len(job.workflow)

    def _document(self, text: str) -> dict[str, Any]:
        """A document, parsed once for all jobs that have it."""
        known = self._parsed.get(text)
        if known is not None:
            self._parsed.move_to_end(text)
            return known
        document: dict[str, Any] = json.loads(text)
        if len(text) <= _SMALL:
            self._parsed[text] = document
            if len(self._parsed) > _PARSED:
                self._parsed.popitem(last=False)
        return document


def _storable(row: OutputRow) -> OutputRow:
    """An output whose name and type can be stored: a node may name a file as it likes."""
    if is_text(row.node, row.name, row.mime):
        return row
    node, name, mime = (
        one and one.encode(errors="replace").decode() for one in (row.node, row.name, row.mime)
    )
    return replace(row, node=node or "", name=name, mime=mime)


def _id(id_: str) -> str:
    """An id that can be asked for; one that no job can have finds none."""
    return id_ if is_text(id_) else ascii(id_)


def _forget_deleted(transaction: Transaction) -> None:
    """Delete old word of deleted jobs."""
    transaction.execute(
        "DELETE FROM event WHERE gone IS NOT NULL AND time < ?", (transaction.now - 7 * DAY,)
    )


def _without(transaction: Transaction, numbers: list[int]) -> int:
    """Delete graphs that are still unused."""
    transaction.forget_graphs()
    return transaction.execute(
        f"DELETE FROM graph WHERE {queries.UNUSED_GRAPH}"
        " AND number IN (SELECT value FROM json_each(?))",
        (to_json(numbers),),
    ).rowcount
