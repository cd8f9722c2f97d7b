"""The other ways of a job from state to state, one job at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from weft_web.errors import ApiError, conflict, not_found
from weft_web.store.records import JobRow, State
from weft_web.store.rows import JOB, Held, changed, held, held_job
from weft_web.store.transaction import Transaction, json_or_none

FINAL: Final[tuple[State, ...]] = ("done", "failed", "cancelled", "quarantined")
AGAIN: Final[tuple[State, ...]] = ("failed", "cancelled", "quarantined")
RECENT_S: Final = 300.0
# Two places closer than this are taken for one; the queue is then numbered anew.
_CLOSE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a start found.

    unclean_starts_recent: starts within five minutes, this one included, before which the server
        had not been stopped properly.
    """

    requeued: list[JobRow] = field(default_factory=list)
    quarantined: list[JobRow] = field(default_factory=list)
    cancelled: list[JobRow] = field(default_factory=list)
    unclean_starts_recent: int = 0


def _job(transaction: Transaction, id_: str) -> Held:
    job = held_job(transaction, id_)
    if job is None:
        raise not_found("job", id_)
    return job


def _attempt(transaction: Transaction, id_: str, run: int) -> Held | None:
    """The job, if this is the attempt that runs."""
    job = held_job(transaction, id_)
    if job is None or job.row.state != "running" or job.row.run != run:
        return None
    return job if job.owner == transaction.counters.boot else None


def _moved_on(
    transaction: Transaction,
    job: Held,
    state: State,
    event: str,
    data: dict[str, Any],
    **fields: Any,
) -> JobRow:
    """Take a job from the state that was read to another, and tell it."""
    if state == "queued":
        transaction.counters.waiting += 1
    told = transaction.tell(job.seq, job.row.id, event, data)
    row = changed(job, state, told.number, cancel_wanted=False, **fields)
    count = transaction.execute(
        "UPDATE job SET state = ?, owner = NULL, attempts = ?, position = ?, started = ?,"
        " finished = ?, device = ?, error = ?, nodes = ?, cancel_wanted = 0"
        " WHERE seq = ? AND state = ? AND run = ? AND owner IS ?",
        (
            state, row.attempts, row.position, row.started, row.finished, row.device,
            json_or_none(row.error), json_or_none(row.nodes), job.seq, job.row.state, job.row.run,
            job.owner,
        ),
    ).rowcount  # fmt: skip
    if count != 1:
        raise RuntimeError(f"job {job.row.id} is not {job.row.state} any more")
    return row


def _cancelled(transaction: Transaction, job: Held) -> JobRow:
    return _moved_on(transaction, job, "cancelled", "cancelled", {}, finished=transaction.now)


def _queued_again(transaction: Transaction, job: Held, reason: str, **fields: Any) -> JobRow:
    """Back into the queue, at its old place."""
    data = {"reason": reason}
    return _moved_on(
        transaction, job, "queued", "requeued", data, started=None, device=None, **fields
    )


def release(transaction: Transaction, id_: str, run: int, reason: str) -> JobRow | None:
    """A running job waits again, through no fault of its own. None for a stale attempt."""
    job = _attempt(transaction, id_, run)
    if job is None:
        return None
    if job.row.cancel_wanted:
        return _cancelled(transaction, job)
    return _queued_again(transaction, job, reason)


def lost(
    transaction: Transaction, id_: str, run: int, max_attempts: int, error: dict[str, Any]
) -> JobRow | None:
    """The process of a running job died: another attempt, or quarantine. None for a stale one."""
    job = _attempt(transaction, id_, run)
    return _died(transaction, job, max_attempts, error) if job else None


def _died(transaction: Transaction, job: Held, max_attempts: int, error: dict[str, Any]) -> JobRow:
    attempts = job.row.attempts + 1
    if job.row.cancel_wanted:
        return _cancelled(transaction, job)
    if attempts < max_attempts:
        reason = str(error.get("message", "its process died"))
        return _queued_again(transaction, job, reason, attempts=attempts)
    return _moved_on(
        transaction, job, "quarantined", "quarantined", {"attempts": attempts, "error": error},
        finished=transaction.now, attempts=attempts, error=error,
    )  # fmt: skip


def cancel(transaction: Transaction, id_: str) -> JobRow:
    """Cancel a waiting job; note the wish for a running one. 409 for one that has ended."""
    job = _job(transaction, id_)
    if job.row.state == "queued":
        return _cancelled(transaction, job)
    if job.row.state != "running":
        raise conflict(f"job {id_} has ended as {job.row.state}", state=job.row.state)
    transaction.execute(
        "UPDATE job SET cancel_wanted = 1 WHERE seq = ? AND state = 'running' AND run = ?",
        (job.seq, job.row.run),
    )
    return changed(job, "running", job.row.last_event, cancel_wanted=True)


def retry(transaction: Transaction, id_: str) -> JobRow:
    """A job that ended without success waits again, last in the queue. Else 409."""
    job = _job(transaction, id_)
    if job.row.state not in AGAIN:
        raise conflict(
            f"job {id_} is {job.row.state}; only one that is {', '.join(AGAIN)} can be retried",
            state=job.row.state,
        )
    transaction.execute("DELETE FROM output WHERE job = ?", (job.seq,))
    transaction.counters.position += 1
    return _queued_again(
        transaction, job, "retry", attempts=0, finished=None, error=None, nodes={},
        position=transaction.counters.position,
    )  # fmt: skip


