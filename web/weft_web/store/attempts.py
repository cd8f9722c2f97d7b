"""The hot path, many jobs in few statements: submit, claim, append, finish.

Every function takes the arguments of several calls and answers each; an exception among the
answers is a refusal of that call alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from weft_web.errors import ApiError
from weft_web.store.records import EventRow, JobRow, NewJob, OutputRow, State
from weft_web.store.rows import Held, changed, held_jobs
from weft_web.store.transaction import Transaction, id_list, json_or_none, to_json

SUBMIT: Final = 0
CLAIM: Final = 1
APPEND: Final = 2
FINISH: Final = 3

_INSERT_JOB: Final = (
    "INSERT INTO job (seq, id, state, priority, position, created, deadline_s, webhook, label,"
    " workflow_name, graph, parameters, targets, idem_key, idem_digest)"
)
# `VALUES` as a table names its columns column1, column2, ...
_CLAIM_HEAD: Final = (
    "UPDATE job SET state = 'running', owner = v.column2, run = run + 1, started = v.column3,"
    " device = v.column4, cancel_wanted = 0 FROM"
)
_CLAIM_TAIL: Final = "WHERE job.seq = v.column1 AND job.state = 'queued'"
_FINISH_HEAD: Final = (
    "UPDATE job SET state = v.column4, owner = NULL, finished = v.column5, error = v.column6,"
    " nodes = v.column7, cancel_wanted = 0 FROM"
)
_FINISH_TAIL: Final = (
    "WHERE job.seq = v.column1 AND job.state = 'running' AND job.run = v.column2"
    " AND job.owner = v.column3"
)
_INSERT_OUTPUT: Final = "INSERT INTO output (job, place, node, idx, item, name, mime, sha, bytes)"


@dataclass(frozen=True, slots=True)
class Submit:
    """A job to be stored, unless `queue_limit` jobs wait."""

    job: NewJob
    queue_limit: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Jobs that are to run on a device."""

    ids: tuple[str, ...]
    device: str | None


