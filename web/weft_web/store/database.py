"""The database file: one writer thread that commits in groups, a few readers, a bounded WAL.

Everything that waits to be written when the writer is free goes into one transaction, so that
many clients share one fsync. A write is told of only after its commit. A group of which nothing
was promised waits for no fsync at all: `lag.py` says which. If a group fails, each of its writes
is tried in a transaction of its own, so that one that cannot be done harms nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from weft import InputError
from weft_web.errors import ApiError, StorageFullError
from weft_web.store import failpoints
from weft_web.store.lag import GAP, Lag
from weft_web.store.migrations import migrate
from weft_web.store.records import EventRow
from weft_web.store.reserve import Reserve
from weft_web.store.transaction import Counters, Transaction

T = TypeVar("T")
# Does several writes of one kind at once; a refusal is an answer like any other.
Bulk = Callable[[Transaction, list[Any]], Sequence[Any]]
Single = Callable[[Transaction], Any]

MIB: Final = 1024**2
GROUP: Final = 1024  # writes in one transaction
GROUP_BYTES: Final = 8 * MIB  # of large texts in one transaction, so that the WAL stays bounded
READERS: Final = 2
# A job writes 0.1 MiB of log, mostly of the same pages, and whoever submits during a checkpoint
# waits for it: so there is one in a hundred jobs.
WAL_KEPT: Final = 10 * MIB  # the file is cut to this when it starts anew
WAL_SOON: Final = 12 * MIB  # checkpoint when there is nothing else to do
WAL_NOW: Final = 24 * MIB  # checkpoint before the next write
WAL_LAST: Final = 40 * MIB  # wait for the readers too, so that it starts anew
LAST_WAIT_MS: Final = 500
# Writes that only add: refused first when there is little room.
GROWING: Final = frozenset({"submit", "save", "upload"})
_FULL: Final = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_FULL_ERRNO: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_log = logging.getLogger("weft.store")


def full(error: BaseException) -> bool:
    """Whether an error says that there is no room."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) in _FULL
    return isinstance(error, OSError) and error.errno in _FULL_ERRNO


