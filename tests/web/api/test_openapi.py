"""The OpenAPI document says everything: every route, model, refusal, header and sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from web.live import TOKEN, LiveServer, live, settings_for
from web.stand_in import StandIn
from weft import Registry
from weft_web.api import schemas
from weft_web.api.app import create_app
from weft_web.api.openapi import document
from weft_web.api.table import ROUTES
from weft_web.security.gate import Secret

COOKIE = Secret(TOKEN).cookie
EXTENSION = "/ext/{plugin}/{digest}/{path}"
BROUGHT = "/ext/{plugin}/api/{path}"  # the routes of plugins, which the document has one by one
# For people.
PAGES = {"/", "/assets/{name}", EXTENSION, BROUGHT, "/icon.svg", "/signin", "/signout"}
BASES = {"Request", "Answer"}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return document(ROUTES, COOKIE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    registry = Registry.installed()
    registry.offers["routes"].clear()  # what plugins add is another test's
    with live(tmp_path_factory.mktemp("data"), StandIn(), registry=registry) as server:
        yield server


def operations(told: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): one
        for path, methods in told["paths"].items()
        for method, one in methods.items()
    }


def test_it_is_served_as_it_is_made(server: LiveServer, told: dict[str, Any]) -> None:
    answer = server.get("/api/openapi.json")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json == told
    assert told["openapi"].startswith("3.1")


def test_it_has_every_route_of_the_router_and_no_other(
    tmp_path: Path, told: dict[str, Any]
) -> None:
    app = create_app(settings_for(tmp_path), pool=StandIn())
    routed = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert {one for one in routed if one[1] not in PAGES} == set(operations(told))
    assert {one[1] for one in routed if one[1] in PAGES} == PAGES


def test_every_operation_is_described(told: dict[str, Any]) -> None:
    found = operations(told)
    ids = [one["operationId"] for one in found.values()]
    assert len(set(ids)) == len(ids)
    tags = {one["name"] for one in told["tags"]}
    for (method, path), one in found.items():
        assert one["summary"], path
        assert set(one["tags"]) <= tags
        in_path = {each["name"] for each in one["parameters"] if each["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        for each in one["parameters"]:
            assert each["schema"], (path, each)
        assert method in ("GET", "DELETE") or "requestBody" in one or path.count("{") == 1, path


def test_every_answer_is_described(told: dict[str, Any]) -> None:
    for (_, path), one in operations(told).items():
        answers = one["responses"]
        assert any(status.startswith(("1", "2")) for status in answers)
        assert "500" in answers
        assert "422" in answers
        public = one.get("security") == []
        assert public == (path == "/healthz")
        assert "403" in answers  # for another Host
        assert public or "401" in answers
        if "requestBody" in one:
            assert {"400", "413", "415"} <= set(answers)
        for status, each in answers.items():
            if status >= "4" and "$ref" in each:
                assert each["$ref"] == f"#/components/responses/{status}"
    for one in told["components"]["responses"].values():
        schema = one["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}


def test_every_model_is_in_it_and_every_reference_leads_somewhere(told: dict[str, Any]) -> None:
    models = {
        name
        for name, one in vars(schemas).items()
        if isinstance(one, type)
        and issubclass(one, BaseModel)
        and one.__module__ == schemas.__name__
    }
    assert models - BASES == set(told["components"]["schemas"])

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for one in value.values():
                yield from references(one)
        elif isinstance(value, list):
            for one in value:
                yield from references(one)

    for reference in set(references(told)):
        place: Any = told
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_headers_and_sign_in_are_described(told: dict[str, Any]) -> None:
    def headers(method: str, path: str) -> set[str]:
        parameters = operations(told)[method, path]["parameters"]
        return {one["name"] for one in parameters if one["in"] == "header"}

    assert headers("POST", "/api/jobs") == {"Idempotency-Key"}
    assert headers("GET", "/api/nodes") == {"If-None-Match"}
    assert headers("GET", "/api/outputs/{sha256}") == {"If-None-Match", "Range"}
    assert headers("GET", "/api/events") == {"Last-Event-ID"}
    assert "Location" in operations(told)["POST", "/api/jobs"]["responses"]["202"]["headers"]
    schemes = told["components"]["securitySchemes"]
    assert schemes["token"] == {"type": "http", "scheme": "bearer"}
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", COOKIE)
    assert told["security"] == [{"token": []}, {"session": []}]


def test_no_route_answers_without_the_token(server: LiveServer) -> None:
    assert server.app is not None
    public = set()
    for route in server.app.router.routes():
        assert route.resource is not None
        path = re.sub(r"\{\w+\}", "x", route.resource.canonical)
        answer = server.request(route.method, path, signed_in=False)
        if answer.status not in (401, 403):
            public.add(route.resource.canonical)
    assert public == {"/healthz", "/signin"}
