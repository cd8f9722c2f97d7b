"""What readers ask of the database. Every function takes a connection and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from weft_web.errors import ApiError
from weft_web.store.records import EventRow, JobRow, OutputRow, State
from weft_web.store.rows import EVENT, JOB, event_row, is_text, job_row, output_row, seq_of
from weft_web.store.transaction import id_list

_STATES: Final[tuple[State, ...]] = (
    "queued",
    "running",
    "done",
    "failed",
    "cancelled",
    "quarantined",
)
UNUSED_GRAPH: Final = (
    "NOT EXISTS (SELECT 1 FROM job WHERE job.graph = graph.number)"
    " AND NOT EXISTS (SELECT 1 FROM revision WHERE revision.graph = graph.number)"
)
_OUTPUT: Final = "node, idx, item, output.name, mime, sha, bytes"


def job(connection: sqlite3.Connection, id_: str) -> JobRow | None:
    """One job."""
    if not is_text(id_):
        return None
    values = connection.execute(f"{JOB} WHERE job.id = ?", (id_,)).fetchone()
    return job_row(values) if values else None


def queued(connection: sqlite3.Connection) -> list[JobRow]:
    """The waiting jobs in the order in which they will run."""
    sql = f"{JOB} INDEXED BY job_queue WHERE state = 'queued' ORDER BY priority DESC, position"
    return [job_row(one) for one in connection.execute(sql)]


def jobs(
    connection: sqlite3.Connection,
    states: Sequence[str] | None,
    limit: int,
    before: str | None,
    workflow: str | None = None,
) -> tuple[list[JobRow], str | None]:
    """A page of jobs, newest first, and where the next begins."""
    start = _cursor(before)
    wanted = sorted(set(states)) if states else None
    if workflow is not None:
        if not is_text(workflow):
            return [], None
        states_in = "" if wanted is None else " AND state IN (SELECT value FROM json_each(?))"
        found = connection.execute(
            f"{JOB} WHERE workflow_name = ? AND seq < ?{states_in} ORDER BY seq DESC LIMIT ?",
            (workflow, start, *([] if wanted is None else [id_list(wanted)]), limit + 1),
        ).fetchall()
    elif wanted is None:
        found = connection.execute(
            f"{JOB} WHERE seq < ? ORDER BY seq DESC LIMIT ?", (start, limit + 1)
        ).fetchall()
    else:
        # Of each state the newest, from its index: a rare one is found without reading all.
        newest = "SELECT seq FROM job WHERE state = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
        each = f"SELECT * FROM ({newest})"
        values: list[Any] = [one for state in wanted for one in (state, start, limit + 1)]
        found = connection.execute(
            f"{JOB} WHERE seq IN ({' UNION ALL '.join([each] * len(wanted))})"
            " ORDER BY seq DESC LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
    more = len(found) > limit
    return [job_row(one) for one in found[:limit]], str(found[limit - 1][0]) if more else None


def _cursor(before: str | None) -> int:
    if before is None:
        return 2**62
    if not (before.isascii() and before.isdecimal() and len(before) < 19):
        raise ApiError(400, "invalid_cursor", "expected `before` as a page gave it in `next`")
    return int(before)


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many jobs there are in each state."""
    found = dict(connection.execute("SELECT state, count(*) FROM job GROUP BY state"))
    return {state: found.get(state, 0) for state in _STATES}


def contents(
    connection: sqlite3.Connection, ids: Sequence[str]
) -> dict[str, tuple[str, str | None, str | None]]:
    """The graph's text, parameters and targets of jobs, by id."""
    found = connection.execute(
        "SELECT id, text, parameters, targets FROM job JOIN graph ON number = graph"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (id_list(ids),),
    )
    return {id_: (text, parameters, targets) for id_, text, parameters, targets in found}


def outputs(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, list[OutputRow]]:
    """What jobs made, by id, in the order in which it was made."""
    found: dict[str, list[OutputRow]] = {id_: [] for id_ in ids}
    rows = connection.execute(
        f"SELECT job.id, {_OUTPUT} FROM job JOIN output ON output.job = job.seq"
        " WHERE job.id IN (SELECT value FROM json_each(?)) ORDER BY output.job, place",
        (id_list(ids),),
    )
    for id_, *values in rows:
        found[id_].append(output_row(values))
    return found


def output_of(connection: sqlite3.Connection, sha256: bytes) -> OutputRow | None:
    """Any output with this content."""
    values = connection.execute(
        f"SELECT {_OUTPUT} FROM output WHERE sha = ? LIMIT 1", (sha256,)
    ).fetchone()
    return output_row(values) if values else None


def events(
    connection: sqlite3.Connection, since: int, job: str | None, limit: int
) -> list[EventRow]:
    """Events after a number, oldest first, of one job or of all."""
    if job is None:
        found = connection.execute(
            f"{EVENT} WHERE number > ? ORDER BY number LIMIT ?", (since, limit)
        )
        return [event_row(one) for one in found]
    if not is_text(job):
        return []
    seq = seq_of(connection, job)
    column, value = ("event.job", seq) if seq is not None else ("event.gone", job)
    found = connection.execute(
        f"{EVENT} WHERE {column} = ? AND number > ? ORDER BY number LIMIT ?", (value, since, limit)
    )
    return [event_row(one) for one in found]


def last_event(connection: sqlite3.Connection) -> int:
    """The number of the newest event, even if it was deleted."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
    return found[0] if found else 0


def finished_before(connection: sqlite3.Connection, before: float) -> list[str]:
    """Ids of jobs that ended before a time."""
    found = connection.execute(
        "SELECT id FROM job WHERE state IN ('done', 'failed', 'cancelled', 'quarantined')"
        " AND finished < ? ORDER BY seq",
        (before,),
    )
    return [id_ for (id_,) in found]


def running_since(connection: sqlite3.Connection) -> float | None:
    """When the oldest of the running jobs began."""
    found = connection.execute("SELECT min(started) FROM job WHERE state = 'running'").fetchone()
    since: float | None = found[0]
    return since


def unused(connection: sqlite3.Connection, digests: Sequence[str]) -> list[str]:
    """Those of the digests that no output and no upload has."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM output WHERE sha = ?1)"
        " OR EXISTS (SELECT 1 FROM upload WHERE sha = ?1)"
    )
    return [
        one for one in digests if not connection.execute(sql, (bytes.fromhex(one),)).fetchone()[0]
    ]


def unused_graphs(connection: sqlite3.Connection) -> list[int]:
    """Numbers of graphs that no job and no revision has."""
    found = connection.execute(f"SELECT number FROM graph WHERE {UNUSED_GRAPH}")
    return [number for (number,) in found]
