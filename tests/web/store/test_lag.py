"""Which commits wait for the disk, and what a power cut takes where they do not."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from web.store.crash_child import STEPS
from web.store.helpers import LIMIT, check_files, new, opened, running, submitted, told
from weft_web.store import database, lag
from weft_web.store.database import Write
from weft_web.store.lag import GAP, LAG, Lag
from weft_web.store.records import EventRow
from weft_web.store.store import Store
from weft_web.store.transaction import Transaction

NORMAL, FULL = 1, 2  # as `PRAGMA synchronous` says them
Commits = list[tuple[set[str], int]]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    """The kinds of writes of each group that was begun, and whether its commit waits."""
    seen: Commits = []
    perform = database._performed

    def performed(transaction: Transaction, group: list[Write]) -> list[Any]:
        level = transaction.one("PRAGMA synchronous")[0]
        seen.append(({write.kind for write in group}, level))
        return perform(transaction, group)

    monkeypatch.setattr(database, "_performed", performed)
    return seen


def log_size(folder: Path) -> int:
    return (folder / "weft.db-wal").stat().st_size


def power_cut(folder: Path, log: int, other: Path) -> Path:
    """The folder as a power cut leaves it whose disk has so many bytes of the log."""
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns("*-shm"))
    with (other / "weft.db-wal").open("r+b") as file:
        file.truncate(log)
    return other


def test_all_but_claims_and_events_wait(tmp_path: Path, commits: Commits) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            for step in STEPS:
                await step(store)

    asyncio.run(main())
    for kinds, level in commits:
        assert level == (NORMAL if kinds <= {"claim", "append"} else FULL), kinds
    seen = {kind for kinds, _ in commits for kind in kinds}
    assert {"claim", "append", "submit", "finish", "release", "lost", "cancel", "retry"} <= seen


def test_a_group_with_a_promise_in_it_waits(tmp_path: Path, commits: Commits) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "a", "b")
            commits.clear()
            await asyncio.gather(
                store.claim(["a"], "cpu"),
                store.submit(new("c"), queue_limit=LIMIT),
                store.claim(["b"], "cpu"),
            )

    asyncio.run(main())
    together = [level for kinds, level in commits if "submit" in kinds]
    assert together == [FULL]
    # Those that were not in its group are free to go ahead.
    assert all(level == NORMAL for kinds, level in commits if kinds == {"claim"})


def test_after_a_while_the_next_group_waits(
    tmp_path: Path, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    clock = SimpleNamespace(monotonic=lambda: now, time=time.time)
    monkeypatch.setattr("weft_web.store.database.time", clock)
    # Nobody else looks after it, as where there is always something to write.
    monkeypatch.setattr(database.Database, "_checkpoint", lambda self: None)

    async def main() -> None:
        nonlocal now
        async with opened(tmp_path) as store:
            await running(store, "a")
            commits.clear()
            for moment in (0.5, 0.9, 1.1, 1.2, 2.1, 2.3):
                now = moment
                await store.append("a", 1, [("x", {})])

    asyncio.run(main())
    levels = [level for kinds, level in commits if kinds == {"append"}]
    assert levels == [NORMAL, NORMAL, FULL, NORMAL, NORMAL, FULL]


def test_no_more_numbers_are_told_than_a_start_skips(
    tmp_path: Path, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "GAP", 5)

    async def main() -> None:
        async with opened(tmp_path) as store:
            await running(store, "a")  # its claim told one event already
            commits.clear()
            for count in (3, 1, 1, 5, 1, 6, 2):
                await store.append("a", 1, [("x", {})] * count)

    asyncio.run(main())
    levels = [level for kinds, level in commits if kinds == {"append"}]
    assert levels == [NORMAL, NORMAL, FULL, NORMAL, FULL, FULL, NORMAL]


def test_where_nothing_is_written_the_log_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "LAG", 0.05)

    async def main() -> None:
        async with opened(tmp_path / "server", clean=False) as store:
            await running(store, "a")
            async with asyncio.timeout(30):
                while store._database._lag.left(0.0) is not None:
                    await asyncio.sleep(0.01)
            left = power_cut(tmp_path / "server", 0, tmp_path / "disk")
        async with opened(left, "after") as store:
            row = await store.job("a")
            assert row is not None
            assert row.state == "running"

    asyncio.run(main())


def test_a_power_cut_takes_claims_and_no_promise(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    heard: list[EventRow] = []

    async def before() -> Path:
        async with opened(folder, clean=False) as store:
            store.on_events = heard.extend
            await submitted(store, "a", "b")
            await store.claim(["a"], "cpu")
            await store.append("a", 1, [("x", {})])
            await store.finish("a", 1, "done")
            safe = log_size(folder)
            await store.claim(["b"], "cpu")
            await store.append("b", 1, [("x", {"step": step}) for step in range(500)])
            assert log_size(folder) > safe
            return power_cut(folder, safe, tmp_path / "disk")

    async def after(left: Path) -> None:
        async with opened(left, "after") as store:
            recovery = await store.recover(3)
            assert recovery.requeued == []
            assert await told(store, "a") == ["queued", "started", "x", "finished"]
            assert await told(store, "b") == ["queued"]
            (row,) = await store.queued()
            assert (row.id, row.attempts) == ("b", 0)
            again: list[EventRow] = []
            store.on_events = again.extend
            await store.claim(["b"], "cpu")
            await store.finish("b", row.run + 1, "done")
            assert not {one.number for one in again} & {one.number for one in heard}
            assert min(one.number for one in again) > max(one.number for one in heard)
            # Whoever heard what is gone now resumes with what comes next.
            assert await store.events(heard[-1].number) == again

    left = asyncio.run(before())
    check_files(left)
    asyncio.run(after(left))


def test_numbers_stay_skipped_through_several_power_cuts(tmp_path: Path) -> None:
    numbers: list[int] = []

    async def turn(folder: Path, other: Path) -> None:
        async with opened(folder, f"boot {folder.name}", clean=False) as store:
            safe = log_size(folder)
            (row,) = await store.claim(["a"], "cpu")
            numbers.append(row.last_event)
            power_cut(folder, safe, other)

    async def main() -> None:
        async with opened(tmp_path / "0") as store:
            await submitted(store, "a")
        for number in range(4):
            await turn(tmp_path / f"{number}", tmp_path / f"{number + 1}")

    asyncio.run(main())
    assert [one - numbers[0] for one in numbers] == [0, GAP, 2 * GAP, 3 * GAP]


def test_a_stop_in_good_order_skips_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        for boot in ("first", "second"):
            async with opened(tmp_path, boot) as store:
                await submitted(store, boot)
        async with opened(tmp_path, "last") as store:
            assert [one.number for one in await store.events()] == [1, 2]

    asyncio.run(main())


class Disk:
    """A connection whose next commit the disk refuses."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.said: list[str] = []

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        self.said.append(sql)
        if sql == "COMMIT" and self.said.count("COMMIT") == 1:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self._connection.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("claimed", [False, True])
