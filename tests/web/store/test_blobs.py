"""Files by content: whole or not there, once, and swept only when nothing needs them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from web.store.helpers import opened, running, submitted, told
from weft import InputError
from weft_web.errors import StorageFullError
from weft_web.store.blobs import Blobs, Writer
from weft_web.store.records import OutputRow
from weft_web.store.store import DAY
from weft_web.store.transaction import Transaction


class Pieces:
    """Content that comes in pieces, or lies in a file."""

    def __init__(self, *pieces: bytes, file: Path | None = None) -> None:
        self._pieces, self._file = pieces, file
        self.size = sum(map(len, pieces))

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    def path(self) -> str | None:
        return str(self._file) if self._file else None


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_content_lies_under_its_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    for data in (b"", b"x", os.urandom(3_000_000)):
        sha, size = blobs.add_bytes(data)
        assert (sha, size) == (digest(data), len(data))
        assert blobs.path(sha).read_bytes() == data
        assert blobs.has(sha)
        before = files(tmp_path)
        assert blobs.add_bytes(data) == (sha, size)
        assert files(tmp_path) == before
    assert not blobs.has("00" * 32)


def test_content_comes_in_pieces_or_as_a_file(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")

    async def main() -> None:
        assert await blobs.add(Pieces(b"ab", b"", b"cd")) == (digest(b"abcd"), 4)
        for data in (b"abcd", b"efgh"):  # known, and new
            source = tmp_path / "made"
            source.write_bytes(data)
            os.utime(source, (1, 1))
            assert await blobs.add(Pieces(file=source)) == (digest(data), 4)
            assert not source.exists()
            assert blobs.path(digest(data)).read_bytes() == data
            assert time.time() - blobs.path(digest(data)).stat().st_mtime < 60

    asyncio.run(main())
    assert len(files(tmp_path)) == 2


def test_a_file_with_two_names_is_copied(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    source = tmp_path / "made"
    source.write_bytes(b"first")
    (tmp_path / "other").hardlink_to(source)
    sha, _ = blobs.add_file(source)
    (tmp_path / "other").write_bytes(b"later")
    assert blobs.path(sha).read_bytes() == b"first"


def test_only_plain_files_are_taken(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "blobs", "missing"):
        with pytest.raises(InputError):
            blobs.add_file(tmp_path / name)
    assert files(tmp_path / "blobs") == []


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65])
def test_what_is_no_digest_has_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        Blobs(tmp_path).path(name)


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with Writer(blobs) as writer:
        writer.write(b"half")
    with contextlib.suppress(ZeroDivisionError), Writer(blobs) as writer:
        writer.write(b"half")
        raise ZeroDivisionError
    assert files(tmp_path) == []


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    blobs = Blobs(tmp_path)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StorageFullError):
            blobs.add_bytes(b"x")
    assert files(tmp_path) == []
    blobs.add_bytes(b"x")


def test_many_threads_add_the_same(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    data = os.urandom(200_000)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: blobs.add_bytes(data), range(40))) == {
            (digest(data), 200_000)
        }
    assert files(tmp_path) == [blobs.path(digest(data))]


def test_a_file_of_the_wrong_size_is_replaced(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha, _ = blobs.add_bytes(b"whole")
    blobs.path(sha).write_bytes(b"ha")
    blobs.add_bytes(b"whole")
    assert blobs.path(sha).read_bytes() == b"whole"


def test_a_sweep_removes_only_what_is_old_and_unneeded(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            blobs = store.blobs
            used, unused, uploaded, young = (
                blobs.add_bytes(data)[0] for data in (b"used", b"unused", b"uploaded", b"young")
            )
            left = blobs.folder / ".tmp-left"
            left.write_bytes(b"half")
            await running(store, "a")
            await store.finish(
                "a", 1, "done", outputs=[OutputRow("n", 0, {}, sha256=used, bytes=4)]
            )
            await store.uploads.add("u", uploaded, 8, "text/plain")
            for path in (blobs.path(used), blobs.path(unused), blobs.path(uploaded), left):
                os.utime(path, (1, 1))
            swept = await store.sweep()
            assert (swept.blobs, swept.temporary) == (1, 1)
            assert [blobs.has(one) for one in (used, unused, uploaded, young)] == [
                True, False, True, True,
            ]  # fmt: skip
            # Content that is added again is young again.
            os.utime(blobs.path(young), (1, 1))
            blobs.add_bytes(b"young")
            assert (await store.sweep()).blobs == 0
            assert blobs.remove([young], 3600) == 0
            await store.delete("a")
            assert (await store.sweep()).blobs == 1
            assert not blobs.has(used)
            (blobs.folder / ".tmp-other").write_bytes(b"half")
        async with opened(tmp_path):
            assert not list((tmp_path / "blobs").glob(".tmp-*"))

    asyncio.run(main())


def test_a_sweep_spares_what_a_running_job_made_long_ago(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await running(store, "a")
            made, _ = store.blobs.add_bytes(b"an output whose row comes with the job's end")
            os.utime(store.blobs.path(made), (time.time() - 2 * DAY, time.time() - 2 * DAY))

            def days_ago(transaction: Transaction) -> None:
                transaction.execute("UPDATE job SET started = ?", (time.time() - 3 * DAY,))

            await store._database.write("test", days_ago)
            assert (await store.sweep()).blobs == 0
            await store.finish("a", 1, "failed")
            assert (await store.sweep()).blobs == 1

    asyncio.run(main())


def test_a_sweep_forgets_old_word_of_deleted_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "stays")  # and with it the graph of both
            await running(store, "a")
            await store.finish("a", 1, "done")
            await store.delete("a")
            await store.sweep()
            assert await told(store, "a") == ["deleted"]
            now = time.time()
            monkeypatch.setattr(time, "time", lambda: now + 8 * DAY)
            await store.sweep()
            assert await told(store, "a") == []

    asyncio.run(main())
