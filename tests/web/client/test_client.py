"""The client where things go wrong: lost answers, broken streams, a server that lies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from web.client.stub import TOKEN, Stub, event, running_stub
from weft import InputError
from weft_web.client import Client, OutputError, RefusedError, UnreachableError
from weft_web.client.sse import Message, messages
from weft_web.presence import split_server

EMPTY = {"weft": 1, "nodes": {}}


def test_a_submission_whose_answer_was_lost_is_one_job() -> None:
    stub = Stub()
    stub.drop = 2

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            first = await client.submit(EMPTY)
            again = await client.submit(EMPTY)
            assert first.id != again.id

    asyncio.run(main())
    assert len(stub.jobs) == 2
    assert len(stub.asked) == 4  # two tries of the first were lost
    assert {header for _, _, header in stub.asked} == {f"Bearer {TOKEN}"}


def test_a_key_of_ones_own_names_one_job() -> None:
    stub = Stub()

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            made = [await client.submit(EMPTY, key="mine") for _ in range(3)]
            assert len({one.id for one in made}) == 1

    asyncio.run(main())


def test_events_go_on_after_a_lost_connection() -> None:
    stub = Stub()
    stub.streams = [
        [event(None, "connected", last=0), event(1, "queued"), event(2, "started")],
        # A server that repeats what was seen, another job's event, progress without a number.
        [event(2, "started"), event(7, "started", job="other"), event(None, "progress")],
        [],
        [event(3, "node_finished"), event(9, "finished", status="done")],
    ]
    stub.busy = 2

    async def main() -> list[tuple[int | None, str]]:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            return [(one.number, one.event) async for one in client.events("job0")]

    seen = asyncio.run(main())
    assert seen == [
        (1, "queued"),
        (2, "started"),
        (None, "progress"),
        (3, "node_finished"),
        (9, "finished"),
    ]
    since = [path.rpartition("since=")[2] for _, path, _ in stub.asked if "/events" in path]
    assert since == ["0", "2", "2", "2"]


def test_an_old_end_does_not_end_the_events_of_a_job_that_was_queued_again() -> None:
    stub = Stub()
    stub.streams = [
        [event(1, "queued"), event(2, "finished", status="failed"), event(3, "queued")],
        [event(3, "queued"), event(4, "finished", status="done")],
    ]

    async def main() -> list[int | None]:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            return [one.number async for one in client.events("job0")]

    assert asyncio.run(main()) == [1, 2, 3, 4]


def test_a_long_history_is_told_to_its_end() -> None:
    stub = Stub()
    stub.streams = [[event(number, "progress") for number in range(1, 2501)]]

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            told = await client.history("job0", since=100)
            assert [one.number for one in told.events] == list(range(101, 2501))
            assert told.last == 2500
            assert (await client.history("job0", since=2500)).last == 2500

    asyncio.run(main())


def test_no_answer_and_refusals() -> None:
    stub = Stub()

    async def main() -> None:
        async with Client("http://127.0.0.1:9", TOKEN, tries=2) as client:
            with pytest.raises(UnreachableError, match="does not answer"):
                await client.system()
        async with running_stub(stub) as url, Client(url, TOKEN, tries=2) as client:
            with pytest.raises(RefusedError) as refused:
                await client.validate(EMPTY)
            assert (refused.value.status, refused.value.code) == (422, "invalid_workflow")
            assert refused.value.problems[0].suggestion == "b"
            stub.busy = 99
            with pytest.raises(RefusedError, match="wait a little"):
                await client.job("job0")
            assert stub.busy == 97
            # The token is for the server that was named; a redirect is not followed.
            stub.asked.clear()
            with pytest.raises(RefusedError, match="302"):
                await client.nodes()
            assert len(stub.asked) == 1

    asyncio.run(main())


def test_what_is_no_web_server_is_not_reached() -> None:
    async def main() -> None:
        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            writer.close()

        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            async with Client(f"http://{host}:{port}", TOKEN, tries=2) as client:
                with pytest.raises(UnreachableError):
                    await client.workflows()
                with pytest.raises(UnreachableError):
                    await client.read("ab" * 32)

    asyncio.run(main())


def test_a_busy_stream_and_a_busy_download_are_tried_again(tmp_path: Path) -> None:
    stub = Stub()
    stub.streams = [[event(1, "finished", status="done")]]
    stub.add_file("a.png", b"content")
    stub.busy_streams = 3

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN, tries=3) as client:
            with pytest.raises(RefusedError):
                _ = [one async for one in client.events("job0")]
            stub.busy_streams = 2
            assert [one.number async for one in client.events("job0")] == [1]
            stub.busy_files = 2
            (path,) = await client.download("job0", tmp_path)
            assert path.read_bytes() == b"content"
            stub.busy_files = 3
            with pytest.raises(RefusedError):
                await client.download("job0", tmp_path)

    asyncio.run(main())


def test_an_upload_that_nobody_answers_ends(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"content")

    async def main() -> None:
        async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read()
            finally:
                writer.close()

        async with await asyncio.start_server(swallow, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            async with Client(f"http://{host}:{port}", TOKEN, tries=1, seconds=0.2) as client:
                async with asyncio.timeout(20):
                    with pytest.raises(UnreachableError):
                        await client.upload(tmp_path / "a.png")

    asyncio.run(main())


def test_a_closed_client_says_so() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="async with"):
            await Client().job("x")

    asyncio.run(main())


def test_waiting_has_a_limit() -> None:
    stub = Stub()
    stub.streams = [[], [], [event(1, "queued")]]

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN, tries=1000) as client:
            with pytest.raises(TimeoutError):
                await client.wait("job0", seconds=0.5)

    stub.streams = [[] for _ in range(500)] + [[event(1, "queued")]]
    asyncio.run(main())


def test_downloads_are_whole_or_not_there(tmp_path: Path) -> None:
    stub = Stub()
    stub.cuts = 2
    stub.add_file("deep/picture.png", b"p" * 300_000)
    stub.add_file("picture.txt", b"new")
    (tmp_path / "picture.txt").write_bytes(b"old")

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            wanted = [tmp_path / "deep/picture.png", tmp_path / "picture-2.txt"]
            assert await client.download("job0", tmp_path) == wanted
            assert await client.download("job0", tmp_path) == wanted

    asyncio.run(main())
    assert (tmp_path / "deep/picture.png").read_bytes() == b"p" * 300_000
    assert (tmp_path / "picture.txt").read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.rglob("*") if one.is_file()) == [
        "picture-2.txt",
        "picture.png",
        "picture.txt",
    ]


HOSTILE = ["../out", "/etc/out", "a/../../out", "C:out", "\\\\host\\out", "a\0b", "nul", ".hidden"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    stub = Stub()
    stub.add_file(name, b"content")
    folder = tmp_path / "in"
    folder.mkdir()

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            with pytest.raises(OutputError):
                await client.download("job0", folder)

    asyncio.run(main())
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


def test_content_that_was_not_promised_is_refused(tmp_path: Path) -> None:
    stub = Stub()
    stub.add_file("a.txt", b"other", sha256="0" * 64)

    async def main() -> None:
        async with running_stub(stub) as url, Client(url, TOKEN) as client:
            with pytest.raises(OutputError, match="promised"):
                await client.download("job0", tmp_path)

    asyncio.run(main())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8320/?token=abc", ("http://127.0.0.1:8320", "abc")),
        ("127.0.0.1:8320", ("http://127.0.0.1:8320", None)),
        ("https://weft.example/sub/", ("https://weft.example/sub", None)),
    ],
)
def test_the_printed_url_is_a_server(text: str, expected: tuple[str, str | None]) -> None:
    assert split_server(text) == expected


@pytest.mark.parametrize(
    "text", ["ftp://x", "http://", "", "http://[", "http://x:port", "http://x:99999", "http://a b"]
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no server"):
        split_server(text)


def test_server_sent_events_are_read_however_they_are_cut() -> None:
    text = ": hi\r\n\r\nid: 4\nevent: a\ndata: one\ndata: two\n\ndata:three\n\nid: 9\n\ndata: cut"

    async def read(size: int) -> list[Message]:
        async def chunks() -> AsyncIterator[bytes]:
            raw = text.encode()
            for at in range(0, len(raw), size):
                yield raw[at : at + size]

        return [one async for one in messages(chunks())]

    for size in (1, 3, 1000):
        assert asyncio.run(read(size)) == [
            Message("a", "one\ntwo", "4"),
            Message("message", "three", None),
        ]
