"""Between the database's columns and the rows that the server sees."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from weft_web.store.records import EventRow, JobRow, OutputRow, State
from weft_web.store.transaction import Transaction, id_list

# JSON writes a real with 15 digits, which is enough for times, but not for a position.
_COLUMNS: Final = (
    "job.seq, job.id, state, priority, {position}, created, started, finished, run, attempts,"
    " cancel_wanted, deadline_s, webhook, label, workflow_name, device, error, nodes, owner"
)
_LAST: Final = "(SELECT max(number) FROM event WHERE event.job = job.seq)"
JOB: Final = f"SELECT {_COLUMNS.format(position='position')}, {_LAST} FROM job"
_EXACT = _COLUMNS.format(position="format('%!.17g', position)")
_MANY: Final = (
    f"SELECT json_group_array(json_array({_EXACT}, {_LAST})) FROM job"
    " WHERE job.id IN (SELECT value FROM json_each(?))"
)
EVENT: Final = (
    "SELECT event.number, coalesce(job.id, event.gone), event.time, event.event, event.data"
    " FROM event LEFT JOIN job ON job.seq = event.job"
)


@dataclass(frozen=True, slots=True)
class Held:
    """A job in the writer's hands: its row, its number, and which start runs it."""

    seq: int
    row: JobRow
    owner: int | None


def held(values: Any) -> Held:
    """From the columns of JOB."""
    (
        seq, id_, state, priority, position, created, started, finished, run, attempts,
        cancel_wanted, deadline_s, webhook, label, workflow_name, device, error, nodes, owner, last,
    ) = values  # fmt: skip
    row = JobRow(
        id_,
        state,
        priority,
        float(position),
        created,
        started,
        finished,
        run,
        attempts,
        bool(cancel_wanted),
        deadline_s,
        webhook,
        label,
        workflow_name,
        device,
        json.loads(error) if error else None,
        json.loads(nodes) if nodes else {},
        last or 0,
    )
    return Held(seq, row, owner)


def job_row(values: Any) -> JobRow:
    """From the columns of JOB."""
    return held(values).row


def held_jobs(transaction: Transaction, ids: Iterable[str]) -> dict[str, Held]:
    """Jobs by id, read with one statement and as one row."""
    found: str = transaction.one(_MANY, (id_list(ids),))[0]
    return {one.row.id: one for one in map(held, json.loads(found))}


def held_job(transaction: Transaction, id_: str) -> Held | None:
    """One job."""
    values = transaction.one(f"{JOB} WHERE job.id = ?", (id_,))
    return held(values) if values else None


def changed(job: Held, state: State, last_event: int, **fields: Any) -> JobRow:
    """A job's row after a transition."""
    return replace(job.row, state=state, last_event=last_event, **fields)


def event_row(values: Any) -> EventRow:
    """From the columns of EVENT."""
    number, job, time, event, data = values
    return EventRow(number, job, time, event, json.loads(data) if data else {})


def output_row(values: Any) -> OutputRow:
    """From node, idx, item, name, mime, sha, bytes."""
    node, index, item, name, mime, sha, size = values
    return OutputRow(node, index, json.loads(item), name, mime, sha.hex() if sha else None, size)


def is_text(*values: str | None) -> bool:
    """Whether texts can be stored: half a surrogate pair, which JSON can bring, cannot."""
    try:
        for value in values:
            if value is not None and not value.isascii():
                value.encode()
    except UnicodeEncodeError:
        return False
    return True


def seq_of(connection: sqlite3.Connection, id_: str) -> int | None:
    """A job's number inside."""
    found = connection.execute("SELECT seq FROM job WHERE id = ?", (id_,)).fetchone()
    return found[0] if found else None
