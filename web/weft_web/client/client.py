"""The client for programs on asyncio."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ValidationError

from weft import InputError, Workflow, confined
from weft_web.api.schemas import (
    FINAL,
    CacheCleared,
    Catalogue,
    Checked,
    ChoicesView,
    Deleted,
    ErrorAnswer,
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
from weft_web.client.errors import OutputError, RefusedError, UnreachableError
from weft_web.client.sse import messages
from weft_web.presence import find

Model = TypeVar("Model", bound=BaseModel)
WorkflowLike = Workflow | Mapping[str, Any] | str | os.PathLike[str]
LOST = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, asyncio.TimeoutError)
BUSY = (429, 502, 503, 504)  # answers that a later try may not get
ENDS = ("finished", "cancelled", "quarantined", "deleted")
SILENCE = 60.0  # seconds without a byte before an event stream counts as lost
CHUNK = 256 * 1024
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between tries


class Client:
    """Talks to a server. Use it in `async with`, from one event loop.

    server: its URL; the one that `weft serve` prints carries the token. Where none is given, the
        one in WEFT_SERVER, or the one that this person runs on this machine.
    token: the server's token, where the URL does not carry it; else the one in WEFT_TOKEN. Neither
        is needed for a server that this person runs on this machine.
    tries: how often a request that got no answer is sent. Only what may be sent twice is: a
        submission has a key by which the server knows it again.
    seconds: how long one try of a request may take.

    Methods raise RefusedError where the server says no, UnreachableError where it does not answer.
    """

    def __init__(
        self,
        server: str | None = None,
        token: str | None = None,
        *,
        tries: int = 6,
        seconds: float = 60.0,
    ) -> None:
        self.server, self._token = find(server, token)
        self._tries = max(1, tries)
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=10)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        # A proxy of the environment has no business with the token.
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=32),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # --- jobs ---------------------------------------------------------------------------------

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
        self, states: Iterable[JobState] = (), *, limit: int = 50, before: str | None = None
    ) -> JobList:
        """A page of jobs, newest first. before: the `next` of the page before."""
        query = [("state", one) for one in states] + [("limit", str(limit))]
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
        """The events of a job from number `since` on, until it has ended.

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
            except LOST as error:
                failures += 1
                if failures >= self._tries:
                    raise UnreachableError(f"{self.server}: the events stopped: {error}") from error
            if failures:
                await asyncio.sleep(_pause(failures))

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
                raise _refusal(answer.status, await answer.read())
            async with aclosing(messages(answer.content.iter_any())) as stream:
                async for one in stream:
                    try:
                        yield EventView.model_validate_json(one.data)
                    except ValidationError:
                        continue  # of a newer server: not for us

    async def history(self, job: str, *, since: int = 0) -> EventList:
        """The events that a job has had so far."""
        return await self._ask(
            EventList,
            "GET",
            f"/api/jobs/{quote(job, safe='')}/events",
            params=[("since", str(since))],
        )

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

    # --- files --------------------------------------------------------------------------------

    async def read(self, output: OutputView | str) -> bytes:
        """The content of an output's file, or of the file with that SHA-256."""
        answer = await self._send("GET", _output_path(output))
        return answer[1]

    async def download(
        self, job: str | JobView, folder: str | os.PathLike[str] = "output"
    ) -> list[Path]:
        """Write a job's files into a folder, under their names; give the paths.

        A file that is there with the same content is left, one with other content is not
        overwritten: the new one gets a number. Raises OutputError for a name that leads elsewhere.
        """
        view = await self.job(job) if isinstance(job, str) else job
        return [
            await self.save(one, folder) for one in view.outputs if one.sha256 and not one.preview
        ]

    async def save(self, output: OutputView, folder: str | os.PathLike[str]) -> Path:
        """Write one output's file into a folder; give its path."""
        if output.sha256 is None:
            raise OutputError(f"output {output.index} of {output.node} is no file")
        root = Path(folder)
        name = output.name or f"{output.node}-{output.sha256[:12]}"
        try:
            wanted = confined(root, name)
        except InputError as error:
            raise OutputError(f"the server named a file {name!r}: {error}") from error
        await asyncio.to_thread(wanted.parent.mkdir, parents=True, exist_ok=True)
        temporary = wanted.parent / f".tmp-{secrets.token_hex(8)}"
        try:
            await self._fetch(output, temporary)
            return await asyncio.to_thread(_put, temporary, wanted, output.sha256)
        finally:
            temporary.unlink(missing_ok=True)

    async def _fetch(self, output: OutputView, path: Path) -> None:
        """Download to a path, again from the start where the connection is lost."""
        error: Exception | None = None
        for count in range(self._tries):
            if count:
                await asyncio.sleep(_pause(count))
            try:
                digest = await self._fetch_once(output, path)
            except LOST as lost:
                error = lost
                continue
            if digest != output.sha256:
                raise OutputError(f"{output.name}: the content is not what the server promised")
            return
        raise UnreachableError(f"{self.server}: {error}")

    async def _fetch_once(self, output: OutputView, path: Path) -> str:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)
        digest = hashlib.sha256()
        async with self._open().get(
            self.server + _output_path(output), timeout=timeout, allow_redirects=False
        ) as answer:
            if answer.status != 200:
                raise _refusal(answer.status, await answer.read())
            with path.open("wb") as file:
                async for chunk in answer.content.iter_chunked(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        return digest.hexdigest()

    async def upload(self, file: str | os.PathLike[str], name: str | None = None) -> Upload:
        """Upload a file; nodes name it by the answer's `name`.

        name: under which; where none is given, the file's own with a digest of its content, so that
            different files never share a name. The server gives a number to a name that is taken.
        """
        path = Path(file)
        sha256, length = await asyncio.to_thread(_digest, path)
        wanted = name or f"{path.stem[:80]}-{sha256[:12]}{path.suffix}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
        where = f"/api/uploads/{quote(wanted, safe='')}"
        return await self._ask(Upload, "PUT", where, body=path, headers=headers)

    async def uploads(self) -> UploadList:
        """The uploaded files."""
        return await self._ask(UploadList, "GET", "/api/uploads")

    async def delete_upload(self, name: str) -> Deleted:
        """Delete an uploaded file."""
        return await self._ask(Deleted, "DELETE", f"/api/uploads/{quote(name, safe='')}", tries=1)

    # --- workflows ----------------------------------------------------------------------------

    async def validate(
        self,
        workflow: WorkflowLike,
        parameters: Mapping[str, Any] | None = None,
        targets: Sequence[str] = (),
    ) -> Checked:
        """Everything that is wrong with a workflow."""
        body = _check(workflow, parameters, targets)
        return await self._ask(Checked, "POST", "/api/validate", json=body)

    async def plan(
        self,
        workflow: WorkflowLike,
        parameters: Mapping[str, Any] | None = None,
        targets: Sequence[str] = (),
    ) -> PlanView:
        """What a run would do, and why."""
        body = _check(workflow, parameters, targets)
        return await self._ask(PlanView, "POST", "/api/plan", json=body)

    async def workflows(self) -> WorkflowList:
        """The saved workflows."""
        return await self._ask(WorkflowList, "GET", "/api/workflows")

    async def workflow(self, name: str, revision: int | None = None) -> WorkflowDetail:
        """A saved workflow, at its newest revision or an older one."""
        query = [] if revision is None else [("revision", str(revision))]
        return await self._ask(WorkflowDetail, "GET", _workflow_path(name), params=query)

    async def save_workflow(
        self, name: str, workflow: WorkflowLike, *, revision: int = 0, message: str | None = None
    ) -> WorkflowView:
        """Save a workflow. revision: the one it was made from, 0 for a new name.

        Raises RefusedError with status 409 where somebody saved another revision meanwhile.
        """
        body = {"workflow": document(workflow), "revision": revision, "message": message}
        return await self._ask(WorkflowView, "PUT", _workflow_path(name), json=body, tries=1)

    async def rename_workflow(self, name: str, new: str, revision: int) -> WorkflowView:
        """Rename a saved workflow."""
        body = {"name": new, "revision": revision}
        where = _workflow_path(name) + "/rename"
        return await self._ask(WorkflowView, "POST", where, json=body, tries=1)

    async def delete_workflow(self, name: str) -> Deleted:
        """Delete a saved workflow, with its history."""
        return await self._ask(Deleted, "DELETE", _workflow_path(name), tries=1)

    async def workflow_history(self, name: str) -> History:
        """The revisions of a saved workflow."""
        return await self._ask(History, "GET", _workflow_path(name) + "/history")

    # --- the server ---------------------------------------------------------------------------

    async def nodes(self) -> Catalogue:
        """All node types."""
        return await self._ask(Catalogue, "GET", "/api/nodes")

    async def choices(self, type: str, input: str) -> ChoicesView:
        """What an input of a node type may be set to."""
        where = f"/api/nodes/{quote(type, safe='')}/choices/{quote(input, safe='')}"
        return await self._ask(ChoicesView, "GET", where)

    async def models(self) -> ModelList:
        """The model files."""
        return await self._ask(ModelList, "GET", "/api/models")

    async def plugins(self) -> PluginList:
        """The installed plugins."""
        return await self._ask(PluginList, "GET", "/api/plugins")

    async def system(self) -> SystemView:
        """The machine and the server."""
        return await self._ask(SystemView, "GET", "/api/system")

    async def health(self) -> Health:
        """Whether the server can run jobs. Needs no token."""
        return await self._ask(Health, "GET", "/healthz", allowed=(503,))

    async def pause(self, paused: bool = True) -> None:
        """Let the queue wait, or go on."""
        await self._send("POST", "/api/queue/pause", json={"paused": paused})

    async def clear_cache(self, tier: str | None = None) -> CacheCleared:
        """Clear a tier of the cache ("device", "host", "disk"), or all."""
        return await self._ask(CacheCleared, "POST", "/api/cache/clear", json={"tier": tier})

    # --- requests -----------------------------------------------------------------------------

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is closed; use it in `async with Client(...) as client`")
        return self._session

    async def _ask(self, model: type[Model], method: str, path: str, **options: Any) -> Model:
        status, content = await self._send(method, path, **options)
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            raise RefusedError(
                status, "unknown_answer", f"{path} is no {model.__name__} of a Weft server: {error}"
            ) from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: Path | None = None,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        tries: int | None = None,
        allowed: tuple[int, ...] = (),
    ) -> tuple[int, bytes]:
        """Status and content of a good answer. A request without one is sent again."""
        error: Exception | None = None
        for count in range(self._tries if tries is None else tries):
            if count:
                await asyncio.sleep(_pause(count))
            try:
                status, content = await self._once(method, path, json, body, params, headers)
            except LOST as lost:
                error = lost
                continue
            if status < 300 or status in allowed:
                return status, content
            error = _refusal(status, content)
            if status not in BUSY:
                raise error
        if isinstance(error, RefusedError):
            raise error
        said = str(error) or type(error).__name__
        raise UnreachableError(f"{self.server} does not answer: {said}") from error

    async def _once(
        self,
        method: str,
        path: str,
        json: Any,
        body: Path | None,
        params: Sequence[tuple[str, str]],
        headers: Mapping[str, str] | None,
    ) -> tuple[int, bytes]:
        data = None if body is None else await asyncio.to_thread(body.open, "rb")
        try:
            async with self._open().request(
                method,
                self.server + path,
                json=json,
                data=data,
                params=params or None,
                headers=headers,
                timeout=self._timeout if body is None else aiohttp.ClientTimeout(sock_connect=10),
                # The token goes to the server that was named, and nowhere else.
                allow_redirects=False,
            ) as answer:
                return answer.status, await answer.read()
        finally:
            if data is not None:
                data.close()


