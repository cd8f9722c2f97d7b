"""Framed messages between the server and its worker processes.

A frame is four bytes of length, one byte that says what it is, and the content. Both ends are the
same program on the same machine, so a frame that makes no sense means that memory or the stream is
broken: the process is then given up.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable, Iterator
from typing import Any, cast

HEAD = struct.Struct("!IB")
JSON, PREVIEW = 0, 1
MOST = 1 << 30

Take = Callable[[int, bytes], None]


class WireError(ValueError):
    """A frame that makes no sense."""


def json_frame(data: object, errors: str = "surrogatepass") -> bytes:
    """JSON data as one frame. Raises TypeError or ValueError for what JSON cannot hold.

    errors: what becomes of half characters, as for `str.encode`.
    """
    content = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", errors)
    return HEAD.pack(len(content), JSON) + content


def preview_frame(header: dict[str, Any], picture: bytes) -> bytes:
    """A picture with what is said of it."""
    said = json.dumps(header).encode()
    size = 4 + len(said) + len(picture)
    return HEAD.pack(size, PREVIEW) + len(said).to_bytes(4, "big") + said + picture


def read_json(content: bytes) -> Any:
    """The data of a JSON frame."""
    try:
        return json.loads(content.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise WireError(f"a message is no JSON: {error}") from error


def read_preview(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The two parts of a preview frame."""
    end = 4 + int.from_bytes(content[:4], "big")
    header = read_json(content[4:end])
    if not isinstance(header, dict):
        raise WireError("a preview without a header")
    return header, content[end:]


class Frames:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are complete now. Raises WireError."""
        held = self._held
        held += data
        start = 0
        while len(held) - start >= HEAD.size:
            size, kind = HEAD.unpack_from(held, start)
            if size > MOST or kind not in (JSON, PREVIEW):
                raise WireError("a frame that is none")
            end = start + HEAD.size + size
            if len(held) < end:
                break
            yield kind, bytes(held[start + HEAD.size : end])
            start = end
        if start:
            del held[:start]


class Channel(asyncio.Protocol):
    """One end of a connection on an event loop.

    take: called with every frame. lost: called once, when the other end is gone or made no sense.
    """

    def __init__(self, take: Take, lost: Callable[[], None]) -> None:
        self._take = take
        self._lost = lost
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._leaving: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            for kind, content in self._frames.feed(data):
                self._take(kind, content)
        except WireError:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()

    def send(self, frame: bytes) -> None:
        """Send a frame; nothing where the other end is gone.

        What is sent in one turn of the loop goes out with one call of the system.
        """
        if not self._leaving:
            asyncio.get_running_loop().call_soon(self._leave)
        self._leaving.append(frame)

    def _leave(self) -> None:
        frames, self._leaving = self._leaving, []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(frames))

    def abort(self) -> None:
        """Close at once; `lost` is called soon."""
        if self._transport is not None:
            self._transport.abort()
