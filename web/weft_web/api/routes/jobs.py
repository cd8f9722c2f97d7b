"""Jobs: submit, look at, cancel, retry, move, delete."""

from __future__ import annotations

from aiohttp import web

from weft_web.api import keys
from weft_web.api.queries import EventQuery, JobId, JobQuery
from weft_web.api.routing import Reply
from weft_web.api.schemas import (
    Deleted,
    EventList,
    JobDetail,
    JobList,
    JobView,
    Move,
    Paused,
    Submission,
)
from weft_web.api.streams import event_stream, wants_stream
from weft_web.api.views import event_view, job_detail, job_view
from weft_web.errors import ApiError, not_found
from weft_web.store.records import JobRow

KEY_LENGTH = 200


async def submit_job(request: web.Request, body: Submission) -> Reply[JobView]:
    """Run a workflow.

    The answer comes when the job is stored: from then on it survives any crash. A repeated request
    with the same Idempotency-Key gets the first one's job.
    """
    row, created = await request.app[keys.SUBMISSIONS].submit(body, _idempotency_key(request))
    headers = {"Location": f"/api/jobs/{row.id}"}
    if not created:
        headers["Idempotency-Replayed"] = "true"
    return Reply(await _view(request, row, fresh=created), headers=headers)


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    key = key.strip()
    if not 1 <= len(key) <= KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise ApiError(
            422,
            "invalid",
            f"the Idempotency-Key is wrong: expected 1 to {KEY_LENGTH} printable ASCII characters",
        )
    return key


async def list_jobs(request: web.Request, query: JobQuery) -> JobList:
    """List jobs, newest first."""
    store = request.app[keys.STORE]
    rows, following = await store.jobs(
        query.state or None, query.limit, query.before, query.workflow
    )
    outputs = await store.outputs([one.id for one in rows])
    place = request.app[keys.DISPATCHER].position
    views = [job_view(one, outputs.get(one.id, ()), place(one.id)) for one in rows]
    return JobList(jobs=views, next=following, counts=await store.counts())


async def get_job(request: web.Request, id: JobId) -> JobDetail:
    """Look at one job, with the workflow that it runs."""
    store = request.app[keys.STORE]
    row = await _row(request, id)
    content = await store.content(id)
    if content is None:
        raise not_found("job", id)
    outputs = await store.outputs(id)
    return job_detail(row, content, outputs, request.app[keys.DISPATCHER].position(id))


async def delete_job(request: web.Request, id: JobId) -> Deleted:
    """Delete a job that has ended, and its outputs where no other job has them."""
    await request.app[keys.DISPATCHER].delete(id)
    return Deleted(deleted=1)


async def cancel_job(request: web.Request, id: JobId) -> Reply[JobView]:
    """Stop a job.

    One that waits is cancelled at once. One that runs stops at its next step; if it does not, its
    process is ended. The answer does not wait for that.
    """
    row = await request.app[keys.DISPATCHER].cancel(id)
    return Reply(await _view(request, row))


async def retry_job(request: web.Request, id: JobId) -> Reply[JobView]:
    """Queue a job again that failed, was cancelled or is in quarantine."""
    row = await request.app[keys.DISPATCHER].retry(id)
    return Reply(await _view(request, row))


async def move_job(request: web.Request, id: JobId, body: Move) -> JobView:
    """Let a waiting job run earlier or later."""
    if len(body.model_fields_set) != 1 or None in (getattr(body, n) for n in body.model_fields_set):
        raise ApiError(422, "invalid", "expected exactly one of to, before and priority")
    row = await request.app[keys.DISPATCHER].move(id, body)
    return await _view(request, row)


async def list_job_events(
    request: web.Request, id: JobId, query: EventQuery
) -> EventList | web.StreamResponse:
    """List a job's events, oldest first; with `Accept: text/event-stream`, follow them."""
    await _row(request, id)
    if wants_stream(request):
        return await event_stream(request, since=query.since or 0, job=id)
    store = request.app[keys.STORE]
    rows = await store.events(query.since or 0, id, query.limit)
    last = rows[-1].number if rows else query.since or 0
    return EventList(events=[event_view(one) for one in rows], last=last)


async def pause_queue(request: web.Request, body: Paused) -> Paused:
    """Let waiting jobs wait, or go on. What runs is not touched."""
    dispatcher = request.app[keys.DISPATCHER]
    if body.paused:
        dispatcher.pause("paused by a person")
    else:
        dispatcher.resume()
    return Paused(paused=dispatcher.paused is not None)


async def _row(request: web.Request, id: str) -> JobRow:
    row = await request.app[keys.STORE].job(id)
    if row is None:
        raise not_found("job", id)
    return row


async def _view(request: web.Request, row: JobRow, *, fresh: bool = False) -> JobView:
    """fresh: it was stored just now, so that it has no outputs yet."""
    if fresh or row.state == "queued":
        return job_view(row, position=request.app[keys.DISPATCHER].position(row.id))
    return job_view(row, await request.app[keys.STORE].outputs(row.id))
