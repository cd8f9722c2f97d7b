"""Taking jobs in: found, checked, made canonical, stored.

Nothing of a workflow is imported, opened or run by this. A workflow that was checked before, with
the same parameters, is not checked again: only whether its files are still there.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from weft import ModelFolders, Problem, Registry, Workflow, WorkflowError, outdated
from weft_web.api.schemas import Check, Submission
from weft_web.errors import ApiError
from weft_web.jobs import checking
from weft_web.jobs.checking import Valid
from weft_web.jobs.ids import new_id
from weft_web.jobs.remembered import Remembered
from weft_web.security.outbound import check_target
from weft_web.settings import Limits
from weft_web.store.records import JobRow, NewJob
from weft_web.workers.pool import AskError, WorkerPool

if TYPE_CHECKING:
    from weft_web.store.store import Store

T = TypeVar("T")

MANY = 100  # nodes; a larger workflow is checked in a thread
CACHE_BYTES = 8 * 1024 * 1024
MIGRATE_S = 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a request: the checked workflow, or its problems."""

    valid: Valid | None
    problems: tuple[Problem, ...] = ()


class Submissions:
    """Checks and stores submissions.

    models: where model files are; the configured folders where none are given.
    webhook_hosts: hosts that a webhook may name although they are not public.
    on_created: called with each job that was stored.
    """

    def __init__(
        self,
        registry: Registry,
        pool: WorkerPool,
        store: Store,
        limits: Limits,
        models: ModelFolders | None = None,
        *,
        webhook_hosts: Sequence[str] = (),
        on_created: Callable[[JobRow], None] | None = None,
    ) -> None:
        self._registry = registry
        self._pool = pool
        self._store = store
        self._limits = limits
        self._models = models or ModelFolders.default(shipped=registry.model_folders)
        self._webhook_hosts = tuple(webhook_hosts)
        self.on_created = on_created
        self._known: Remembered[bytes, Known] = Remembered(CACHE_BYTES)
        # One large workflow at a time: the threads would only take turns.
        self._large = asyncio.Lock()

    async def submit(self, submission: Submission, key: str | None) -> tuple[JobRow, bool]:
        """Store a job; whether it is new. It is durable when this returns.

        key: repeats with the same one give the first job. Raises ApiError: 422 with every problem
        of the workflow, 404 for a name nobody saved, 409 for a key used otherwise, 429 where too
        many jobs wait.
        """
        asked = None if key is None else digest_of(submission)
        try:
            if submission.webhook is not None:
                check_target(str(submission.webhook), self._webhook_hosts)
            data = await self._document(submission)
            valid = await self._valid(data, submission.parameters, submission.targets)
        except ApiError:
            # The saved workflow, or a file that it names, may be gone since the first time.
            if key is not None and asked is not None:
                first = await self._store.repeated(key, asked)
                if first is not None:
                    return first, False
            raise
        targets = tuple(submission.targets)
        job = NewJob(
            id=new_id(),
            workflow=valid.text,
            parameters=submission.parameters,
            targets=targets,
            priority=submission.priority,
            deadline_s=submission.deadline_s,
            webhook=None if submission.webhook is None else str(submission.webhook),
            label=submission.label,
            workflow_name=submission.name,
            idempotency_key=key,
            asked=asked,
        )
        row, created = await self._store.submit(job, queue_limit=self._limits.queue)
        if created and self.on_created is not None:
            self.on_created(row)
        return row, created

    async def check(self, check: Check) -> tuple[Problem, ...]:
        """Every problem of a workflow; none where it could run."""
        try:
            await self._valid(check.workflow, check.parameters, check.targets)
        except ApiError as error:
            if error.code != "invalid_workflow":
                raise
            return error.problems
        return ()

    async def document(self, check: Check) -> Mapping[str, Any]:
        """The workflow's data with its parameters set, at the newest versions of its nodes.

        Raises ApiError 422 with every problem.
        """
        return (await self._valid(check.workflow, check.parameters, check.targets)).data

    async def _document(self, submission: Submission) -> Mapping[str, Any]:
        if submission.workflow is not None:
            return submission.workflow
        if submission.name is None:
            raise ApiError(
                422, "invalid", "expected `workflow`, or `name`, the name of a saved one"
            )
        _, data = await self._store.workflows.read(submission.name)
        return data

    async def _valid(
        self, data: Mapping[str, Any], parameters: Mapping[str, Any], targets: Sequence[str]
    ) -> Valid:
        if checking.size(data) <= MANY:
            digest = _digest(data, parameters, targets)
        else:
            digest = await asyncio.to_thread(_digest, data, parameters, targets)
        known = self._known.get(digest)
        if known is None:
            known, size = await self._look(data, parameters, targets)
            self._known.put(digest, known, size)
        if known.valid is None:
            raise invalid(known.problems)
        problems = await self._file_problems(known.valid)
        if problems:
            raise invalid(problems)
        return known.valid

    async def _look(
        self, data: Mapping[str, Any], parameters: Mapping[str, Any], targets: Sequence[str]
    ) -> tuple[Known, int]:
        """Check a workflow; what to remember, and about how many bytes that is."""
        if checking.size(data) <= MANY:
            return await self._look_now(data, parameters, targets, large=False)
        async with self._large:
            return await self._look_now(data, parameters, targets, large=True)

    async def _look_now(
        self,
        data: Mapping[str, Any],
        parameters: Mapping[str, Any],
        targets: Sequence[str],
        large: bool,
    ) -> tuple[Known, int]:
        async def done(work: Callable[[], T]) -> T:
            return await asyncio.to_thread(work) if large else work()

        nodes, registry = self._limits.nodes, self._registry
        try:
            workflow = await done(lambda: checking.read(data, parameters, nodes))
        except WorkflowError as error:
            return _wrong(error)

        async def checked(workflow: Workflow) -> Valid:
            if outdated(workflow, registry):
                migrated = await self._migrated(await done(workflow.data))
                workflow = await done(lambda: checking.read(migrated, {}, nodes))
                if outdated(workflow, registry):
                    message = "nodes of older versions could not be migrated"
                    raise WorkflowError([Problem("nodes", message)])
            return await done(lambda: checking.checked(workflow, targets, registry))

        try:
            valid = await checked(workflow)
        except WorkflowError as error:
            # What the targets do not need may be unfinished.
            part = workflow.part(targets)
            if len(part.nodes) == len(workflow.nodes):
                return _wrong(error)
            try:
                valid = await checked(part)
            except WorkflowError:
                return _wrong(error)
        return Known(valid), 1000 + 8 * len(valid.text)

    async def _migrated(self, data: Mapping[str, Any]) -> object:
        """The workflow's data with every node at its newest version: a worker does that, because
        migrations are code. Raises WorkflowError, and ApiError 503 where no worker can."""
        try:
            answer = await self._pool.ask("migrate", {"workflow": data}, MIGRATE_S)
        except AskError as error:
            if error.problems:
                raise WorkflowError([problem_of(one) for one in error.problems]) from error
            raise ApiError(
                503, "no_worker", "the workflow has nodes of older versions, and no worker could "
                f"bring them up to date: {error}", headers={"Retry-After": "5"},
            ) from error  # fmt: skip
        migrated: object = answer["workflow"]
        return migrated

    async def _file_problems(self, valid: Valid) -> list[Problem]:
        if not valid.files:
            return []
        problems = []
        if any(one.folder is not None for one in valid.files):
            find = checking.model_problems
            problems = await asyncio.to_thread(find, valid.files, self._models)
        uploads = {one.name for one in valid.files if one.folder is None}
        if uploads:
            missing = {one for one in uploads if await self._store.uploads.get(one) is None}
            problems += [
                checking.upload_problem(one)
                for one in valid.files
                if one.folder is None and one.name in missing
            ]
        return problems


def _wrong(error: WorkflowError) -> tuple[Known, int]:
    problems = tuple(error.problems[: checking.MAX_SHOWN])
    return Known(None, problems), 1000 + 500 * len(problems)


def problem_of(data: Mapping[str, Any]) -> Problem:
    """A problem from its JSON data."""
    fields = ("path", "message", "expected", "got", "suggestion")
    given = {name: str(data[name]) for name in fields if data.get(name) is not None}
    return Problem(**{"path": "", "message": "", **given})


def invalid(problems: Sequence[Problem]) -> ApiError:
    """422: every problem of a workflow."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ApiError(422, "invalid_workflow", f"the workflow cannot run: {count}", problems)


def _digest(
    data: Mapping[str, Any], parameters: Mapping[str, Any], targets: Sequence[str]
) -> bytes:
    # 1, 1.0 and true differ in JSON's text, as they do to a node.
    text = json.dumps([data, parameters, list(targets)], separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=20).digest()


def digest_of(submission: Submission) -> bytes:
    """Of what a client asked for, whatever a saved workflow's name stands for by now."""
    text = json.dumps(submission.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