def document(workflow: WorkflowLike) -> dict[str, Any]:
    """The data of a workflow, however it is given. Raises WorkflowError."""
    if isinstance(workflow, Workflow):
        return workflow.data()
    if isinstance(workflow, Mapping):
        return dict(workflow)
    return Workflow.load(Path(workflow)).data()


def _check(
    workflow: WorkflowLike, parameters: Mapping[str, Any] | None, targets: Sequence[str]
) -> dict[str, Any]:
    return {
        "workflow": document(workflow),
        "parameters": dict(parameters or {}),
        "targets": list(targets),
    }


def _workflow_path(name: str) -> str:
    return f"/api/workflows/{quote(name, safe='')}"


def _output_path(output: OutputView | str) -> str:
    sha256 = output if isinstance(output, str) else output.sha256
    if sha256 is None:
        raise OutputError("the output is no file")
    return f"/api/outputs/{quote(sha256, safe='')}"


def _pause(count: int) -> float:
    """Seconds before try `count`: longer each time, and not for all clients the same."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**count)
    return longest * (0.5 + secrets.randbelow(1000) / 2000)


def _refusal(status: int, content: bytes) -> RefusedError:
    try:
        error = ErrorAnswer.model_validate_json(content).error
    except ValidationError:
        text = content[:200].decode("utf-8", "replace").strip()
        return RefusedError(status, "unknown", text or "the server gave no reason")
    return RefusedError(status, error.code, error.message, tuple(error.problems))


def _digest(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return digest.hexdigest(), file.tell()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _put(temporary: Path, wanted: Path, sha256: str) -> Path:
    """Give a finished file its name; never write over another content."""
    for number in range(1, 100_000):
        path = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        try:
            os.link(temporary, path)
        except FileExistsError:
            if path.is_file() and _digest(path)[0] == sha256:
                return path
        except OSError:  # a file system without links
            if not path.exists():
                return temporary.replace(path)
        else:
            return path
    raise OutputError(f"{wanted}: too many files of that name")
