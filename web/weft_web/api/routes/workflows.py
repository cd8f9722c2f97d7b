"""Workflows: check, plan, and keep them with every revision."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from weft import Problem, Workflow, WorkflowError
from weft_web.api import keys
from weft_web.api.queries import RevisionQuery
from weft_web.api.routing import Reply
from weft_web.api.schemas import (
    Check,
    Checked,
    Deleted,
    History,
    PlannedNode,
    PlanRequest,
    PlanView,
    ProblemView,
    Rename,
    Revision,
    Save,
    WorkflowDetail,
    WorkflowList,
    WorkflowName,
    WorkflowView,
)
from weft_web.api.views import workflow_view
from weft_web.jobs.checking import size
from weft_web.security.bodies import check_nodes
from weft_web.settings import Limits

MANY = 200  # nodes; more, and checking would hold up everyone else's requests


async def validate_workflow(request: web.Request, body: Check) -> Checked:
    """Check a workflow: every problem at once. Imports nothing, runs nothing."""
    problems = await request.app[keys.SUBMISSIONS].check(body)
    return Checked(valid=not problems, problems=[ProblemView(**one.as_dict()) for one in problems])


async def plan_workflow(request: web.Request, body: PlanRequest) -> PlanView:
    """Say what a run would do with every node, and why.

    A reason is "output" or "not cached"; compared with an earlier job (`since`) it is "new",
    "value changed", "upstream changed", "code changed" or "not kept".
    """
    workflow = await request.app[keys.SUBMISSIONS].document(body)
    question: dict[str, Any] = {"workflow": workflow, "targets": body.targets}
    if body.since is not None:
        content = await request.app[keys.STORE].content(body.since)
        question["before"] = None if content is None else content.workflow
    made = await request.app[keys.POOL].ask("plan", question)
    nodes = {
        id: PlannedNode(action=one["action"], reason=one.get("reason"), tier=one.get("where"))
        for id, one in made["nodes"].items()
    }
    count = [one.action for one in nodes.values()].count
    return PlanView(
        run=count("run"), cached=count("cached"), unneeded=count("unneeded"), nodes=nodes
    )


async def list_workflows(request: web.Request) -> WorkflowList:
    """List the saved workflows, by name."""
    workflows = request.app[keys.STORE].workflows
    rows, pictures = await asyncio.gather(workflows.list(), workflows.pictures())
    return WorkflowList(workflows=[workflow_view(one, pictures.get(one.name)) for one in rows])


async def read_workflow(
    request: web.Request, name: WorkflowName, query: RevisionQuery
) -> WorkflowDetail:
    """Read a saved workflow, as it is now or was at a revision."""
    row, workflow = await request.app[keys.STORE].workflows.read(name, query.revision)
    return WorkflowDetail(**dict(workflow_view(row)), workflow=workflow)


async def save_workflow(
    request: web.Request, name: WorkflowName, body: Save
) -> Reply[WorkflowView]:
    """Save a workflow as a new revision.

    `revision` is the one it was made from, 0 for a new name. Where somebody saved another one
    meanwhile, nothing is written, and the answer is 409 with that one's revision and workflow.
    """
    text = await _canonical(body.workflow, request.app[keys.SETTINGS].limits)
    row = await request.app[keys.STORE].workflows.save(name, text, body.revision, body.message)
    return Reply(workflow_view(row), status=201 if row.revision == 1 else 200)


async def _canonical(data: dict[str, Any], limits: Limits) -> str:
    """The document's canonical text. It may be unfinished, but it must be a document."""
    check_nodes(data, limits)
    if size(data) > MANY:
        return await asyncio.to_thread(_text, data)
    return _text(data)


def _text(data: dict[str, Any]) -> str:
    try:
        return Workflow.from_data(data).dumps()
    except RecursionError:
        raise WorkflowError([Problem("", "the JSON is nested too deeply")]) from None


async def rename_workflow(request: web.Request, name: WorkflowName, body: Rename) -> WorkflowView:
    """Rename a saved workflow, with all its revisions."""
    row = await request.app[keys.STORE].workflows.rename(name, body.name, body.revision)
    return workflow_view(row)


async def delete_workflow(request: web.Request, name: WorkflowName) -> Deleted:
    """Delete a saved workflow, with all its revisions."""
    await request.app[keys.STORE].workflows.delete(name)
    return Deleted(deleted=1)


async def list_revisions(request: web.Request, name: WorkflowName) -> History:
    """List the revisions of a saved workflow, newest first."""
    rows = await request.app[keys.STORE].workflows.history(name)
    return History(
        revisions=[
            Revision(
                revision=one.revision,
                sha256=one.sha256,
                saved=one.saved,
                bytes=one.bytes,
                nodes=one.nodes,
                message=one.message,
            )
            for one in rows
        ]
    )
