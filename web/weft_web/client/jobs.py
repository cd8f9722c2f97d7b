"""Jobs and their events."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import ValidationError

from weft_web.api.schemas import (
    FINAL,
    Deleted,
    EventList,
    EventView,
    JobDetail,
    JobList,
    JobState,
    JobView,
)
from weft_web.client.errors import RefusedError, UnreachableError
from weft_web.client.requests import (
    BUSY,
    LOST,
    SILENCE,
    Requests,
    WorkflowLike,
    document,
    pause_before,
    refusal,
)
from weft_web.client.sse import messages

PAGE = 1000  # events asked for at once
ENDS = ("finished", "cancelled", "quarantined", "deleted")


class Jobs(Requests):
    """What a client does with jobs; see `Client`."""

    async def submit(
        self,
        workflow: WorkflowLike | None = None,
        *,
        name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        targets: Sequence[str] = (),
        priority: int = 0,
        deadline_s: float | None = None,
        webhook: str | None = None,
        label: str | None = None,
        key: str | None = None,
    ) -> JobView:
        """Submit a job; it is stored when this returns.

        workflow: a Workflow, its data, or a file; or else `name`, of a workflow saved there.
        key: the same key gives the same job, however often it is sent; a new one where none is.
        """
        body: dict[str, Any] = {
            "parameters": dict(parameters or {}),
            "targets": list(targets),
            "priority": priority,
            "deadline_s": deadline_s,
            "webhook": webhook,
            "label": label,
        }
        body |= {"name": name} if workflow is None else {"workflow": document(workflow)}
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return await self._ask(JobView, "POST", "/api/jobs", json=body, headers=headers)

    async def job(self, id: str) -> JobDetail:
        """A job, with its workflow and outputs."""
        return await self._ask(JobDetail, "GET", f"/api/jobs/{quote(id, safe='')}")

    async def jobs(
        self,
        states: Iterable[JobState] = (),
        *,
        workflow: str | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> JobList:
        """A page of jobs, newest first.

        workflow: only jobs of this saved one. before: the `next` of the page before.
        """
        query = [("state", one) for one in states] + [("limit", str(limit))]
        query += [("workflow", workflow)] if workflow else []
        query += [("before", before)] if before else []
        return await self._ask(JobList, "GET", "/api/jobs", params=query)

    async def cancel(self, id: str) -> JobView:
        """Cancel a job: at once where it waits, at its next step where it runs."""
        # Sent again after a lost answer, it may find the job cancelled, which is no failure.
        return await self._change(id, "cancel")

    async def retry(self, id: str) -> JobView:
        """Queue a job again that failed, was cancelled or quarantined."""
        return await self._ask(
            JobView, "POST", f"/api/jobs/{quote(id, safe='')}/retry", json={}, tries=1
        )

    async def move(
        self,
        id: str,
        *,
        to: str | None = None,
        before: str | None = None,
        priority: int | None = None,
    ) -> JobView:
        """Move a waiting job: to "front" or "back", before another one, or to a priority."""
        given = {"to": to, "before": before, "priority": priority}
        body = {key: value for key, value in given.items() if value is not None}
        return await self._ask(
            JobView, "POST", f"/api/jobs/{quote(id, safe='')}/move", json=body, tries=1
        )

    async def delete(self, id: str) -> Deleted:
        """Delete a job that ended, with its outputs."""
        return await self._ask(Deleted, "DELETE", f"/api/jobs/{quote(id, safe='')}", tries=1)

    async def _change(self, id: str, what: str) -> JobView:
        try:
            return await self._ask(
                JobView, "POST", f"/api/jobs/{quote(id, safe='')}/{what}", json={}
            )
        except RefusedError as error:
            if error.status != 409:
                raise
            job = await self.job(id)
            if job.state != "cancelled":
                raise
            return job

    # --- events -------------------------------------------------------------------------------

    async def events(self, job: str, *, since: int = 0) -> AsyncGenerator[EventView, None]:
        """The events of a job after number `since`, until it has ended.

        A lost connection is made again, and the stream goes on after the last number seen: no
        numbered event is missed, none comes twice. Progress has no number and may be missed.
        """
        last, failures = since, 0
        while True:
            view = await self.job(job)
            if view.state in FINAL and last >= view.last_event:
                return
            try:
                async with aclosing(self._stream(job, last)) as stream:
                    async for event in stream:
                        failures = 0
                        if event.job != job or event.event == "connected":
                            continue  # of the stream itself
                        if event.number is not None:
                            if event.number <= last:
                                continue
                            last = event.number
                        yield event
                        if event.event in ENDS and event.number is not None:
                            break
                    else:
                        failures += 1  # closed by the server: it drains, or we were too slow
            except RefusedError as error:
                failures += 1
                if error.status not in BUSY or failures >= self._tries:
                    raise
            except LOST as error:
                failures += 1
                if failures >= self._tries:
                    raise UnreachableError(f"{self.server}: the events stopped: {error}") from error
            if failures:
                await asyncio.sleep(pause_before(failures))

    async def _stream(self, job: str, since: int) -> AsyncGenerator[EventView, None]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)
        async with self._open().get(
            f"{self.server}/api/events",
            params={"job": job, "since": str(since)},
            headers={"Accept": "text/event-stream"},
            timeout=timeout,
            allow_redirects=False,
        ) as answer:
            if answer.status != 200:
                raise refusal(answer.status, await answer.read())
            async with aclosing(messages(answer.content.iter_any())) as stream:
                async for one in stream:
                    try:
                        yield EventView.model_validate_json(one.data)
                    except ValidationError:
                        continue  # of a newer server: not for us

    async def history(self, job: str, *, since: int = 0) -> EventList:
        """The events that a job has had so far, after number `since`."""
        found: list[EventView] = []
        while True:
            page = await self._ask(
                EventList,
                "GET",
                f"/api/jobs/{quote(job, safe='')}/events",
                params=[("since", str(since)), ("limit", str(PAGE))],
            )
            found += page.events
            if len(page.events) < PAGE:
                return EventList(events=found, last=page.last)
            since = page.last

    async def wait(self, id: str, *, seconds: float | None = None) -> JobDetail:
        """The job once it has ended. Raises TimeoutError where that takes longer than `seconds`."""
        async with asyncio.timeout(seconds):
            async with aclosing(self.events(id)) as events:
                async for _ in events:
                    pass
            return await self.job(id)

    async def run(
        self,
        workflow: WorkflowLike | None = None,
        *,
        name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> JobDetail:
        """Submit a job and wait for its end."""
        job = await self.submit(workflow, name=name, parameters=parameters)
        return await self.wait(job.id, seconds=seconds)
