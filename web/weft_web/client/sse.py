"""Server-sent events: from lines to messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass

MAX_MESSAGE = 16 * 1024**2  # bytes of one event


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `id`: what to resume after; None where the message has none."""

    event: str
    data: str
    id: str | None


async def messages(chunks: AsyncIterable[bytes]) -> AsyncGenerator[Message, None]:
    """The messages of a stream, as the WHATWG rules read it. Raises ValueError past 16 MiB."""
    event, id, held = "", None, 0
    data: list[str] = []
    async for raw in _lines(chunks):
        line = raw.decode("utf-8", "replace")
        if not line:
            if data:
                yield Message(event or "message", "\n".join(data), id)
            event, data, id, held = "", [], None, 0
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            held += len(value)
            if held > MAX_MESSAGE:
                raise ValueError("a message is over 16 MiB")
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id":
            id = value


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for chunk in chunks:
        rest += chunk
        *lines, rest = rest.split(b"\n")
        if len(rest) > MAX_MESSAGE:
            raise ValueError("a line is over 16 MiB")
        for line in lines:
            yield line.removesuffix(b"\r")
