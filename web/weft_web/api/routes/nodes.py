"""Node types: the catalogue, and what an input may be set to."""

from __future__ import annotations

import asyncio

from aiohttp import web

from weft import InputSpec, NodeSpec
from weft_web.api import keys
from weft_web.api.queries import InputName, TypeId
from weft_web.api.routing import JSON
from weft_web.api.schemas import (
    Catalogue,
    ChartRequest,
    ChartView,
    ChoicesView,
    ExtensionView,
    NodeView,
    WidgetList,
)
from weft_web.errors import ApiError, not_found

CHART_S = 15.0


async def list_nodes(request: web.Request) -> Catalogue | web.StreamResponse:
    """List all node types and kinds, as `weft nodes --json` prints them."""
    made = request.app[keys.CATALOGUE].text
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    response = web.Response(headers=headers, content_type=JSON)
    response.etag = made.digest
    if matches(request, made.digest):
        response.set_status(304)
        return response
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.body = made.packed
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.body = made.text
    return response


def matches(request: web.Request, tag: str) -> bool:
    """Whether the client says that it has what this entity tag names."""
    return any(one.value in (tag, "*") for one in request.if_none_match or ())


async def get_node(request: web.Request, type: TypeId) -> NodeView:
    """Look at one node type."""
    return NodeView.model_validate(_spec(request, type).as_dict())


async def list_choices(request: web.Request, type: TypeId, input: InputName) -> ChoicesView:
    """List what an input may be set to: files, uploads, or what its node offers."""
    one = _input(_spec(request, type), input)
    schema = one.schema
    if "x-folder" in schema:
        models = request.app[keys.MODELS]
        return ChoicesView(choices=await asyncio.to_thread(models.list, schema["x-folder"]))
    if "x-path" in schema:
        rows = await request.app[keys.STORE].uploads.list()
        return ChoicesView(choices=[row.name for row in rows])
    if "x-choices" in schema:
        made = await request.app[keys.POOL].ask("choices", {"type": type, "input": input})
        return ChoicesView(choices=made["choices"])
    if "enum" in schema:
        return ChoicesView(choices=[str(value) for value in schema["enum"]])
    raise ApiError(404, "not_found", f"{input!r} of {type} is not chosen from a list")


async def draw_chart(request: web.Request, body: ChartRequest) -> ChartView:
    """Say what curve a node's values describe, such as the noise levels of a schedule.

    Only nodes whose entry in the catalogue has `chart` have one.
    """
    if not _spec(request, body.type).chart:
        raise ApiError(404, "not_found", f"{body.type} has no chart")
    question = body.model_dump()
    made = await request.app[keys.POOL].ask("chart", question, CHART_S)
    return ChartView.model_validate(made)


async def list_widgets(request: web.Request) -> WidgetList:
    """List the widgets that plugins bring for inputs of their nodes."""
    found = await asyncio.to_thread(request.app[keys.EXTENSIONS].list)
    owners = request.app[keys.REGISTRY].plugins
    return WidgetList(
        widgets=[
            ExtensionView(
                plugin=one.plugin, distribution=owners[one.plugin], url=one.url, widgets=one.widgets
            )
            for one in found
        ]
    )


def _spec(request: web.Request, type_id: str) -> NodeSpec:
    registry = request.app[keys.REGISTRY]
    spec = registry.get(type_id)
    if spec is None:
        away = registry.missing(type_id)
        guess = None if away else registry.suggest(type_id)
        hint = f"; {away}" if away else f" (did you mean {guess!r}?)" if guess else ""
        raise ApiError(404, "not_found", f"there is no node type {type_id!r}{hint}")
    return spec


def _input(spec: NodeSpec, name: str) -> InputSpec:
    found = spec.input(name)
    if found is None:
        raise not_found(f"input of {spec.id}", name)
    return found
