"""Templates: the workflows that ship, to begin from."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from aiohttp import web

from weft_web.api import keys
from weft_web.api.routes.files import still
from weft_web.api.schemas import TemplateDetail, TemplateList, TemplateView, WorkflowName
from weft_web.api.templates import Template
from weft_web.errors import not_found


async def list_templates(request: web.Request) -> TemplateList:
    """List the workflows that ship, the simplest first."""
    found = await asyncio.to_thread(request.app[keys.TEMPLATES].list)
    return TemplateList(templates=[TemplateView(**_about(one)) for one in found])


async def read_template(request: web.Request, name: WorkflowName) -> TemplateDetail:
    """Read a workflow that ships."""
    found = await _template(request, name)
    return TemplateDetail(**_about(found), workflow=found.workflow.data())


async def get_template_thumbnail(request: web.Request, name: WorkflowName) -> web.StreamResponse:
    """Fetch a small picture of what a workflow makes that ships."""
    found = await _template(request, name)
    if found.picture is None:
        raise not_found("picture of the template", name)
    return await still(request, found.picture)


async def _template(request: web.Request, name: str) -> Template:
    found = await asyncio.to_thread(request.app[keys.TEMPLATES].get, name)
    if found is None:
        raise not_found("template", name)
    return found


def _about(one: Template) -> dict[str, Any]:
    url = f"/api/templates/{quote(one.name, safe='')}/thumbnail"
    return {
        "name": one.name,
        "title": one.title,
        "description": one.description,
        "nodes": len(one.workflow.nodes),
        "parameters": list(one.workflow.parameters),
        "thumbnail": None if one.picture is None else url,
    }