@dataclass(frozen=True, slots=True)
class Append:
    """Events of an attempt."""

    job: str
    run: int
    events: Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of an attempt."""

    job: str
    run: int
    state: State
    events: Sequence[tuple[str, dict[str, Any]]]
    outputs: Sequence[OutputRow]
    nodes: dict[str, Any]
    error: dict[str, Any] | None


class LostRaceError(RuntimeError):
    """A transition found another state than the one just read. With one writer: a defect."""


def content_digest(job: NewJob) -> bytes:
    """What the repeat of a submission must have in common with the first."""
    if job.asked is not None:
        return job.asked
    parts = (
        job.workflow, job.parameters, job.targets, job.priority, job.deadline_s, job.webhook,
        job.label, job.workflow_name,
    )  # fmt: skip
    return sha256(to_json(parts).encode()).digest()[:16]


def submit(transaction: Transaction, calls: list[Submit]) -> list[Any]:
    """Store jobs as queued. Answers: (row, whether it is new), or ApiError 409 or 429."""
    known = _known_keys(transaction, calls)
    counters = transaction.counters
    recounted = False
    rows: list[tuple[Any, ...]] = []
    answers: list[Any] = []
    for call in calls:
        job = call.job
        digest = None
        if job.idempotency_key is not None:
            digest = content_digest(job)
            first = known.get(job.idempotency_key)
            if first is not None:
                same = first[0] == digest
                answers.append((first[1], False) if same else key_conflict(job.idempotency_key))
                continue
        if counters.waiting >= call.queue_limit and not recounted:
            sql = "SELECT count(*) FROM job WHERE state = 'queued'"
            counters.waiting = transaction.one(sql)[0] + len(rows)
            recounted = True
        if counters.waiting >= call.queue_limit:
            answers.append(
                ApiError(429, "queue_full", f"{call.queue_limit} jobs wait already; try later",
                         headers={"Retry-After": "5"})
            )  # fmt: skip
            continue
        graph = transaction.graph(job.workflow)
        counters.waiting += 1
        counters.seq += 1
        counters.position += 1
        deadline = max(0.001, round(job.deadline_s, 3)) if job.deadline_s is not None else None
        rows.append(
            (
                counters.seq, job.id, "queued", job.priority, counters.position, transaction.now,
                deadline, job.webhook, job.label, job.workflow_name, graph,
                json_or_none(job.parameters), json_or_none(job.targets), job.idempotency_key,
                digest,
            )
        )  # fmt: skip
        data: dict[str, Any] = {"priority": job.priority}
        if job.label is not None:
            data["label"] = job.label
        event = transaction.tell(counters.seq, job.id, "queued", data)
        row = JobRow(
            job.id, "queued", job.priority, counters.position, transaction.now, None, None, 0, 0,
            False, deadline, job.webhook, job.label, job.workflow_name, None, None, {},
            event.number,
        )  # fmt: skip
        if job.idempotency_key is not None and digest is not None:
            known[job.idempotency_key] = (digest, row)
        answers.append((row, True))
    transaction.insert(_INSERT_JOB, rows)
    return answers


def _known_keys(
    transaction: Transaction, calls: list[Submit]
) -> dict[str, tuple[bytes | None, JobRow]]:
    """The digest and the job of each idempotency key that was used before."""
    keys = [call.job.idempotency_key for call in calls if call.job.idempotency_key is not None]
    if not keys:
        return {}
    found = transaction.execute(
        "SELECT idem_key, idem_digest, id FROM job"
        " WHERE idem_key IN (SELECT value FROM json_each(?))",
        (id_list(keys),),
    ).fetchall()
    if not found:
        return {}
    jobs = held_jobs(transaction, [id_ for _, _, id_ in found])
    return {key: (digest, jobs[id_].row) for key, digest, id_ in found}


def key_conflict(key: str | None) -> ApiError:
    """409: the key belongs to another submission."""
    return ApiError(
        409,
        "idempotency_conflict",
        f"the Idempotency-Key {key!r} was used before for another submission",
    )


def claim(transaction: Transaction, calls: list[Claim]) -> list[list[JobRow]]:
    """Queued jobs begin to run, each for the first who asks. Answers: the rows of those."""
    jobs = held_jobs(transaction, [id_ for call in calls for id_ in call.ids])
    changes: list[tuple[Any, ...]] = []
    answers: list[list[JobRow]] = []
    for call in calls:
        rows: list[JobRow] = []
        for id_ in call.ids:
            job = jobs.pop(id_, None)
            if job is None or job.row.state != "queued":
                continue
            changes.append((job.seq, transaction.counters.boot, transaction.now, call.device))
            data: dict[str, Any] = {"attempt": job.row.attempts + 1}
            if call.device is not None:
                data["device"] = call.device
            event = transaction.tell(job.seq, id_, "started", data)
            rows.append(
                changed(job, "running", event.number, run=job.row.run + 1,
                        started=transaction.now, device=call.device, cancel_wanted=False)
            )  # fmt: skip
        answers.append(rows)
    if transaction.many(_CLAIM_HEAD, _CLAIM_TAIL, changes) != len(changes):
        raise LostRaceError("claim")
    return answers


def append(transaction: Transaction, calls: list[Append]) -> list[list[EventRow]]:
    """Store events of attempts that still run. Answers: the events; none of a stale attempt."""
    jobs = _running(transaction, calls)
    return [_told(transaction, jobs.get((call.job, call.run)), call) for call in calls]


def finish(
    transaction: Transaction, calls: list[Finish]
) -> list[tuple[JobRow | None, list[EventRow]]]:
    """End attempts: events, outputs, state. Answers: (None, []) for a stale attempt."""
    jobs = held_jobs(transaction, [call.job for call in calls])
    changes: list[tuple[Any, ...]] = []
    outputs: list[tuple[Any, ...]] = []
    answers: list[tuple[JobRow | None, list[EventRow]]] = []
    for call in calls:
        job = jobs.get(call.job)
        if job is None or not _runs(transaction, job, call.run):
            answers.append((None, []))
            continue
        del jobs[call.job]
        changes.append(
            (job.seq, call.run, transaction.counters.boot, call.state, transaction.now,
             json_or_none(call.error), json_or_none(call.nodes))
        )  # fmt: skip
        outputs += (
            (job.seq, place, row.node, row.index, to_json(row.item), row.name, row.mime,
             bytes.fromhex(row.sha256) if row.sha256 else None, row.bytes)
            for place, row in enumerate(call.outputs)
        )  # fmt: skip
        told = _told(transaction, job.seq, call)
        data: dict[str, Any] = {
            "status": call.state,
            "seconds": round(transaction.now - (job.row.started or transaction.now), 3),
        }
        if call.error:
            data["error"] = call.error
        last = transaction.tell(job.seq, call.job, "finished", data)
        row = changed(job, call.state, last.number, finished=transaction.now, error=call.error,
                      nodes=call.nodes, cancel_wanted=False)  # fmt: skip
        answers.append((row, [*told, last]))
    if transaction.many(_FINISH_HEAD, _FINISH_TAIL, changes) != len(changes):
        raise LostRaceError("finish")
    transaction.insert(_INSERT_OUTPUT, outputs)
    return answers


def _runs(transaction: Transaction, job: Held, run: int) -> bool:
    """Whether this is the attempt that runs: every other one's word counts nothing."""
    return (
        job.row.state == "running" and job.row.run == run and job.owner == transaction.counters.boot
    )


def _running(transaction: Transaction, calls: list[Append]) -> dict[tuple[str, int], int]:
    """The numbers of the jobs that run in this start, by (id, run)."""
    found = transaction.execute(
        "SELECT json_group_array(json_array(id, run, seq)) FROM job WHERE state = 'running'"
        " AND owner = ? AND id IN (SELECT value FROM json_each(?))",
        (transaction.counters.boot, id_list(call.job for call in calls)),
    ).fetchone()[0]
    return {(id_, run): seq for id_, run, seq in json.loads(found)}


def _told(transaction: Transaction, seq: int | None, call: Append | Finish) -> list[EventRow]:
    if seq is None:
        return []
    return [transaction.tell(seq, call.job, event, data) for event, data in call.events]
