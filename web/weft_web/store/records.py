"""Rows of the database as the rest of the server sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["queued", "running", "done", "failed", "cancelled", "quarantined"]


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be stored. `workflow`: canonical JSON text, parameters set.

    asked: a digest of what was asked for, which repeats with the same key have in common; of the
    job's own content where there is none.
    """

    id: str
    workflow: str
    parameters: dict[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    priority: int = 0
    deadline_s: float | None = None
    webhook: str | None = None
    label: str | None = None
    workflow_name: str | None = None
    idempotency_key: str | None = None
    asked: bytes | None = None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job. Times are seconds since the epoch. `position` orders the queue within a priority.

    run: counts its claims; a message of an older run is stale.
    attempts: how often its process died under it, or the server did, while it ran.
    cancel_wanted: somebody asked a running job to stop.
    """

    id: str
    state: State
    priority: int
    position: float
    created: float
    started: float | None
    finished: float | None
    run: int
    attempts: int
    cancel_wanted: bool
    deadline_s: float | None
    webhook: str | None
    label: str | None
    workflow_name: str | None
    device: str | None
    error: dict[str, Any] | None
    nodes: dict[str, Any]
    last_event: int


@dataclass(frozen=True, slots=True)
class JobContent:
    """What a job runs."""

    workflow: dict[str, Any]
    parameters: dict[str, Any]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutputRow:
    """Something a job made. `sha256` and `bytes` where it is a file in the blob store."""

    node: str
    index: int
    item: dict[str, Any]
    name: str | None = None
    mime: str | None = None
    sha256: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """A stored event."""

    number: int
    job: str
    time: float
    event: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """One saved state of a workflow."""

    revision: int
    sha256: str
    saved: float
    bytes: int
    nodes: int
    message: str | None


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A saved workflow at its newest revision, without its content."""

    name: str
    revision: int
    saved: float
    created: float
    nodes: int
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An uploaded file."""

    name: str
    sha256: str
    bytes: int
    mime: str
    created: float
