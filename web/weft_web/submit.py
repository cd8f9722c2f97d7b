"""`weft submit`: a workflow run by a server, shown and ended as `weft run` does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from weft import (
    EventLog,
    Finished,
    InputError,
    NodeFailed,
    NodeFinished,
    NodeProgress,
    NodeStarted,
    Output,
    Planned,
    Problem,
    Queued,
    Registry,
    RunLine,
    RunView,
    Started,
    Workflow,
    WorkflowError,
)
from weft_web.api.schemas import EventView, JobDetail, JobView
from weft_web.client import Client, ClientError, RefusedError, UnreachableError
from weft_web.presence import find

FAILED = 1
HASTY = 3  # tries, about a second: nobody waits long for a server that is not there
PATIENT = 40  # tries, some three minutes
WRONG_WORKFLOW = (400, 413, 422)
CLOSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line of `weft submit` says, besides the file's own parameters."""

    file: str
    server: str | None = None
    token: str | None = None
    settings: Sequence[str] = ()
    output_dir: Path = Path("output")
    wait: bool = True
    priority: int = 0
    data_dir: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False


def submit(options: Options, line: RunLine) -> int:
    """Submit the file; give the exit code. Raises WeftError where it, or the line, is wrong."""
    server, token = find(options.server, options.token, options.data_dir)
    workflow, registry = line.read(options.file, options.settings)
    try:
        if options.wait:
            return _attended(server, token, workflow, registry, options)
        job = asyncio.run(_send(server, token, workflow, registry, options))
    except RefusedError as error:
        _raise_if_wrong(error, options.file)
        return _failed(error, options)
    except (ClientError, OSError) as error:
        return _failed(error, options)
    typer.echo(json.dumps({"event": "queued", "job": job.id}) if options.json else job.id)
    return 0


async def _send(
    server: str, token: str | None, workflow: Workflow, registry: Registry, options: Options
) -> JobView:
    async with Client(server, token, tries=HASTY) as client:
        workflow = await with_uploads(client, workflow, registry, quiet=options.quiet)
        label = None if options.file == "-" else Path(options.file).name[:200]
        return await client.submit(workflow, priority=options.priority, label=label)


async def with_uploads(
    client: Client, workflow: Workflow, registry: Registry, *, quiet: bool = False
) -> Workflow:
    """The workflow with the files of this machine uploaded, and named as the server knows them.

    What is no file here is left as it is: it may be the name of an upload.
    """
    named: dict[str, str] = {}
    workflow.with_paths(registry, lambda path: named.setdefault(path, path))
    for path in named:
        if Path(path).is_file():
            if not quiet:
                typer.echo(f"uploading {path}", err=True)
            named[path] = (await client.upload(path)).name
    return workflow.with_paths(registry, lambda path: named[path])


def _attended(
    server: str, token: str | None, workflow: Workflow, registry: Registry, options: Options
) -> int:
    log, stop = EventLog(), Cancel()
    view = RunView(log, stop.want, json=options.json, quiet=options.quiet, verbose=options.verbose)
    with view:
        finished = asyncio.run(_run(server, token, workflow, registry, options, log, stop))
    return view.report(finished)


class Cancel:
    """Somebody wants the job cancelled, perhaps before the server knows it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._event = asyncio.Event()
        self.wanted = False

    def want(self) -> None:
        """Cancel. From any thread, also a signal handler."""
        self.wanted = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        """Until it is wanted."""
        self._loop = asyncio.get_running_loop()
        if not self.wanted:
            await self._event.wait()


async def _run(
    server: str,
    token: str | None,
    workflow: Workflow,
    registry: Registry,
    options: Options,
    log: EventLog,
    stop: Cancel,
) -> Finished:
    job = await _send(server, token, workflow, registry, options)
    log.add(Queued(job.id))
    types = {id: node.type for id, node in workflow.nodes.items()}
    # More patient than with the submission: the job is safe there while its server restarts.
    async with Client(server, token, tries=PATIENT) as client:
        try:
            await _follow(client, job.id, Relay(log, types, quiet=options.quiet), stop)
            ended = await client.job(job.id)
            finished = await _finished(client, ended, options)
        except UnreachableError as error:
            raise UnreachableError(f"{error}; job {job.id} goes on there") from error
    _say_why(ended, options)
    log.add(finished)
    return finished


async def _follow(client: Client, job: str, relay: Relay, stop: Cancel) -> None:
    """Pass a job's events on until it has ended; cancel it where that is wanted."""
    canceller = asyncio.create_task(_cancel(client, job, stop))
    try:
        async with aclosing(client.events(job)) as events:
            async for event in events:
                relay(event)
    finally:
        canceller.cancel()
        with contextlib.suppress(asyncio.CancelledError, ClientError):
            await canceller


