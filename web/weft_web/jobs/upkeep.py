"""What has to be done now and then: looking for what was forgotten, pruning, sweeping."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from weft_web.settings import Settings

if TYPE_CHECKING:
    from weft_web.store.store import Store

AUDIT_EVERY = 30.0
SWEEP_EVERY = 3600.0
FIRST_SWEEP = 30.0
WAIT_FOR_CALM = 6 * 3600.0  # a server that is never calm is swept all the same

_log = logging.getLogger("weft.jobs")


class Upkeep:
    """Runs in the background; what fails is logged and tried again at its next turn.

    audit: makes sure that no job is forgotten. calm: whether the queue is empty.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        audit: Callable[[], Awaitable[None]],
        calm: Callable[[], bool],
    ) -> None:
        self._store = store
        self._keep_days = settings.keep_days
        self._audit = audit
        self._calm = calm
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="upkeep")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        due = time.monotonic() + FIRST_SWEEP
        while True:
            await asyncio.sleep(AUDIT_EVERY)
            await self._try("looking for forgotten jobs", self._audit)
            now = time.monotonic()
            if now >= due and (self._calm() or now >= due + WAIT_FOR_CALM):
                await self._try("sweeping", self.sweep)
                due = now + SWEEP_EVERY

    async def sweep(self) -> None:
        """Delete jobs that are too old, then files that nothing refers to."""
        if self._keep_days is not None:
            await self._store.prune(self._keep_days)
        await self._store.sweep()

    async def _try(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:
            _log.exception("%s failed; it is tried again later", what)
