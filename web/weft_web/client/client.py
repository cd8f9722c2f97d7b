"""The client for programs on asyncio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from weft_web.api.schemas import (
    CacheCleared,
    Catalogue,
    Checked,
    ChoicesView,
    Deleted,
    Health,
    History,
    ModelList,
    PlanView,
    PluginList,
    SystemView,
    WorkflowDetail,
    WorkflowList,
    WorkflowView,
)
from weft_web.client.files import Files
from weft_web.client.requests import WorkflowLike, document


class Client(Files):
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