def delete(transaction: Transaction, id_: str) -> None:
    """Forget a job that has ended. 409 for one that has not."""
    job = _job(transaction, id_)
    if job.row.state not in FINAL:
        raise conflict(f"job {id_} is {job.row.state}; cancel it first", state=job.row.state)
    transaction.flush()  # what was told of the job goes with it
    transaction.execute("DELETE FROM job WHERE seq = ?", (job.seq,))
    transaction.tell(None, id_, "deleted", {})


def prune(transaction: Transaction, ids: Sequence[str], before: float) -> int:
    """Delete those of the jobs that ended before a time; how many they were."""
    count = 0
    for id_ in ids:
        job = held_job(transaction, id_)
        if job is None or job.row.state not in FINAL or (job.row.finished or before) >= before:
            continue
        delete(transaction, id_)
        count += 1
    return count


def recover(transaction: Transaction, max_attempts: int) -> Recovery:
    """Jobs that ran when an earlier start of the server ended."""
    boot = transaction.counters.boot
    recovery = Recovery(
        unclean_starts_recent=transaction.one(
            "SELECT count(*) FROM boot WHERE unclean AND started > ?", (transaction.now - RECENT_S,)
        )[0]
    )
    found = transaction.execute(
        f"{JOB} WHERE state = 'running' AND owner <> ? ORDER BY priority DESC, position", (boot,)
    ).fetchall()
    error = {"kind": "worker_died", "message": "the server stopped while it ran"}
    for job in map(held, found):
        row = _died(transaction, job, max_attempts, error)
        kept = {"queued": recovery.requeued, "quarantined": recovery.quarantined}
        kept.get(row.state, recovery.cancelled).append(row)
    return recovery


def close(transaction: Transaction, reason: str = "the server stopped") -> None:
    """Note that this start ended properly; what still runs waits again."""
    boot = transaction.counters.boot
    running = transaction.execute(
        f"{JOB} WHERE state = 'running' AND owner = ?", (boot,)
    ).fetchall()
    for job in map(held, running):
        release(transaction, job.row.id, job.row.run, reason)
    transaction.execute("UPDATE boot SET closed = ? WHERE number = ?", (transaction.now, boot))
    transaction.execute("DELETE FROM boot WHERE number < ? - 100", (boot,))


# --- the order of the queue ---------------------------------------------------------------------


def move(
    transaction: Transaction,
    id_: str,
    to: str | None,
    before: str | None,
    priority: int | None,
) -> JobRow:
    """Put a waiting job elsewhere: first, last, before another one, or to another priority.

    "front" and "back" are of the whole queue, so the job takes the priority it has there.
    """
    job = _job(transaction, id_)
    if job.row.state != "queued":
        raise conflict(f"job {id_} is {job.row.state}, and not in the queue", state=job.row.state)
    if to is not None:
        place = _end(transaction, job, to)
    elif before is not None:
        place = _before(transaction, job, before)
    elif priority is not None:
        transaction.counters.position += 1
        place = priority, transaction.counters.position
    else:
        _nowhere()
    return _placed(transaction, job, *place)


def _nowhere() -> NoReturn:
    raise ApiError(400, "invalid_request", "expected one of `to`, `before` and `priority`")


def _end(transaction: Transaction, job: Held, to: str) -> tuple[int, float]:
    """Before or after all others."""
    if to == "front":
        order, step = "priority DESC, position", -1
    else:
        order, step = "priority ASC, position DESC", 1
    found = transaction.one(
        "SELECT priority, position FROM job INDEXED BY job_queue WHERE state = 'queued'"
        f" ORDER BY {order} LIMIT 1"
    )
    priority, position = found
    counters = transaction.counters
    if to == "back":
        counters.position = max(counters.position, position) + 1
        return priority, counters.position
    return priority, position + step


def _before(transaction: Transaction, job: Held, other: str) -> tuple[int, float]:
    """Between another job and the one before it."""
    target = _job(transaction, other)
    if target.row.state != "queued":
        raise conflict(f"job {other} is {target.row.state}, and not in the queue")
    if target.seq == job.seq:
        return job.row.priority, job.row.position
    place = _between(transaction, job, target)
    if place is None:
        _renumber(transaction, target.row.priority)
        place = _between(transaction, job, _job(transaction, other))
    assert place is not None  # whole numbers have room between them
    return target.row.priority, place


def _between(transaction: Transaction, job: Held, target: Held) -> float | None:
    """A place just before the target; None where there is no room for one."""
    previous = transaction.one(
        "SELECT max(position) FROM job"
        " WHERE state = 'queued' AND priority = ? AND position < ? AND seq <> ?",
        (target.row.priority, target.row.position, job.seq),
    )[0]
    if previous is None:
        return target.row.position - 1
    middle: float = (previous + target.row.position) / 2
    if min(middle - previous, target.row.position - middle) < _CLOSE:
        return None
    return middle


def _renumber(transaction: Transaction, priority: int) -> None:
    """Give the waiting jobs of a priority places with room between them, in the same order."""
    found = transaction.execute(
        f"{JOB} WHERE state = 'queued' AND priority = ? ORDER BY position", (priority,)
    ).fetchall()
    for job in map(held, found):
        transaction.counters.position += 1
        _placed(transaction, job, priority, transaction.counters.position)


def _placed(transaction: Transaction, job: Held, priority: int, position: float) -> JobRow:
    data = {"priority": priority, "position": position}
    told = transaction.tell(job.seq, job.row.id, "moved", data)
    transaction.execute(
        "UPDATE job SET priority = ?, position = ? WHERE seq = ? AND state = 'queued'",
        (priority, position, job.seq),
    )
    return changed(job, "queued", told.number, priority=priority, position=position)
