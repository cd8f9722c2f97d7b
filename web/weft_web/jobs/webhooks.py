"""Calling webhooks: a POST of the job when it has ended, signed, tried again where it fails.

The body is the job as the API shows it (`JobView`). The header `Weft-Signature: t=TIME,v1=DIGEST`
holds the hexadecimal HMAC-SHA256 of `TIME.BODY` under the webhook secret, which is derived from the
server's token (`webhook_secret`). A call counts as heard if it is answered with 2xx. It may come
more than once; the header `Weft-Delivery` is the same then.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import time
from typing import TYPE_CHECKING

import aiohttp

from weft_web.api.schemas import FINAL
from weft_web.api.views import job_view
from weft_web.errors import ApiError
from weft_web.security.outbound import check_target, open_session
from weft_web.settings import Settings

if TYPE_CHECKING:
    from weft_web.store.records import JobRow
    from weft_web.store.store import Store

BACKOFF = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0)  # seconds until the next try
AT_ONCE = 8
ERROR = 300  # characters kept

_log = logging.getLogger("weft.webhooks")


def webhook_secret(token: str) -> str:
    """What webhooks are signed with. From the token, which it does not give away."""
    return hmac.new(token.encode(), b"weft webhook secret", hashlib.sha256).hexdigest()


def signature(secret: str, when: int, body: bytes) -> str:
    """The value of the header `Weft-Signature`."""
    digest = hmac.new(secret.encode(), b"%d." % when + body, hashlib.sha256).hexdigest()
    return f"t={when},v1={digest}"


class Webhooks:
    """Calls webhooks in the background; no job waits for one."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._secret = webhook_secret(settings.token or "")
        self._allowed = tuple(settings.webhook_hosts)
        self._session: aiohttp.ClientSession | None = None
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._closed = False

    async def start(self) -> None:
        """Call what an earlier server still had to."""
        for one in await self._store.webhooks.pending():
            self.due(one.job, one.tries, one.due)

    async def close(self) -> None:
        """Stop; what was not told is told at the next start."""
        self._closed = True
        for task in list(self._calls.values()):
            task.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def due(self, job: str, tries: int = 0, when: float = 0.0) -> None:
        """A job that has a webhook has ended."""
        old = self._calls.pop(job, None)
        if old is not None:
            old.cancel()  # it was retried, and has ended anew
        if not self._closed:
            task = asyncio.create_task(self._deliver(job, tries, when), name=f"webhook {job}")
            self._calls[job] = task
            task.add_done_callback(lambda done: self._done(job, done))

    def _done(self, job: str, task: asyncio.Task[None]) -> None:
        if self._calls.get(job) is task:
            del self._calls[job]
        if not task.cancelled() and task.exception() is not None:
            _log.error("the webhook of job %s: %s", job, task.exception())

    async def _deliver(self, job: str, tries: int, when: float) -> None:
        while True:
            await asyncio.sleep(max(0.0, when - time.time()))
            row = await self._store.job(job)
            if row is None or row.webhook is None or row.state not in FINAL:
                return
            try:
                error = await self._call(row)
            except Exception as fault:  # of this server; another try may find it mended
                _log.exception("the webhook of job %s could not be called", job)
                error = f"{type(fault).__name__}: {fault}"[:ERROR]
            tries += 1
            again = error is not None and tries <= len(BACKOFF)
            when = time.time() + BACKOFF[tries - 1] if again else 0.0
            await self._note(row, tries, when if again else None, error)
            if not again:
                if error is not None:
                    _log.error("the webhook of job %s was given up: %s", job, error)
                return

    async def _note(self, row: JobRow, tries: int, due: float | None, error: str | None) -> None:
        # A call that could not be noted is repeated after a restart: better twice than never.
        with contextlib.suppress(Exception):
            await self._store.webhooks.note(row.id, row.last_event, tries, due, error)

    async def _call(self, row: JobRow) -> str | None:
        """One call; what was wrong with it, or None."""
        outputs = await self._store.outputs([row.id])
        body = job_view(row, outputs.get(row.id, ())).model_dump_json().encode()
        when = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "Weft-Signature": signature(self._secret, when, body),
            "Weft-Delivery": f"{row.id}-{row.last_event}",
        }
        try:
            target = check_target(row.webhook or "", self._allowed)
            async with self._turn:
                if self._session is None:
                    self._session = open_session(self._allowed)
                answer = await self._session.post(
                    target, data=body, headers=headers, allow_redirects=False
                )
                answer.close()
        except (aiohttp.ClientError, OSError, TimeoutError, ApiError) as error:
            return f"{type(error).__name__}: {error}"[:ERROR]
        return None if 200 <= answer.status < 300 else f"it answered {answer.status}"
