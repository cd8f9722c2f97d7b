"""What a route is: an endpoint whose signature is the specification.

    async def job(request: web.Request, id: JobId) -> JobDetail: ...

A parameter `query` is a model of the query string, `body` one of the JSON body, every other one a
part of the path. A model that is returned is the answer; `Reply[Model]` adds a status and headers.
Request checks, the router and the OpenAPI document all come from that one signature, so that they
cannot differ.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from weft_web.api import keys
from weft_web.api.failures import Handler, invalid
from weft_web.api.queries import NoQuery
from weft_web.errors import ApiError
from weft_web.security.bodies import read_json

Endpoint = Callable[..., Awaitable[Any]]
PathOf = Callable[[web.Request], Mapping[str, str]]
M = TypeVar("M", bound=BaseModel)
JSON = "application/json"
_PATH = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Reply(Generic[M]):
    """An answer with a status or headers of its own."""

    content: M
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, status: int = 200) -> web.Response:
        """As an HTTP answer. status: where this one has none."""
        return answer(self.content, self.status or status, self.headers)


def answer(
    content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A model as an HTTP answer."""
    return web.Response(
        body=_json(content),
        status=status,
        headers=headers,
        content_type=JSON,
    )


def _json(content: BaseModel) -> bytes:
    try:
        return content.model_dump_json().encode()
    except PydanticSerializationError:
        # Half a surrogate pair, as the name of a file on disk may have: JSON has an escape for it.
        return json.dumps(content.model_dump()).encode()


@dataclass(frozen=True, slots=True)
class Header:
    """A request header that a route heeds."""

    name: str
    help: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True)
class Route:
    """One method of one path.

    status: of a successful answer. also: further successful statuses, with what they mean.
    media: the content types of an answer that is no JSON; beside it where there is a model too.
    takes: the content type of a request body that is no JSON.
    refusals: statuses of refusals besides those that follow from the signature.
    head: whether HEAD is answered too.
    label: the operation's id, where it is not the endpoint's name.
    """

    method: str
    path: str
    endpoint: Endpoint
    tag: str
    status: int = 200
    public: bool = False
    also: Mapping[int, str] = field(default_factory=dict)
    media: tuple[str, ...] = ()
    takes: str | None = None
    headers: tuple[Header, ...] = ()
    replies: tuple[Header, ...] = ()
    refusals: tuple[int, ...] = ()
    head: bool = True
    label: str = ""

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The endpoint's annotations."""
        return get_type_hints(self.endpoint, include_extras=True)

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.label or self.endpoint.__name__

    @property
    def parameters(self) -> dict[str, Any]:
        """The types of the path's parts, by name."""
        return {name: self.hints[name] for name in _PATH.findall(self.path)}

    @property
    def pattern(self) -> str:
        """The path as the router takes it: its own rule for a part would leave out braces."""
        return _PATH.sub(r"{\1:[^/]+}", self.path)

    @property
    def query(self) -> type[BaseModel]:
        """The model of the query string."""
        found: type[BaseModel] = self.hints.get("query", NoQuery)
        return found

    @property
    def body(self) -> type[BaseModel] | None:
        """The model of the JSON body."""
        return self.hints.get("body")

    @property
    def answer(self) -> type[BaseModel] | None:
        """The model of the answer."""
        returned = self.hints["return"]
        for one in (returned, *get_args(returned)):
            if get_origin(one) is Reply:
                one = get_args(one)[0]
            if inspect.isclass(one) and issubclass(one, BaseModel):
                return one
        return None

    def handler(self, path_of: PathOf = lambda request: request.match_info) -> Handler:
        """What the router calls: checks the request, calls the endpoint, encodes its answer.

        path_of: the parts of the path, by name.
        """
        endpoint, status = self.endpoint, self.status
        parts = {name: TypeAdapter(kind) for name, kind in self.parameters.items()}
        query = self.query
        wants_query = "query" in self.hints
        body = self.body
        unknown_status = 422 if self.method == "PUT" else 404

        async def handle(request: web.Request) -> web.StreamResponse:
            arguments: dict[str, Any] = {}
            given = path_of(request) if parts else {}
            for name, adapter in parts.items():
                arguments[name] = _part(given[name], name, adapter, unknown_status)
            if wants_query or request.query_string:
                asked = _query(request, query)
                if wants_query:
                    arguments["query"] = asked
            if body is not None:
                data = await read_json(request, request.app[keys.SETTINGS].limits)
                try:
                    # Strict: nothing is silently another thing, such as 0 for false.
                    arguments["body"] = body.model_validate(data, strict=True)
                except ValidationError as error:
                    raise invalid(error, "body") from None
            made = await endpoint(request, **arguments)
            if isinstance(made, web.StreamResponse):
                return made
            if isinstance(made, Reply):
                return made.response(status)
            return answer(made, status)

        return handle


def _part(value: str, name: str, adapter: TypeAdapter[Any], status: int) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        shown = value if len(value) <= 100 else value[:99] + "…"
        code = "not_found" if status == 404 else "invalid"
        raise ApiError(status, code, f"{shown!r} is no {name}") from None


def _query(request: web.Request, model: type[BaseModel]) -> BaseModel:
    data: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        known = model.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is list:
            data[name] = values
        elif len(values) > 1:
            raise ApiError(422, "invalid", f"the query has {name!r} {len(values)} times")
        else:
            data[name] = values[0]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid(error, "query") from None
