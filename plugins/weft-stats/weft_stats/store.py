"""Where the counts are kept: an SQLite file that any number of processes add to.

One row for a day, and one for a day and a node type; beside the days there are the sums of all
time, which stay when old days are dropped. That bounds the file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from weft import InputError, plugin_data_dir
from weft_stats.counts import KEPT_DAYS, NodeCount, RunCount, Tally

log = logging.getLogger("weft.stats")
VERSION = 1
EVER = "ever"  # stands for a day in the rows of all time; sorts after every day
READ_WAIT = 2.0  # seconds to wait for others when reading or clearing
TABLES = """
CREATE TABLE runs (
    day TEXT PRIMARY KEY, done INTEGER, failed INTEGER, cancelled INTEGER, seconds REAL
) WITHOUT ROWID;
CREATE TABLE nodes (
    day TEXT, type TEXT, ran INTEGER, cached INTEGER, failed INTEGER,
    seconds REAL, longest REAL, bytes INTEGER, PRIMARY KEY (day, type)
) WITHOUT ROWID;
"""
ADD_RUN = """
INSERT INTO runs VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    done = done + excluded.done, failed = failed + excluded.failed,
    cancelled = cancelled + excluded.cancelled, seconds = seconds + excluded.seconds
"""
ADD_NODE = """
INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    ran = ran + excluded.ran, cached = cached + excluded.cached, failed = failed + excluded.failed,
    seconds = seconds + excluded.seconds, longest = max(longest, excluded.longest),
    bytes = bytes + excluded.bytes
"""
OLD_DAYS = "SELECT day FROM runs WHERE day != ? ORDER BY day DESC LIMIT -1 OFFSET ?"


def default_path() -> Path:
    """Where the statistics are. Raises InputError."""
    return plugin_data_dir("stats") / "stats.sqlite"


class Store:
    """The file, opened when it is first written to. Use it from one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._owner = (0, 0)  # the process and the file that the connection belongs to

    def add(self, tally: Tally, wait: float) -> None:
        """Add to what is kept, all of it or nothing.

        wait: seconds to wait where others write. A damaged file is put aside, and a new one begun.
        Raises OSError, sqlite3.Error or InputError where it cannot be written.
        """
        deadline = time.monotonic() + wait
        while True:
            try:
                self._add(tally, max(0.0, deadline - time.monotonic()))
                return
            except sqlite3.DatabaseError as error:
                if _is(error, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    self._put_aside()
                elif not _is(error, sqlite3.SQLITE_BUSY):
                    raise
                if time.monotonic() >= deadline:
                    raise
                # Switching to WAL does not wait by itself.
                time.sleep(0.005)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None and self._owner[0] == os.getpid():
            self._connection.close()
        self._connection = None

    def _add(self, tally: Tally, wait: float) -> None:
        connection = self._connected(wait)
        connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
        with _transaction(connection):
            for day, run in tally.runs.items():
                ended = (run.done, run.failed, run.cancelled, run.seconds)
                connection.executemany(ADD_RUN, [(day, *ended), (EVER, *ended)])
            for (day, type_id), one in tally.nodes.items():
                values = (one.ran, one.cached, one.failed, one.seconds, one.longest, one.bytes)
                rows = [(day, type_id, *values), (EVER, type_id, *values)]
                connection.executemany(ADD_NODE, rows)
            _drop_old_days(connection)

    def _connected(self, wait: float) -> sqlite3.Connection:
        """The open file: this process's own, and the one that is there now."""
        here = (os.getpid(), _inode(self.path))
        if self._connection is not None and self._owner == here:
            return self._connection
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        made = sqlite3.connect(
            self.path, timeout=wait, isolation_level=None, check_same_thread=False
        )
        self._owner = (os.getpid(), _inode(self.path))
        try:
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = NORMAL")  # no waiting for the disk at each job
            _prepare(made, self.path)
        except BaseException:
            made.close()
            raise
        self._connection = made
        return made

    def _put_aside(self) -> None:
        """Rename a damaged file, unless another process has done so."""
        inode = self._owner[1]
        self.close()
        if _inode(self.path) == inode:
            aside = self.path.with_suffix(".damaged")
            self.path.replace(aside)
            _remove_beside(self.path)
            log.warning("the statistics were damaged and begin anew; the old file is %s", aside)


def read(path: Path, first: str, last: str) -> Tally:
    """What is kept of the days from first to last; of all time where both are EVER.

    Raises InputError where the file cannot be read. Nothing is made where there is none.
    """
    if not path.exists():
        return Tally()
    try:
        with _reading(path) as connection:
            if _version(connection, path) == 0:
                return Tally()  # another process is about to make it
            runs = connection.execute(
                "SELECT * FROM runs WHERE day BETWEEN ? AND ? ORDER BY day", (first, last)
            ).fetchall()
            nodes = connection.execute(
                "SELECT * FROM nodes WHERE day BETWEEN ? AND ?", (first, last)
            ).fetchall()
    except sqlite3.Error as error:
        raise InputError(
            f"the statistics in {path} cannot be read: {error}; `weft stats --clear` begins anew"
        ) from error
    return Tally(
        {day: RunCount(*values) for day, *values in runs},
        {(day, type_id): NodeCount(*values) for day, type_id, *values in nodes},
    )


def clear(path: Path) -> None:
    """Forget everything that is kept. Raises InputError where that cannot be done now."""
    path.with_suffix(".damaged").unlink(missing_ok=True)
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=READ_WAIT, isolation_level=None)) as connection:
            _prepare(connection, path)
            with _transaction(connection):
                connection.execute("DELETE FROM runs")
                connection.execute("DELETE FROM nodes")
            connection.execute("VACUUM")
    except sqlite3.DatabaseError as error:
        if not _is(error, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise InputError(f"the statistics in {path} cannot be cleared: {error}") from error
        path.unlink(missing_ok=True)
        _remove_beside(path)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that sees one state of the file, and cannot change it."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=READ_WAIT, isolation_level=None)) as made:
        made.execute("BEGIN")
        yield made


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already.
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file. Raises InputError for one of another version."""
    if _version(connection, path) == 0:
        with _transaction(connection):
            if _version(connection, path) == 0:  # another process may have been faster
                for statement in TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        raise InputError(
            f"{path} is of version {found}, and this weft-stats knows {VERSION}: update weft-stats"
        )
    return found


def _drop_old_days(connection: sqlite3.Connection) -> None:
    # By their number, not by today's date: a clock that was wrong once must not cost a year.
    for (day,) in connection.execute(OLD_DAYS, (EVER, KEPT_DAYS)).fetchall():
        connection.execute("DELETE FROM runs WHERE day = ?", (day,))
        connection.execute("DELETE FROM nodes WHERE day = ?", (day,))


def _is(error: sqlite3.Error, *codes: int) -> bool:
    # Extended codes have the plain one in their lowest byte.
    return getattr(error, "sqlite_errorcode", -1) & 0xFF in codes


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _remove_beside(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
