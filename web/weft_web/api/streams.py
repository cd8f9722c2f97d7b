"""Events as they happen: over a WebSocket, or as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import time

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from weft_web.api import keys
from weft_web.api.queries import LARGEST, SocketQuery, StreamQuery
from weft_web.errors import ApiError, not_found
from weft_web.jobs.hub import SLOW, Subscription
from weft_web.jobs.messages import SSE_KEEPALIVE

HEARTBEAT_S = 20.0  # between pings; a client that answers none is gone
KEEPALIVE_S = 10.0  # between signs of life on a quiet stream
LOOK_S = 1.0  # between looks whether a client that only listens is still there
CLOSE_S = 2.0  # for a client to read the rest when the stream ends
MESSAGES_PER_S = 20.0  # that a client may send, sustained
BURST = 100


async def follow_socket(request: web.Request, query: SocketQuery) -> web.StreamResponse:
    """Follow events over a WebSocket.

    Each text message is a JSON array of events (see EventView). With `previews=true`, binary
    messages are pictures of unfinished work: 4 bytes with the length of a JSON header (big-endian),
    the header, the picture. A client that reads too slowly is cut off, and can come back with
    `since`.
    """
    app = request.app
    socket = web.WebSocketResponse(
        heartbeat=HEARTBEAT_S,
        max_msg_size=app[keys.SETTINGS].limits.message,
        timeout=CLOSE_S,
        autoping=False,  # pings count as messages, or a flood of them would be free
        compress=False,
    )
    if not socket.can_prepare(request).ok:
        raise ApiError(
            426, "upgrade_required", "expected a WebSocket", headers={"Upgrade": "websocket"}
        )
    await _check_job(request, query.job)
    with app[keys.HUB].subscribe(query.job, query.since, query.previews) as events:
        _cut_when_closed(request, events)
        await socket.prepare(request)
        reader = asyncio.create_task(_read(socket, events))
        try:
            with contextlib.suppress(ConnectionError):
                await _send(socket, events)
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
    return socket


async def _send(socket: web.WebSocketResponse, events: Subscription) -> None:
    async for message in events:
        if isinstance(message, str):
            await socket.send_str(message)
        else:
            await socket.send_bytes(message)
    if not socket.closed:
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the server is shutting down")


async def _read(socket: web.WebSocketResponse, events: Subscription) -> None:
    """Hear what the client sends: nothing but pings is expected, and not too many of them."""
    allowance, before = float(BURST), time.monotonic()
    while True:
        message: WSMessage = await socket.receive()
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
            break
        now = time.monotonic()
        allowance = min(BURST, allowance + (now - before) * MESSAGES_PER_S) - 1
        before = now
        if allowance < 0:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many messages")
            break
        if message.type is WSMsgType.PING:
            await socket.pong(message.data)
    events.close()


async def follow_events(request: web.Request, query: StreamQuery) -> web.StreamResponse:
    """Follow events as server-sent events, each with its number as the id."""
    return await event_stream(request, query.since, query.job)


def wants_stream(request: web.Request) -> bool:
    """Whether the client asked for server-sent events. An answer to HEAD would never end."""
    return request.method == "GET" and "text/event-stream" in request.headers.get("Accept", "")


async def event_stream(
    request: web.Request, since: int | None, job: str | None
) -> web.StreamResponse:
    """Answer with server-sent events until the client leaves or the server stops."""
    await _check_job(request, job)
    resumed = _last_event_id(request)
    since = resumed if resumed is not None else since
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    with request.app[keys.HUB].subscribe(job, since, form="sse") as events:
        _cut_when_closed(request, events)
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            while (message := await _next(request, events)) is not None:
                await response.write(message)
            await response.write_eof()
    return response


async def _next(request: web.Request, events: Subscription) -> bytes | None:
    """The next piece of the stream; None at its end, or where the client has left."""
    for _ in range(round(KEEPALIVE_S / LOOK_S)):
        try:
            async with asyncio.timeout(LOOK_S):
                message = await anext(events)
        except TimeoutError:
            if request.transport is None:
                return None
            continue
        except StopAsyncIteration:
            return None
        return message if isinstance(message, bytes) else message.encode()
    return SSE_KEEPALIVE


def _last_event_id(request: web.Request) -> int | None:
    text = request.headers.get("Last-Event-ID", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST):
        raise ApiError(422, "invalid", f"the Last-Event-ID is wrong: {text[:40]!r} is no number")
    return int(text)


async def _check_job(request: web.Request, job: str | None) -> None:
    if job is not None and await request.app[keys.STORE].job(job) is None:
        raise not_found("job", job)


def _cut_when_closed(request: web.Request, events: Subscription) -> None:
    """End the connection with the subscription, also where a write to it is stuck."""
    transport = request.transport

    def cut(reason: str) -> None:
        if transport is None:
            return
        if reason == SLOW:
            transport.abort()
        elif not transport.is_closing():
            asyncio.get_running_loop().call_later(2 * CLOSE_S, _abort, transport)

    events.on_close = cut


def _abort(transport: asyncio.WriteTransport) -> None:
    if not transport.is_closing():
        transport.abort()
