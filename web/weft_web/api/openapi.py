"""The OpenAPI document, made of the route table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import weft
from weft_web.api.queries import NoQuery
from weft_web.api.routing import JSON, Header, Route
from weft_web.api.schemas import ErrorAnswer

Refs = Mapping[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]
REF = "#/components/schemas/{model}"
ABOUT = (
    "Weft runs node graph workflows. A submitted job is stored before it is acknowledged, and is "
    "run even if the server is killed meanwhile. Every refusal has the same body, ErrorAnswer."
)
TAGS = {
    "jobs": "Submitting workflows, and what becomes of them.",
    "events": "What happens, as it happens; resumable from a number.",
    "workflows": "Checking, planning and keeping workflows.",
    "nodes": "The node types, and what their inputs may be set to.",
    "files": "What jobs made, and what they may read.",
    "server": "The server itself.",
    "plugins": "What plugins add.",
}
MEANINGS = {
    400: "The request is no proper HTTP or JSON.",
    401: "A token is missing or wrong.",
    403: "The Host or the origin of the request is not allowed.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "Not possible in the present state.",
    413: "The request is too large.",
    415: "The content type is not understood.",
    422: "The request, or the workflow in it, is wrong; `problems` says where.",
    426: "A WebSocket is expected.",
    429: "Too many requests, or the queue is full.",
    500: "The server failed; its log has the cause under the number in the message.",
    503: "No worker can answer now.",
    507: "There is no room to store it.",
}


def document_text(routes: Sequence[Route], cookie: str) -> bytes:
    """The document as JSON."""
    return json.dumps(document(routes, cookie), ensure_ascii=False).encode()


def document(routes: Sequence[Route], cookie: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a route table. cookie: the name of the one that signs in."""
    refs, schemas = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Weft", "version": weft.__version__, "description": ABOUT},
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {str(status): _refusal(status) for status in sorted(MEANINGS)},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
            },
        },
    }


def _schemas(routes: Iterable[Route]) -> tuple[Refs, dict[str, Any]]:
    """Where the schema of each model is, and all of them. Two of one name get longer names."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (ErrorAnswer, "serialization"): None
    }
    for route in routes:
        if route.body is not None:
            wanted[route.body, "validation"] = None
        if route.answer is not None:
            wanted[route.answer, "serialization"] = None
    made, schemas = models_json_schema(list(wanted), ref_template=REF)
    refs: dict[Any, dict[str, Any]] = dict(made)
    found: dict[str, Any] = schemas["$defs"]
    return refs, dict(sorted(found.items()))


def _operation(route: Route, refs: Refs) -> dict[str, Any]:
    summary, _, more = (route.endpoint.__doc__ or "").strip().partition("\n")
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": summary.rstrip("."),
        "parameters": [*_path(route), *_query(route), *map(_header, route.headers)],
        "responses": _responses(route, refs),
    }
    if more.strip():
        operation["description"] = " ".join(more.split())
    if route.public:
        operation["security"] = []
    content = _request_content(route, refs)
    if content:
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _path(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, **_split(TypeAdapter(kind).json_schema())}
        for name, kind in route.parameters.items()
    ]


def _query(route: Route) -> list[dict[str, Any]]:
    if route.query is NoQuery:
        return []
    schema = route.query.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, **_split(one)}
        for name, one in schema["properties"].items()
    ]


def _split(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema, its description where OpenAPI wants it."""
    schema = {key: value for key, value in schema.items() if key != "title"}
    text = schema.pop("description", None)
    given = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(given) == 1 and schema.get("default", 0) is None:
        # It may be left out; there is no null in a query.
        schema = given[0]
    return {"schema": schema} | ({"description": text} if text else {})


def _header(header: Header) -> dict[str, Any]:
    return {
        "name": header.name,
        "in": "header",
        "required": False,
        "description": header.help,
        "schema": dict(header.schema),
    }


def _request_content(route: Route, refs: Refs) -> dict[str, Any]:
    if route.body is not None:
        return {JSON: {"schema": refs[route.body, "validation"]}}
    if route.takes == "multipart/form-data":
        files = {"type": "array", "items": {"type": "string", "format": "binary"}}
        return {route.takes: {"schema": {"type": "object", "properties": {"file": files}}}}
    if route.takes is not None:
        return {route.takes: {"schema": {"type": "string", "format": "binary"}}}
    return {}


def _responses(route: Route, refs: Refs) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    content: dict[str, Any] = {}
    if route.answer is not None:
        content[JSON] = {"schema": refs[route.answer, "serialization"]}
    kinds = {JSON: "object"}
    content |= {one: {"schema": {"type": kinds.get(one, "string")}} for one in route.media}
    if content:
        good["content"] = content
    if route.replies:
        good["headers"] = {
            one.name: {"description": one.help, "schema": dict(one.schema)} for one in route.replies
        }
    responses = {str(route.status): good}
    for status, text in route.also.items():
        whole = status not in (206, 304, 416)
        responses[str(status)] = {"description": text} | ({"content": content} if whole else {})
    for status in sorted(_refusals(route)):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return responses


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": REF.format(model="ErrorAnswer")}
    return {"description": MEANINGS[status], "content": {JSON: {"schema": schema}}}


def _refusals(route: Route) -> set[int]:
    """The refusals a route may answer with: those of its signature and its own."""
    found = {403, 422, 500, *route.refusals}
    if not route.public:
        found.add(401)
    if route.parameters:
        found.add(404)
    if route.body is not None or route.takes is not None:
        found |= {400, 408, 413, 415, 507}
    return found
