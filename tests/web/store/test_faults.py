"""D3 and the disk's other faults: nothing is half done or told too early, and it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from web.store.helpers import (
    FULL,
    GRAPH,
    LIMIT,
    check_files,
    new,
    opened,
    running,
    start_child,
    submitted,
)
from weft_web.errors import StorageFullError
from weft_web.store import reserve
from weft_web.store.store import Store
from weft_web.store.transaction import Transaction


async def bound(store: Store, more: int | None) -> None:
    """Let the database grow by so many pages, or without a bound."""

    def call(transaction: Transaction) -> None:
        pages = transaction.one("PRAGMA page_count")[0]
        limit = 2**30 if more is None else pages + more
        transaction.execute(f"PRAGMA max_page_count = {limit}")

    await store._database.write("sweep", call)


def test_d3_a_full_database_refuses_and_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await running(store, "runs")
            accepted = 0
            for position in range(20 if FULL else 4):
                await bound(store, position)
                with contextlib.suppress(StorageFullError):
                    for number in range(10_000):
                        id = f"job{position}-{number}"
                        text = GRAPH + " " * (37 * position) + id
                        await store.submit(new(id, workflow=text), queue_limit=LIMIT)
                        accepted += 1
                    raise AssertionError("nothing was refused")
                assert len(await store.queued()) == accepted
                # In a group, those that do not fit are refused and hurt no other.
                answers: list[Any] = await asyncio.gather(
                    *(
                        store.submit(new(f"y{position}-{one}", workflow="x" * one * 3000),
                                     queue_limit=LIMIT)
                        for one in (4, 0, 5)
                    ),
                    return_exceptions=True,
                )  # fmt: skip
                assert isinstance(answers[0], StorageFullError)
                accepted += sum(isinstance(one, tuple) for one in answers)
                assert await store.append("runs", 2, [("x", {})]) == []
                await bound(store, None)
                await submitted(store, f"after{position}")
                accepted += 1
            numbers = [row.number for row in await store.events(0, None, 100_000)]
            assert numbers == list(range(1, len(numbers) + 1))
        check_files(tmp_path)

    asyncio.run(main())


def test_d3_files_that_may_not_grow(tmp_path: Path) -> None:
    child = start_child("full_child", tmp_path)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    assert int(out) == 8


def test_with_the_reserve_given_up_what_runs_can_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = False
    allocate = os.posix_fallocate

    def fallocate(handle: int, start: int, size: int) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        allocate(handle, start, size)

    monkeypatch.setattr(os, "posix_fallocate", fallocate)

    async def main() -> None:
        nonlocal full
        async with opened(tmp_path) as store:
            place = tmp_path / "reserve"
            assert place.stat().st_size == reserve.SIZE
            await running(store, "a")
            tries = 0

            def tight(transaction: Transaction) -> str:
                nonlocal tries
                tries += 1
                if place.exists():
                    raise OSError(errno.ENOSPC, "No space left on device")
                return "done"

            full = True
            with pytest.raises(StorageFullError):
                await store._database.write("submit", tight)
            assert place.exists()
            assert await store._database.write("finish", tight) == "done"
            assert not place.exists()
            assert tries == 3
            with pytest.raises(StorageFullError):
                await submitted(store, "b")
            assert (await store.finish("a", 1, "done"))[0] is not None
            full = False
            await submitted(store, "b")
            assert place.exists()

    asyncio.run(main())


def test_a_reserve_that_cannot_be_given_up_does_not_end_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:

            def read_only(path: Path, missing_ok: bool = False) -> None:
                raise OSError(errno.EROFS, "Read-only file system")

            def full(transaction: Transaction) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            with monkeypatch.context() as patch:
                patch.setattr(Path, "unlink", read_only)
                async with asyncio.timeout(10):
                    with pytest.raises(StorageFullError):
                        await store._database.write("finish", full)
            async with asyncio.timeout(10):
                await submitted(store, "a")

    asyncio.run(main())


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes writes fail."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = tmp_path_factory.mktemp("shim") / "failing_io.so"
    source = Path(__file__).with_name("failing_io.c")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


@pytest.mark.parametrize("lasting", ["once", "on"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO] if FULL else [errno.EIO])
def test_every_single_write_may_fail(tmp_path: Path, shim: Path, error: int, lasting: str) -> None:
    folder = tmp_path / "data"
    environment = {"LD_PRELOAD": str(shim), "WEFT_TEST_FOLDER": str(folder)}
    child = start_child("io_child", folder, error, lasting, environment=environment)
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    places, failures = map(int, out.split())
    assert places > 30
    assert failures > 10


def test_a_writer_whose_connection_is_gone_makes_another(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "a")

            def broken(transaction: Transaction) -> None:
                transaction.connection.close()
                raise sqlite3.OperationalError("disk I/O error")

            with pytest.raises(sqlite3.Error):
                await store._database.write("sweep", broken)
            await submitted(store, "b")
            assert [row.id for row in await store.queued()] == ["a", "b"]

    asyncio.run(main())