async def _cancel(client: Client, job: str, stop: Cancel) -> None:
    await stop.wait()
    with contextlib.suppress(RefusedError):  # it has just ended
        await client.cancel(job)


class Relay:
    """Turns what a server tells of a job into the engine's events, as `weft run` shows them.

    types: the node types by id, which the server does not repeat.
    """

    def __init__(self, log: EventLog, types: Mapping[str, str], *, quiet: bool = False) -> None:
        self._log = log
        self._types = types
        self._quiet = quiet
        self._started: set[str] = set()

    def __call__(self, event: EventView) -> None:
        """Take one event. What a newer server tells, and nobody here knows, is left out."""
        data = event.data
        match event.event:
            case "requeued":
                self._started.clear()
                if not self._quiet:
                    reason = data.get("reason", "its worker stopped")
                    typer.echo(f"queued again: {reason}", err=True)
            case "started":
                self._log.add(Started(event.job, str(data.get("device", ""))))
            case "nodes":
                for node in data.get("started", ()):
                    self._start(node)
                for node, one in data.get("finished", {}).items():
                    self._finish(node, one)
            case "progress":
                self._log.add(NodeProgress(data["node"], data["done"], data.get("total")))
            case "planned":
                self._log.add(Planned(data["run"], data["cached"], data.get("unneeded", 0)))
            case "output":
                self._log.add(Output(data["node"], data["item"]))
            case "node_failed":
                self._start(data["node"])
                self._log.add(
                    NodeFailed(
                        data["node"],
                        data.get("type", self._type(data["node"])),
                        data.get("message", ""),
                        data.get("traceback", ""),
                    )
                )

    def _start(self, node: str) -> None:
        if node not in self._started:
            self._started.add(node)
            self._log.add(NodeStarted(node, self._type(node)))

    def _finish(self, node: str, data: Mapping[str, Any]) -> None:
        if data["state"] == "ran":
            self._start(node)
        seconds, held = data.get("seconds", 0.0), data.get("bytes", 0)
        tier, type_id = data.get("tier"), self._type(node)
        self._log.add(NodeFinished(node, data["state"], seconds, held, tier, type_id))

    def _type(self, node: str) -> str:
        return self._types.get(node, "")


async def _finished(client: Client, job: JobDetail, options: Options) -> Finished:
    """How the job ended, with its files here."""
    outputs: dict[str, list[dict[str, Any]]] = {}
    for one in job.outputs:
        item = dict(one.item)
        if one.sha256 is not None and not one.preview:
            item["path"] = str(await client.save(one, options.output_dir))
        if not one.preview:
            outputs.setdefault(one.node, []).append(item)
    status = job.state if job.state in ("done", "cancelled") else "failed"
    seconds = (job.finished or 0.0) - (job.started or job.finished or 0.0)
    nodes = {id: one.model_dump() for id, one in job.nodes.items()}
    return Finished(status, max(0.0, seconds), outputs, nodes)


def _say_why(job: JobDetail, options: Options) -> None:
    """Where no node's failure says it: a deadline, a worker that died."""
    if job.error is not None and job.error.kind != "node_failed":
        _complain(f"the job was {job.state}: {job.error.message}")


def _raise_if_wrong(error: RefusedError, file: str) -> None:
    """Raise what the person can put right in the file or on the command line."""
    if error.problems:
        problems = [
            Problem(one.path, one.message, one.expected, one.got, one.suggestion)
            for one in error.problems
        ]
        raise WorkflowError(problems, file) from None
    if error.status in WRONG_WORKFLOW:
        raise InputError(error.message) from None
    if error.status in CLOSED:
        raise InputError(
            f"the server refuses: {error.message}; give its token with WEFT_TOKEN, or the URL that "
            "`weft serve` printed with --server"
        ) from None


def _failed(error: Exception, options: Options) -> int:
    _complain(str(error))
    if options.json:
        problems = [Problem("", str(error)).as_dict()]
        typer.echo(json.dumps({"event": "refused", "problems": problems}))
    return FAILED


def _complain(text: str) -> None:
    typer.echo(typer.style("error: ", fg="red", bold=True) + text, err=True)