@contextlib.contextmanager
def told_when_full() -> Iterator[None]:
    """Turn errors that mean "no room" into StorageFullError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if full(error):
            raise StorageFullError(f"there is no room to write: {error}") from error
        raise


@dataclass(slots=True)
class Write:
    """Something to be written. `rank` orders the bulk writes of a group; None: by itself.

    size: about how many bytes it writes, where they are many. events: how many events it tells at
    most, where a power cut may undo it; None where it may not.
    """

    kind: str
    call: Any
    argument: Any
    rank: int | None
    future: asyncio.Future[Any]
    size: int = 0
    events: int | None = None


class Database:
    """The one owner of a database file, for one event loop."""

    def __init__(self, path: Path, on_events: Callable[[list[EventRow]], None]) -> None:
        self._path = path
        self._wal = Path(f"{path}-wal")
        self._on_events = on_events
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._counters = Counters(0, 0, 0, 0, 0)
        self._lag = Lag()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._local = threading.local()
        self._reading: list[sqlite3.Connection] = []
        self._reserve = Reserve(path.with_name("reserve"))
        self._closed = False

    # --- opening and closing ---------------------------------------------------------------

    def open(self, boot: str) -> None:
        """Connect, migrate, note this start, and begin to write. Blocks; call it in a thread."""
        with told_when_full():
            try:
                self._connection = self._connect()
                migrate(self._connection)
                self._note_start(self._connection, boot)
            except BaseException:
                if self._connection is not None:
                    self._connection.close()
                raise
        self._has_room()
        self._thread.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=30,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "fullfsync = ON",  # macOS: an fsync that reaches the disk; nothing elsewhere
            "foreign_keys = ON",
            "busy_timeout = 30000",
            "wal_autocheckpoint = 0",
            f"journal_size_limit = {WAL_KEPT}",
            "cache_size = -8192",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _note_start(self, connection: sqlite3.Connection, boot: str) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            unclean = connection.execute(
                "SELECT count(*) FROM boot WHERE number = (SELECT max(number) FROM boot)"
                " AND closed IS NULL"
            ).fetchone()[0]
            if unclean:
                # What a power cut took may have been told: its numbers must not come again. Where
                # nothing was ever told durably there is no row, and nothing else was told either.
                connection.execute(
                    "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'event'", (GAP,)
                )
            number = connection.execute(
                "INSERT INTO boot (boot, started, unclean) VALUES (?, ?, ?)",
                (boot, round(time.time(), 3), unclean),
            ).lastrowid
            failpoints.passing("open.before_commit")
            connection.execute("COMMIT")
            failpoints.passing("open.after_commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._counters = Counters.read(connection, number or 0)

    async def close(self) -> None:
        """Finish what waits, shorten the WAL, and close every connection."""
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        await self._loop.run_in_executor(None, self._thread.join)
        await self._loop.run_in_executor(None, self._readers.shutdown)
        for reader in self._reading:
            reader.close()
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()

    # --- reading ---------------------------------------------------------------------------

    async def read(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """Read in a reader's thread. What was committed before is seen."""
        return await self._loop.run_in_executor(self._readers, self._read, call)

    def _read(self, call: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=30,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            self._reading.append(connection)
        # One transaction, so that several statements see one state.
        connection.execute("BEGIN")
        try:
            return call(connection)
        finally:
            connection.execute("ROLLBACK")

    # --- writing ---------------------------------------------------------------------------

    def write(self, kind: str, call: Single) -> asyncio.Future[Any]:
        """Have something written by itself; the future ends after the commit.

        A refusal (ApiError) must be raised before anything is written.
        """
        return self._put(Write(kind, call, None, None, self._loop.create_future()))

    def bulk(
        self,
        kind: str,
        rank: int,
        call: Bulk,
        argument: Any,
        size: int = 0,
        events: int | None = None,
    ) -> asyncio.Future[Any]:
        """Have something written together with others of its kind, in the order of the ranks.

        size, events: see `Write`.
        """
        future = self._loop.create_future()
        return self._put(Write(kind, call, argument, rank, future, size, events))

    def _put(self, write: Write) -> asyncio.Future[Any]:
        if self._closed:
            raise RuntimeError("the store is closed")
        self._waiting.put(write)
        return write.future

    def wal_bytes(self) -> int:
        """The size of the write-ahead log."""
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    def _work(self) -> None:
        """The writer's thread."""
        while True:
            try:
                first = self._waiting.get(timeout=self._lag.left(time.monotonic()))
            except queue.Empty:
                self._tidy()
                continue
            if first is None:
                return
            group, more, size = [first], True, first.size
            while len(group) < GROUP and size < GROUP_BYTES:
                try:
                    write = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if write is None:
                    more = False
                    break
                group.append(write)
                size += write.size
            answers, events = self._group(group)
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._deliver, group, answers, events)
            # Neither list may stay alive while the writer waits.
            del group, answers, events, first
            if not more:
                return
            self._tidy()

    def _tidy(self) -> None:
        """What is left to do between two groups. Must not fail: the writer has to live."""
        try:
            self._checkpoint()
        except Exception as error:
            self._lag.failed()
            _log.warning("the write-ahead log cannot be emptied now: %s", error)
        self._lag.put_off(time.monotonic())

    def _deliver(self, group: list[Write], answers: list[Any], events: list[EventRow]) -> None:
        """On the event loop: tell what happened, then answer."""
        if events:
            try:
                self._on_events(events)
            except Exception:
                _log.exception("a listener of events failed")
        for write, answer in zip(group, answers, strict=True):
            if write.future.done():  # nobody waits any more
                continue
            if isinstance(answer, BaseException):
                write.future.set_exception(answer)
            else:
                write.future.set_result(answer)

    def _group(self, group: list[Write]) -> tuple[list[Any], list[EventRow]]:
        """The answers to a group of writes, and the events they told."""
        try:
            if any(write.kind in GROWING for write in group) and not self._has_room():
                raise OSError(errno.ENOSPC, "the disk is nearly full")
            return self._transaction(group)
        except Exception as error:
            if len(group) == 1:
                return self._last_try(group[0], error)
        answers: list[Any] = []
        events: list[EventRow] = []
        for write in group:
            one, told = self._group([write])
            answers += one
            events += told
        return answers, events

    def _last_try(self, write: Write, error: Exception) -> tuple[list[Any], list[EventRow]]:
        """What failed by itself: with the reserve's room, if it may have that, or not at all."""
        if not full(error):
            return [error], []
        if write.kind not in GROWING and self._reserve.give_up():
            return self._group([write])
        refusal = StorageFullError(f"there is no room to write: {error}")
        refusal.__cause__ = error
        return [refusal], []

    def _has_room(self) -> bool:
        """Whether the reserve is there, after trying to have it."""
        if not self._reserve.held:
            try:
                self._reserve.hold()
            except OSError as error:
                if not full(error):  # a file system that cannot reserve must do without
                    self._reserve.held = True
        return self._reserve.held

    def _transaction(self, group: list[Write]) -> tuple[list[Any], list[EventRow]]:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
        if self._lag.suspect:
            self._empty(connection)
        kinds = [write.kind for write in group] if failpoints.armed else ()
        transaction = Transaction(connection, self._counters, round(time.time(), 3))
        lazy = self._lag.allows([write.events for write in group], time.monotonic())
        try:
            if lazy:
                connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            answers = _performed(transaction, group)
            transaction.flush()
            failpoints.passing_all(kinds, "before")
            connection.execute("COMMIT")
            self._lag.committed(lazy, len(transaction.events), time.monotonic())
        except BaseException as error:
            self._counters.graphs.clear()
            if _is_io(error):
                self._lag.failed()
            self._roll_back(connection)
            raise
        finally:
            if lazy:
                self._strict(connection)
        failpoints.passing_all(kinds, "after")
        self._counters = transaction.counters
        return answers, [row for _, row in transaction.events]

    def _strict(self, connection: sqlite3.Connection) -> None:
        """Commits wait for the disk again; where that fails, begin anew with another connection.

        Done after a group and not before the next: that may be a client's submission.
        """
        try:
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            self._connection = None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        """Undo; where even that fails, begin anew with another connection."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection = None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _checkpoint(self) -> None:
        """Empty the log where it is large, or to make safe what waited for no fsync."""
        size, due = self.wal_bytes(), self._lag.due(time.monotonic())
        if self._connection is None or (size < WAL_SOON and not due):
            return
        if size < WAL_NOW and not self._waiting.empty():
            return  # if something is due, the next group waits for the disk
        failpoints.passing("checkpoint.before")
        if size < WAL_LAST:
            self._emptied(self._connection, "PASSIVE")
        else:
            self._connection.execute(f"PRAGMA busy_timeout = {LAST_WAIT_MS}")
            self._emptied(self._connection, "TRUNCATE")
            self._connection.execute("PRAGMA busy_timeout = 30000")
        failpoints.passing("checkpoint.after")

    def _empty(self, connection: sqlite3.Connection) -> None:
        """Write all that is in the log into the database. Raises sqlite3.Error."""
        if not self._emptied(connection, "FULL"):
            raise sqlite3.OperationalError("the write-ahead log cannot be emptied")

    def _emptied(self, connection: sqlite3.Connection, mode: str) -> bool:
        """Whether a checkpoint took in the whole log: then all that was committed is safe."""
        found = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        busy, frames, taken = found[0]
        if busy or frames != taken:  # a reader still needs the older state
            return False
        self._lag.safe()
        return True


def _is_io(error: BaseException) -> bool:
    """Whether the disk refused something, an fsync perhaps."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR


