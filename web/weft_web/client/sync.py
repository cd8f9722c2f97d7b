"""The client for programs without an event loop: the same methods, which block."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from weft_web.api.schemas import (
    CacheCleared,
    Catalogue,
    Checked,
    ChoicesView,
    Deleted,
    EventList,
    EventView,
    Health,
    History,
    JobDetail,
    JobList,
    JobState,
    JobView,
    ModelList,
    OutputView,
    PlanView,
    PluginList,
    SystemView,
    Upload,
    UploadList,
    WorkflowDetail,
    WorkflowList,
    WorkflowView,
)
from weft_web.client.client import Client
from weft_web.client.requests import WorkflowLike

Answer = TypeVar("Answer")


class SyncClient:
    """As `Client`, whose methods say more. Use it in `with`; any thread may call it.

    Its requests run on an event loop in a thread of its own.
    """

    def __init__(
        self,
        server: str | None = None,
        token: str | None = None,
        *,
        tries: int = 6,
        seconds: float = 60.0,
    ) -> None:
        self._client = Client(server, token, tries=tries, seconds=seconds)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.server = self._client.server

    def __enter__(self) -> SyncClient:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="weft-client", daemon=True
        )
        self._thread.start()
        self._do(self._client.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread."""
        if self._loop is None or self._thread is None:
            return
        self._do(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None

    def _do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        if self._loop is None:
            work.close()
            raise RuntimeError("the client is closed; use it in `with SyncClient(...) as client`")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C in this thread ends the request in the other
            raise

    # --- jobs ---------------------------------------------------------------------------------

    def submit(
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
        """Submit a job; it is stored when this returns."""
        return self._do(
            self._client.submit(
                workflow,
                name=name,
                parameters=parameters,
                targets=targets,
                priority=priority,
                deadline_s=deadline_s,
                webhook=webhook,
                label=label,
                key=key,
            )
        )

    def job(self, id: str) -> JobDetail:
        """A job, with its workflow and outputs."""
        return self._do(self._client.job(id))

    def jobs(
        self,
        states: Iterable[JobState] = (),
        *,
        workflow: str | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> JobList:
        """A page of jobs, newest first. workflow: only jobs of this saved one."""
        return self._do(self._client.jobs(states, workflow=workflow, limit=limit, before=before))

    def cancel(self, id: str) -> JobView:
        """Cancel a job."""
        return self._do(self._client.cancel(id))

    def retry(self, id: str) -> JobView:
        """Queue a job again that failed, was cancelled or quarantined."""
        return self._do(self._client.retry(id))

    def move(
        self,
        id: str,
        *,
        to: str | None = None,
        before: str | None = None,
        priority: int | None = None,
    ) -> JobView:
        """Move a waiting job."""
        return self._do(self._client.move(id, to=to, before=before, priority=priority))

    def delete(self, id: str) -> Deleted:
        """Delete a job that ended, with its outputs."""
        return self._do(self._client.delete(id))

    # --- events -------------------------------------------------------------------------------

    def events(self, job: str, *, since: int = 0) -> Iterator[EventView]:
        """The events of a job until it has ended; goes on after a lost connection."""
        stream = self._client.events(job, since=since)
        try:
            while (event := self._do(_next(stream))) is not None:
                yield event
        finally:
            self._do(stream.aclose())

    def history(self, job: str, *, since: int = 0) -> EventList:
        """The events that a job has had so far."""
        return self._do(self._client.history(job, since=since))

    def wait(self, id: str, *, seconds: float | None = None) -> JobDetail:
        """The job once it has ended. Raises TimeoutError where that takes longer than `seconds`."""
        return self._do(self._client.wait(id, seconds=seconds))

    def run(
        self,
        workflow: WorkflowLike | None = None,
        *,
        name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> JobDetail:
        """Submit a job and wait for its end."""
        return self._do(
            self._client.run(workflow, name=name, parameters=parameters, seconds=seconds)
        )

    # --- files --------------------------------------------------------------------------------

    def read(self, output: OutputView | str) -> bytes:
        """The content of an output's file."""
        return self._do(self._client.read(output))

    def download(self, job: str | JobView, folder: str | os.PathLike[str] = "output") -> list[Path]:
        """Write a job's files into a folder; give the paths."""
        return self._do(self._client.download(job, folder))

    def save(self, output: OutputView, folder: str | os.PathLike[str]) -> Path:
        """Write one output's file into a folder; give its path."""
        return self._do(self._client.save(output, folder))

    def upload(self, file: str | os.PathLike[str], name: str | None = None) -> Upload:
        """Upload a file; nodes name it by the answer's `name`."""
        return self._do(self._client.upload(file, name))

    def uploads(self) -> UploadList:
        """The uploaded files."""
        return self._do(self._client.uploads())

    def delete_upload(self, name: str) -> Deleted:
        """Delete an uploaded file."""
        return self._do(self._client.delete_upload(name))

    # --- workflows ----------------------------------------------------------------------------

    def validate(
        self,
        workflow: WorkflowLike,
        parameters: Mapping[str, Any] | None = None,
        targets: Sequence[str] = (),
    ) -> Checked:
        """Everything that is wrong with a workflow."""
        return self._do(self._client.validate(workflow, parameters, targets))

    def plan(
        self,
        workflow: WorkflowLike,
        parameters: Mapping[str, Any] | None = None,
        targets: Sequence[str] = (),
    ) -> PlanView:
        """What a run would do, and why."""
        return self._do(self._client.plan(workflow, parameters, targets))

    def workflows(self) -> WorkflowList:
        """The saved workflows."""
        return self._do(self._client.workflows())

    def workflow(self, name: str, revision: int | None = None) -> WorkflowDetail:
        """A saved workflow."""
        return self._do(self._client.workflow(name, revision))

    def save_workflow(
        self, name: str, workflow: WorkflowLike, *, revision: int = 0, message: str | None = None
    ) -> WorkflowView:
        """Save a workflow. revision: the one it was made from, 0 for a new name."""
        return self._do(
            self._client.save_workflow(name, workflow, revision=revision, message=message)
        )

    def rename_workflow(self, name: str, new: str, revision: int) -> WorkflowView:
        """Rename a saved workflow."""
        return self._do(self._client.rename_workflow(name, new, revision))

    def delete_workflow(self, name: str) -> Deleted:
        """Delete a saved workflow, with its history."""
        return self._do(self._client.delete_workflow(name))

    def workflow_history(self, name: str) -> History:
        """The revisions of a saved workflow."""
        return self._do(self._client.workflow_history(name))

    # --- the server ---------------------------------------------------------------------------

    def nodes(self) -> Catalogue:
        """All node types."""
        return self._do(self._client.nodes())

    def choices(self, type: str, input: str) -> ChoicesView:
        """What an input of a node type may be set to."""
        return self._do(self._client.choices(type, input))

    def models(self) -> ModelList:
        """The model files."""
        return self._do(self._client.models())

    def plugins(self) -> PluginList:
        """The installed plugins."""
        return self._do(self._client.plugins())

    def system(self) -> SystemView:
        """The machine and the server."""
        return self._do(self._client.system())

    def health(self) -> Health:
        """Whether the server can run jobs. Needs no token."""
        return self._do(self._client.health())

    def pause(self, paused: bool = True) -> None:
        """Let the queue wait, or go on."""
        self._do(self._client.pause(paused))

    def clear_cache(self, tier: str | None = None) -> CacheCleared:
        """Clear a tier of the cache ("device", "host", "disk"), or all."""
        return self._do(self._client.clear_cache(tier))


async def _next(stream: Any) -> EventView | None:
    event: EventView | None = await anext(stream, None)
    return event