def test_after_a_failed_fsync_the_log_is_emptied_first(tmp_path: Path, claimed: bool) -> None:
    async def fail(store: Store) -> list[str]:
        disk = Disk(store._database._connection)  # type: ignore[arg-type]
        store._database._connection = disk  # type: ignore[assignment]
        with pytest.raises(sqlite3.OperationalError):
            await submitted(store, "b")
        disk.said.clear()
        disk.said.append("COMMIT")
        await submitted(store, "c")
        return disk.said

    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "a")
            if claimed:
                await store.claim(["a"], "cpu")
            said = await fail(store)
            first = said.index("BEGIN IMMEDIATE")
            assert ("PRAGMA wal_checkpoint(FULL)" in said[:first]) == claimed
            assert not store._database._lag.suspect
            assert [row.id for row in (await store.jobs())[0]] == ["c", "a"]

    asyncio.run(main())


def test_what_cannot_be_done_now_is_put_off() -> None:
    one = Lag()
    assert one.left(0.0) is None
    one.committed(True, 3, 10.0)
    assert one.left(10.0) == LAG
    assert not one.due(10.5)
    assert one.allows([1, 2], 10.5)
    assert not one.allows([1, None], 10.5)
    one.put_off(11.0)
    assert one.due(11.0)
    assert one.left(11.0) == LAG
    assert not one.allows([1], 11.5)
    one.committed(False, 0, 11.5)
    assert one.left(11.5) is None
    one.failed()
    assert not one.suspect
