"""Events over WebSockets and server-sent events: live, resumable, bounded, ended in order."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from web.live import PATIENCE, Serving, serving, settings_for, texts
from web.stand_in import StandIn
from weft_web.api import keys
from weft_web.settings import Limits

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def run(main: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE):
            await main

    asyncio.run(bounded())


async def submit(server: Serving, *values: str) -> str:
    async with server.session.post("/api/jobs", json=texts(*values)) as answer:
        assert answer.status == 202
        return str((await answer.json())["id"])


async def heard(socket: ClientWebSocketResponse) -> AsyncIterator[dict[str, Any]]:
    """The events of a socket, one by one."""
    async for message in socket:
        assert message.type is WSMsgType.TEXT
        for event in json.loads(message.data):
            yield event


async def until(socket: ClientWebSocketResponse, name: str) -> list[dict[str, Any]]:
    found = []
    async for event in heard(socket):
        found.append(event)
        if event["event"] == name:
            return found
    raise AssertionError(f"the stream ended before {name}")


async def sse(server: Serving, path: str, stop: str, **headers: str) -> list[dict[str, Any]]:
    found = []
    async with server.session.get(path, headers=headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        number = None
        async for line in answer.content:
            text = line.decode().rstrip("\n")
            if text.startswith("id: "):
                number = int(text[4:])
            elif text.startswith("data: "):
                event = json.loads(text[6:])
                assert event["number"] in (None, number)
                number = None
                found.append(event)
                if event["event"] == stop:
                    break
    return found


def test_a_socket_hears_of_a_job_from_first_to_last(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            serving(settings_for(tmp_path), StandIn()) as server,
            server.session.ws_connect("/api/ws") as socket,
        ):
            assert (await until(socket, "connected"))[-1]["data"] == {"last": 0}
            job = await submit(server)
            told = await until(socket, "finished")
            numbered = [one for one in told if one["number"] is not None]
            assert [one["number"] for one in numbered] == list(range(1, len(numbered) + 1))
            assert {one["job"] for one in numbered} == {job}
            assert [one["event"] for one in numbered][:2] == ["queued", "started"]

    run(main())


def test_who_comes_back_misses_nothing_and_hears_nothing_twice(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(settings_for(tmp_path), StandIn()) as server:
            first = await submit(server)
            async with server.session.ws_connect("/api/ws?since=0") as socket:
                before = await until(socket, "finished")
            last = max(one["number"] or 0 for one in before)
            second = await submit(server)
            async with server.session.ws_connect(f"/api/ws?since={last}") as socket:
                after = await until(socket, "finished")
            numbers = [one["number"] for one in [*before, *after] if one["number"] is not None]
            assert numbers == list(range(1, len(numbers) + 1))
            assert {one["job"] for one in after if one["number"]} == {second}
            # The same over server-sent events, by the header that browsers send.
            again = await sse(server, "/api/events", "finished", **{"Last-Event-ID": str(last)})
            assert [one["number"] for one in again if one["number"]] == [
                one["number"] for one in after if one["number"]
            ]
            only = await sse(
                server, f"/api/jobs/{first}/events", "finished", Accept="text/event-stream"
            )
            assert {one["job"] for one in only if one["number"]} == {first}

    run(main())


def test_a_stream_of_one_job_tells_of_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        pool = StandIn(hold=True)
        async with serving(settings_for(tmp_path), pool) as server:
            mine, other = await submit(server, "mine"), await submit(server, "other")
            async with server.session.ws_connect(f"/api/ws?since=0&job={mine}") as socket:
                await until(socket, "connected")
                pool.release()
                told = await until(socket, "finished")
            assert other not in {one["job"] for one in told}

    run(main())


def test_pictures_are_sent_to_who_asked_only(tmp_path: Path) -> None:
    async def main() -> None:
        pool = StandIn(hold=True)
        async with serving(settings_for(tmp_path), pool) as server:
            connect = server.session.ws_connect
            async with connect("/api/ws?previews=true") as asked, connect("/api/ws") as plain:
                await until(asked, "connected")
                await until(plain, "connected")
                job = await submit(server)
                while not pool.watched.get(job):
                    await asyncio.sleep(0.01)
                pool.show(PNG)
                while (message := await asked.receive()).type is not WSMsgType.BINARY:
                    assert message.type is WSMsgType.TEXT
                (length,) = struct.unpack(">I", message.data[:4])
                head = json.loads(message.data[4 : 4 + length])
                assert (head["job"], head["node"], head["mime"]) == (job, "text0", "image/png")
                assert message.data[4 + length :] == PNG
                await asked.close()
                while pool.watched.get(job):
                    await asyncio.sleep(0.01)
                pool.release()
                await until(plain, "finished")  # which fails at a binary message

    run(main())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/ws?job=nobody", 404),
        ("/api/ws?since=-1", 422),
        ("/api/ws?since=x", 422),
        ("/api/ws?previews=perhaps", 422),
        ("/api/ws?token=x", 422),
    ],
)
def test_a_socket_is_refused(tmp_path: Path, path: str, status: int) -> None:
    async def main() -> None:
        async with serving(settings_for(tmp_path), StandIn()) as server:
            with pytest.raises(WSServerHandshakeError) as refused:
                await server.session.ws_connect(path)
            assert refused.value.status == status

    run(main())


def test_streams_are_refused_as_other_requests_are(tmp_path: Path) -> None:
    async def status(server: Serving, method: str, path: str, **headers: str) -> int:
        async with server.session.request(method, path, headers=headers) as answer:
            return answer.status

    async def main() -> None:
        async with serving(settings_for(tmp_path), StandIn()) as server:
            assert await status(server, "GET", "/api/ws") == 426
            for path in ("/api/ws", "/api/events"):
                assert await status(server, "HEAD", path) == 405
                assert await status(server, "POST", path) == 405
            assert await status(server, "GET", "/api/events?job=nobody") == 404
            wrong = {"Last-Event-ID": "x"}
            assert await status(server, "GET", "/api/events", **wrong) == 422
            assert server.app[keys.HUB].clients == 0

    run(main())


def test_head_follows_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(settings_for(tmp_path), StandIn()) as server:
            job = await submit(server, "a")
            headers = {"Accept": "text/event-stream"}
            async with server.session.head(f"/api/jobs/{job}/events", headers=headers) as answer:
                assert (answer.status, answer.content_type) == (200, "application/json")
            assert server.app[keys.HUB].clients == 0

    run(main())


def test_there_is_a_bound_on_clients(tmp_path: Path) -> None:
    async def main() -> None:
        settings = settings_for(tmp_path, limits=Limits(clients=2))
        async with serving(settings, StandIn()) as server:
            one = await server.session.ws_connect("/api/ws")
            two = await server.session.get("/api/events")
            with pytest.raises(WSServerHandshakeError) as refused:
                await server.session.ws_connect("/api/ws")
            assert refused.value.status == 503
            await one.close()
            while server.app[keys.HUB].clients > 1:
                await asyncio.sleep(0.01)
            async with server.session.ws_connect("/api/ws") as socket:
                await until(socket, "connected")
            two.close()

    run(main())


def test_who_leaves_makes_room(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(settings_for(tmp_path), StandIn()) as server:
            hub = server.app[keys.HUB]
            for _ in range(3):
                stream = await server.session.get("/api/events")
                socket = await server.session.ws_connect("/api/ws")
                await until(socket, "connected")
                assert hub.clients == 2
                stream.close()
                socket._response.close()  # without a word
                while hub.clients:
                    await asyncio.sleep(0.01)

    run(main())


def test_a_client_that_floods_is_cut_off(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(settings_for(tmp_path), StandIn()) as server:
            for ping in (False, True):
                async with server.session.ws_connect("/api/ws") as socket:
                    await until(socket, "connected")
                    for _ in range(150):
                        await (socket.ping() if ping else socket.send_str("{}"))
                    message = await socket.receive()
                    assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
                    assert socket.close_code == 1008

    run(main())


def test_a_message_over_the_bound_ends_the_socket(tmp_path: Path) -> None:
    async def main() -> None:
        settings = settings_for(tmp_path, limits=Limits(message=1000))
        async with (
            serving(settings, StandIn()) as server,
            server.session.ws_connect("/api/ws") as socket,
        ):
            await until(socket, "connected")
            await socket.send_str("x" * 2000)
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
            assert socket.close_code == 1009

    run(main())


def test_a_client_that_does_not_read_is_dropped_and_nobody_waits(tmp_path: Path) -> None:
    async def main() -> None:
        settings = settings_for(tmp_path, limits=Limits(client_bytes=20_000))
        async with serving(settings, StandIn()) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            token = settings.token
            writer.write(
                f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
                "\r\n".encode()
            )
            await reader.readuntil(b"connected")
            hub = server.app[keys.HUB]
            assert hub.clients == 1
            async with server.session.ws_connect("/api/ws") as socket:
                await until(socket, "connected")
                text = "x" * 50_000
                while hub.clients == 2:  # until the kernel's buffers are full as well
                    await submit(server, *[text] * 10)
                    await until(socket, "finished")
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    run(main())


def test_the_end_of_the_server_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(settings_for(tmp_path), StandIn()) as server:
            socket = await server.session.ws_connect("/api/ws")
            stream = await server.session.get("/api/events")
            await until(socket, "connected")
            server.app[keys.HUB].close()
            assert (await socket.receive()).type is WSMsgType.CLOSE
            assert socket.close_code == 1001
            rest = await stream.content.read()
            assert b"connected" in rest
            with pytest.raises(WSServerHandshakeError) as refused:
                await server.session.ws_connect("/api/ws")
            assert refused.value.status == 503

    run(main())


def test_a_server_stops_while_clients_are_connected(tmp_path: Path) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with serving(settings_for(tmp_path), StandIn(hold=True)) as server:
            socket = await server.session.ws_connect("/api/ws")
            stream = await server.session.get("/api/events")
            await submit(server)
            await until(socket, "started")
            begun = loop.time()
        assert loop.time() - begun < 20
        stream.close()

    run(main())
