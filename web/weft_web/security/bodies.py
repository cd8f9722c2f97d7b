"""Reading what a client sends: bounded before it is read, while it is read, and before it is
parsed, since a few bytes of text can become many of objects.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web

from weft import WorkflowError, parse_json
from weft_web.errors import ApiError
from weft_web.security.turns import Turns
from weft_web.settings import MIB, Limits

BODY_SECONDS = 60  # for all of a body; a client that takes longer is holding a connection open
LARGE = MIB // 4  # more than this is parsed in a thread, in turn
MAX_MEMORY = 80 * MIB  # of a parsed body, estimated

# What a character may cost in memory once parsed: the object it opens, or the slot, the key and
# the small value it stands between. Counted in texts as well, which only errs to the safe side.
_COSTS = {b"{": 64, b"[": 72, b":": 120, b",": 72}

_WIDE = re.compile(rb"[\xf0-\xff]")

# Who sends slowly holds up other large bodies only where this many do so at once.
_reading = Turns(16)
_parsing = Turns(2)


async def read_json(request: web.Request, limits: Limits) -> Any:
    """The JSON data of a request's body.

    Raises ApiError: 415 for another content type, 413 for too much, 408 for too slow,
    400 for what is no JSON, with duplicate keys, NaN, or nested too deeply.
    """
    if request.content_type != "application/json":
        raise _unsupported("expected Content-Type: application/json", request.content_type)
    charset = request.charset or "utf-8"
    if charset.lower() not in ("utf-8", "utf8"):
        raise _unsupported("expected UTF-8", charset)
    if request.content_length is not None and request.content_length <= LARGE:
        return parse(await read_bounded(request, limits.body), limits)
    async with _reading():
        raw = await read_bounded(request, limits.body)
        async with _parsing():
            return await asyncio.to_thread(parse, raw, limits)


async def read_bounded(request: web.Request, most: int) -> bytearray:
    """A request's body, as long as it is no longer than `most` bytes. Raises ApiError."""
    if request.content_length is not None and request.content_length > most:
        raise _too_large(most)
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while chunk := await request.content.readany():
                raw += chunk
                if len(raw) > most:
                    raise _too_large(most)
    except TimeoutError as error:
        raise ApiError(
            408, "too_slow", f"the body did not arrive within {BODY_SECONDS} seconds",
            headers={"Connection": "close"},
        ) from error  # fmt: skip
    return raw


def parse(raw: bytes | bytearray, limits: Limits) -> Any:
    """JSON data of bounded size and depth. Raises ApiError."""
    if len(raw) > limits.body:
        raise _too_large(limits.body)
    if memory(raw) > MAX_MEMORY:
        raise ApiError(
            413, "too_large",
            f"the body would take more than {MAX_MEMORY // MIB} MiB of memory when read",
        )  # fmt: skip
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ApiError(
            400, "invalid_json", f"the body is not UTF-8 text: byte {error.start}"
        ) from error
    try:
        return parse_json(text, max_depth=limits.depth)
    except WorkflowError as error:
        first = str(error.problems[0]).removeprefix("the file is not JSON: ")[:300]
        raise ApiError(
            400, "invalid_json", f"the body is not usable JSON: {first}", error.problems[:100]
        ) from error


def memory(raw: bytes | bytearray) -> int:
    """An upper estimate of the bytes that the text and its data take in memory."""
    # Python keeps a text in as many bytes per character as its widest one needs; once as the
    # whole, once as the texts in it.
    width = 1 if raw.isascii() else 4 if _WIDE.search(raw) else 2
    return 2 * len(raw) * width + sum(raw.count(mark) * cost for mark, cost in _COSTS.items())


def check_nodes(workflow: object, limits: Limits) -> None:
    """Raise ApiError 413 where a workflow has more nodes than the server takes.

    Takes any JSON data; what is no workflow is for the validation to say.
    """
    count = 0
    waiting = [workflow]
    while waiting:
        graph = waiting.pop()
        if not isinstance(graph, dict):
            continue
        nodes, subgraphs = graph.get("nodes"), graph.get("subgraphs")
        count += len(nodes) if isinstance(nodes, dict | list) else 0
        if isinstance(subgraphs, dict):
            waiting += subgraphs.values()
    if count > limits.nodes:
        raise ApiError(
            413, "too_many_nodes",
            f"the workflow has {count} nodes; this server takes {limits.nodes}",
        )  # fmt: skip


def _too_large(most: int) -> ApiError:
    # The rest of the body is never read, so the connection cannot be used again.
    return ApiError(
        413, "too_large", f"the body is larger than {most} bytes", headers={"Connection": "close"}
    )


def _unsupported(expected: str, got: str) -> ApiError:
    return ApiError(415, "unsupported_media_type", f"{expected}, got {ascii(got)[:100]}")
