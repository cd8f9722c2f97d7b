"""A small server behind the real gate, and requests that no client library would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from weft_web.api.failures import failures
from weft_web.security.bodies import read_json
from weft_web.security.gate import Secret, gate
from weft_web.security.headers import protect
from weft_web.security.signin import signin_routes
from weft_web.settings import Limits, Settings

TOKEN = "t0ken-" + "x" * 40
WRONG = "t0ken-" + "y" * 40
COOKIE = Secret(TOKEN).cookie
CHANGES = web.AppKey("changes", list[Any])


def settings(**more: Any) -> Settings:
    """Settings with a token."""
    return Settings(token=TOKEN, **more)


def small_app(told: Settings) -> web.Application:
    """Routes as the real ones are: one reads, some change, one takes JSON, one is a WebSocket."""

    async def read(request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def change(request: web.Request) -> web.Response:
        request.app[CHANGES].append(request.method)
        return web.json_response({"ok": True})

    async def submit(request: web.Request) -> web.Response:
        request.app[CHANGES].append(await read_json(request, told.limits))
        return web.json_response({"ok": True}, status=202)

    async def socket(request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse()
        await answer.prepare(request)
        request.app[CHANGES].append("socket")
        await answer.close()
        return answer

    app = web.Application(middlewares=[failures, *gate(told)])
    app[CHANGES] = []
    protect(app)
    app.add_routes(signin_routes(told))
    app.router.add_get("/healthz", read)
    app.router.add_get("/", read)
    app.router.add_post("/api/jobs", submit)
    app.router.add_get("/api/jobs", read)
    app.router.add_get("/api/ws", socket)
    for method in ("PUT", "PATCH", "DELETE"):
        app.router.add_route(method, "/api/jobs", change)
    return app


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: str


class Line:
    """One connection to a server, for requests written out by hand."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._others: list[Line] = []
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        host: str | None = "localhost",
    ) -> Answer:
        """Send a request and read its answer."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        if host is not None:
            pairs.insert(0, ("Host", host))
        if body or method not in ("GET", "HEAD", "OPTIONS"):
            pairs.append(("Content-Length", str(len(body))))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in pairs)
        return await self.send(head.encode("utf-8", "surrogateescape") + b"\r\n" + body, method)

    async def send(self, raw: bytes, method: str = "GET") -> Answer:
        """Send bytes and read one answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        with suppress(ConnectionError):  # an answer may have come before all was read
            writer.write(raw)
            await writer.drain()
        async with asyncio.timeout(30):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            pairs = [(k.lower(), v.strip()) for k, _, v in (one.partition(":") for one in lines)]
            found = dict(pairs)
            status = int(first.split()[1])
            length = 0 if method == "HEAD" or status in (101, 204, 304) else None
            if length is None:
                length = int(found.get("content-length", 0))
            if found.get("transfer-encoding") == "chunked" and method != "HEAD":
                content = await _chunks(reader)
            else:
                content = await reader.readexactly(length)
            body = content.decode("utf-8", "replace")
        if found.get("connection") == "close" or status in (101, 400):
            await self.close()
        cookies = tuple(value for name, value in pairs if name == "set-cookie")
        return Answer(status, found, cookies, body)

    def another(self) -> Line:
        """A second connection, closed with this one."""
        self._others.append(Line(self.port))
        return self._others[-1]

    async def close(self) -> None:
        """Let go of the connection."""
        for one in self._others:
            await one.close()
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while size := int(await reader.readline(), 16):
        content += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return content


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[Line]:
    """A running server and a connection to it."""
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(auto_decompress=False)  # as the real one is
    line = Line(server.port or 0)
    try:
        yield line
    finally:
        await line.close()
        await server.close()


async def signed_in(line: Line) -> dict[str, str]:
    """A browser's headers after it has signed in."""
    answer = await line.ask("GET", f"/?token={TOKEN}")
    assert answer.status == 303
    return {"Cookie": answer.cookies[0].partition(";")[0]}


BEARER = {"Authorization": f"Bearer {TOKEN}"}
SMALL = Limits(body=4096, depth=8, nodes=3)
