"""One transaction of the writer, with what it counts in memory and the events it will tell."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from weft_web.store.records import EventRow

_CHUNK: Final = 64  # rows of one INSERT
_GRAPHS: Final = 4096  # graphs whose numbers are remembered
_EVENT: Final = "INSERT INTO event (number, job, time, event, data, gone)"

_encode = json.JSONEncoder(separators=(",", ":")).encode


def to_json(value: Any) -> str:
    """Compact JSON, in ASCII: half a surrogate pair in a text must not stop a write."""
    return _encode(value)


def json_or_none(value: Mapping[str, Any] | Sequence[Any] | None) -> str | None:
    """Compact JSON; nothing is stored for what is empty."""
    return _encode(value) if value else None


@cache
def _values(head: str, width: int, count: int, tail: str) -> str:
    row = f"({','.join('?' * width)})"
    return f"{head} (VALUES {','.join([row] * count)}) AS v {tail}"


@dataclass(slots=True)
class Counters:
    """What the only writer may count in memory. A transaction works on a copy of its own.

    boot: this start's number. waiting: at least as many jobs as wait.
    """

    boot: int
    seq: int
    event: int
    position: float
    waiting: int
    graphs: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: sqlite3.Connection, boot: int) -> Counters:
        """As the database has them."""
        sequences = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
        position, waiting = connection.execute(
            "SELECT (SELECT max(position) FROM job WHERE state IN ('queued', 'running')),"
            " (SELECT count(*) FROM job WHERE state = 'queued')"
        ).fetchone()
        return cls(boot, sequences.get("job", 0), sequences.get("event", 0), position or 0, waiting)


class Transaction:
    """What a write may do. Events told here are stored at the end, and published after the commit.

    now: the time of everything in this transaction, in whole milliseconds.
    """

    __slots__ = ("_flushed", "connection", "counters", "events", "now")

    def __init__(self, connection: sqlite3.Connection, counters: Counters, now: float) -> None:
        self.connection = connection
        self.counters = replace(counters)
        self.now = now
        self.events: list[tuple[int | None, EventRow]] = []
        self._flushed = 0

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """One statement."""
        return self.connection.execute(sql, values)

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first row, or None."""
        return self.connection.execute(sql, values).fetchone()

    def many(self, head: str, tail: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run `head (VALUES rows) AS v tail` with few statements; how many rows it changed.

        A statement gives up the interpreter's lock and must win it back from the event loop,
        which costs far more than the statement. So many rows go into one, filled up with rows of
        NULL, which `tail` must leave out, so that few different statements are ever prepared.
        """
        changed = 0
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            width = len(part[0])
            count = 1 << (len(part) - 1).bit_length()
            values = list(chain.from_iterable(part))
            values += [None] * (width * (count - len(part)))
            sql = _values(head, width, count, tail)
            changed += self.connection.execute(sql, values).rowcount
        return changed

    def insert(self, head: str, rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows whose first column is never NULL; how many there are then."""
        return self.many(f"{head} SELECT * FROM", "WHERE v.column1 IS NOT NULL", rows)

    def tell(self, seq: int | None, job: str, event: str, data: dict[str, Any]) -> EventRow:
        """Add an event. `seq` is None where the job is no more."""
        self.counters.event += 1
        row = EventRow(self.counters.event, job, self.now, event, data)
        self.events.append((seq, row))
        return row

    def flush(self) -> None:
        """Store the events told so far."""
        waiting = self.events[self._flushed :]
        self._flushed = len(self.events)
        self.insert(
            _EVENT,
            [
                (
                    row.number,
                    seq,
                    row.time,
                    row.event,
                    json_or_none(row.data),
                    row.job if seq is None else None,
                )
                for seq, row in waiting
            ],
        )

    def graph(self, text: str) -> int:
        """The number of a graph's text, stored if it is new."""
        digest = sha256(text.encode()).digest()
        known = self.counters.graphs
        number = known.get(digest)
        if number is not None:
            return number
        self.execute("INSERT OR IGNORE INTO graph (sha, text) VALUES (?, ?)", (digest, text))
        number = int(self.one("SELECT number FROM graph WHERE sha = ?", (digest,))[0])
        if len(known) >= _GRAPHS:
            known.clear()
        known[digest] = number
        return number

    def forget_graphs(self) -> None:
        """Nothing is known of the graphs: some may have gone."""
        self.counters.graphs.clear()


def id_list(ids: Iterable[str]) -> str:
    """Ids as the one value of `IN (SELECT value FROM json_each(?))`."""
    return _encode(list(ids))
