"""The routes of the server: /ext/stats/api/summary and /ext/stats/api/metrics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import Field

from weft import InputError
from weft_stats.counts import KEPT_DAYS
from weft_stats.metrics import CONTENT_TYPE, metrics
from weft_stats.store import EVER, default_path, read
from weft_stats.summary import Summary
from weft_stats.summary import summary as summary_of
from weft_web import ApiError, Request, Route

log = logging.getLogger("weft.stats")
UNREADABLE = (
    "the statistics cannot be read; the server's log says why, and `weft stats --clear` on its "
    "machine begins anew"
)
T = TypeVar("T")


class SummaryQuery(Request):
    """Which days."""

    days: Annotated[int, Field(ge=1, le=KEPT_DAYS, description="How many, today included.")] = 7


async def summary(request: web.Request, query: SummaryQuery) -> Summary:
    """What took the time, what was cached and what failed in the last days.

    It counts every run of the person who runs the server, also those without a server.
    """
    return await _in_thread(lambda: summary_of(query.days))


async def prometheus(request: web.Request) -> web.Response:
    """The sums of all time, for Prometheus."""
    tally = await _in_thread(lambda: read(default_path(), EVER, EVER))
    text = metrics(tally.all_runs(), tally.by_type())
    return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})


async def _in_thread(read_them: Callable[[], T]) -> T:
    """Read on a thread: a disk may be slow. Raises ApiError where nothing can be read."""
    try:
        return await asyncio.to_thread(read_them)
    except InputError as error:
        log.warning("%s", error)  # it names the file, which is no client's business
        raise ApiError(503, "unreadable", UNREADABLE) from error


ROUTES = [
    Route("GET", "/summary", summary, "stats", refusals=(503,)),
    Route("GET", "/metrics", prometheus, "stats", media=("text/plain",), refusals=(503,)),
]
