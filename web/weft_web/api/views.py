"""Rows of the database as HTTP answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from weft_web.api.schemas import (
    EventView,
    JobDetail,
    JobView,
    OutputView,
    Upload,
    WorkflowView,
)
from weft_web.store.records import (
    EventRow,
    JobContent,
    JobRow,
    OutputRow,
    UploadRow,
    WorkflowRow,
)

PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")  # with a thumbnail


def job_view(
    row: JobRow, outputs: Sequence[OutputRow] = (), position: int | None = None
) -> JobView:
    """A job without its workflow."""
    return JobView.model_validate(_job(row, outputs, position))


def job_detail(
    row: JobRow,
    content: JobContent,
    outputs: Sequence[OutputRow] = (),
    position: int | None = None,
) -> JobDetail:
    """A job with its workflow."""
    more = {
        "workflow": content.workflow,
        "parameters": content.parameters,
        "targets": list(content.targets),
        "deadline_s": row.deadline_s,
        "webhook": row.webhook,
    }
    return JobDetail.model_validate(_job(row, outputs, position) | more)


def _job(row: JobRow, outputs: Sequence[OutputRow], position: int | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "label": row.label,
        "priority": row.priority,
        "position": position if row.state == "queued" else None,
        "workflow_name": row.workflow_name,
        "created": row.created,
        "started": row.started,
        "finished": row.finished,
        "attempts": row.attempts,
        "device": row.device,
        "error": row.error,
        "nodes": row.nodes,
        "outputs": [output_view(one) for one in outputs],
        "last_event": row.last_event,
    }


def output_view(row: OutputRow) -> OutputView:
    """Something a job made, with where to fetch it."""
    url = thumbnail = None
    if row.sha256 is not None:
        url = f"/api/outputs/{row.sha256}"
        if row.mime in PICTURES:
            thumbnail = f"{url}/thumbnail"
        if row.name:
            url += "?" + urlencode({"name": row.name.rpartition("/")[2]})
    item = row.item
    return OutputView(
        node=row.node,
        index=row.index,
        name=row.name,
        mime=row.mime,
        bytes=row.bytes,
        sha256=row.sha256,
        width=_whole(item, "width"),
        height=_whole(item, "height"),
        preview=item.get("preview") is True,
        url=url,
        thumbnail=thumbnail,
        item=dict(item),
    )


def _whole(item: Mapping[str, Any], name: str) -> int | None:
    """A node may say anything of what it made; only a whole number is a size."""
    value = item.get(name)
    return value if type(value) is int else None


def event_view(row: EventRow) -> EventView:
    """A stored event."""
    return EventView(number=row.number, job=row.job, time=row.time, event=row.event, data=row.data)


def workflow_view(row: WorkflowRow, picture: str | None = None) -> WorkflowView:
    """A saved workflow without its content. picture: the digest of one that it made."""
    return WorkflowView(
        name=row.name,
        revision=row.revision,
        saved=row.saved,
        created=row.created,
        nodes=row.nodes,
        parameters=list(row.parameters),
        thumbnail=None if picture is None else f"/api/outputs/{picture}/thumbnail",
    )


def upload_view(row: UploadRow) -> Upload:
    """An uploaded file, with where to fetch it."""
    url = f"/api/uploads/{quote(row.name, safe='')}"
    return Upload(
        name=row.name,
        sha256=row.sha256,
        bytes=row.bytes,
        mime=row.mime,
        created=row.created,
        url=url,
        thumbnail=f"{url}/thumbnail" if row.mime in PICTURES else None,
    )