def _performed(transaction: Transaction, group: list[Write]) -> list[Any]:
    """Do all writes of a group. Bulk writes go together as far as no other lies between them."""
    answers: list[Any] = [None] * len(group)
    together: dict[int, list[int]] = {}
    for index, write in enumerate(group):
        if write.rank is not None:
            together.setdefault(write.rank, []).append(index)
            continue
        _do_bulks(transaction, group, together, answers)
        answers[index] = _do_single(transaction, write.call)
    _do_bulks(transaction, group, together, answers)
    return answers


def _do_bulks(
    transaction: Transaction, group: list[Write], together: dict[int, list[int]], answers: list[Any]
) -> None:
    for rank in sorted(together):
        indexes = together[rank]
        given: Iterable[Any] = group[indexes[0]].call(
            transaction, [group[index].argument for index in indexes]
        )
        for index, answer in zip(indexes, given, strict=True):
            answers[index] = answer
    together.clear()


def _do_single(transaction: Transaction, call: Single) -> Any:
    before = transaction.connection.total_changes
    try:
        return call(transaction)
    except ApiError as refusal:
        if transaction.connection.total_changes != before:
            raise
        return refusal


class Lock:
    """An exclusive hold on a folder, given back when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._handle, 0)
            os.write(self._handle, f"{os.getpid()}\n".encode())
        except BlockingIOError as error:
            owner = os.read(self._handle, 32).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise InputError(
                f"{path.parent} is in use by another server (process {owner or 'unknown'}); "
                "stop it, or give this one a --data-dir of its own"
            ) from error
        except OSError:
            os.close(self._handle)
            raise

    def release(self) -> None:
        """Let go."""
        os.close(self._handle)
