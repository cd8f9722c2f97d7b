"""Routes that plugins bring: mounted under their own path, checked and described as all others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from aiohttp import web
from pydantic import BaseModel, Field

from web.live import LiveServer, live
from web.stand_in import StandIn
from weft import InputError, Offer, PluginError, Registry, offering
from weft.plugins import Catalogue
from weft_web import ApiError, Route, Settings
from weft_web.workers.choose import make_pool
from weft_web.workers.local import LocalPool

HERE = __name__
SEEN: list[str] = []


class Wanted(BaseModel):
    """A body."""

    name: Annotated[str, Field(max_length=20)]


class JobView(BaseModel):
    """An answer, called like one of the server's own."""

    said: str


async def greet(request: web.Request, who: str) -> JobView:
    """Greet somebody."""
    return JobView(said=f"hello {who}")


async def change(request: web.Request, body: Wanted) -> JobView:
    """Change something."""
    SEEN.append(body.name)
    return JobView(said=body.name)


async def refuse(request: web.Request) -> JobView:
    """Refuse."""
    raise ApiError(409, "busy", "not now")


async def fail(request: web.Request) -> JobView:
    """Fail."""
    raise ValueError("a secret of the log")


ROUTES = [
    Route("GET", "/greet/{who}", greet, "acme"),
    Route("POST", "/things", change, "acme"),
    Route("GET", "/refuse", refuse, "acme", refusals=(409,)),
    Route("GET", "/fail", fail, "acme"),
]
OPEN = [Route("GET", "/open", refuse, "acme", public=True)]
NONE = {"no": "list"}


def offer(plugin: str, attribute: str) -> Offer:
    return Offer("routes", f"{plugin}/all", f"{HERE}:{attribute}", plugin, plugin)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    registry = Registry.installed()
    for plugin, attribute in (("acme", "ROUTES"), ("open", "OPEN"), ("none", "NONE")):
        offers = (offer(plugin, attribute),)
        registry.add_catalogue(Catalogue(plugin, plugin, "1.0", offers=offers))
    gone = Offer("routes", "gone/all", "no_such_module:X", "gone", "gone")
    registry.add_catalogue(Catalogue("gone", "gone", "1.0", offers=(gone,)))
    with live(tmp_path_factory.mktemp("data"), StandIn, registry=registry) as server:
        yield server


def test_it_is_answered_under_the_plugins_own_path(server: LiveServer) -> None:
    assert server.get("/ext/acme/api/greet/you").json == {"said": "hello you"}
    assert server.get("/ext/acme/api/greet/you%20there").json == {"said": "hello you there"}
    assert server.post("/ext/acme/api/things", {"name": "new"}).json == {"said": "new"}
    assert SEEN == ["new"]
    assert server.request("HEAD", "/ext/acme/api/greet/you").status == 200


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("GET", "/ext/acme/api/none", None, 404),
        ("GET", "/ext/acme/api/greet/", None, 404),
        ("GET", "/ext/other/api/greet/you", None, 404),
        ("GET", "/ext/acme/api/", None, 404),
        ("DELETE", "/ext/acme/api/greet/you", None, 405),
        ("GET", "/ext/acme/api/greet/you?odd=1", None, 422),
        ("POST", "/ext/acme/api/things", {"name": 7}, 422),
        ("POST", "/ext/acme/api/things", {"name": "x" * 21}, 422),
        ("POST", "/ext/acme/api/things", {"name": "x", "more": 1}, 200),
        ("GET", "/ext/acme/api/refuse", None, 409),
        ("GET", "/ext/acme/api/fail", None, 500),
        ("GET", "/ext/open/api/open", None, 404),
    ],
)
def test_what_is_wrong_is_refused_as_elsewhere(
    server: LiveServer, method: str, path: str, data: Any, status: int
) -> None:
    answer = server.request(method, path, data)
    assert answer.status == status, answer.body
    if status != 200:
        assert "message" in answer.json["error"]
        assert b"secret" not in answer.body


def test_it_stands_behind_the_token_and_the_origin(server: LiveServer) -> None:
    before = list(SEEN)
    none = {"Authorization": ""}
    assert server.request("GET", "/ext/acme/api/greet/you", headers=none).status == 401
    assert server.request("GET", "/ext/acme/api/nothing", headers=none).status == 401
    stranger = {"Origin": "http://evil.example"}
    body = {"name": "stolen"}
    answer = server.request("POST", "/ext/acme/api/things", body, headers=stranger)
    assert answer.status == 403
    rebound = {"Host": "evil.example"}
    assert server.request("GET", "/ext/acme/api/greet/you", headers=rebound).status == 403
    assert before == SEEN


def test_it_is_in_the_document(server: LiveServer) -> None:
    told = server.get("/api/openapi.json").json
    operation = told["paths"]["/ext/acme/api/greet/{who}"]["get"]
    assert operation["operationId"] == "acme_greet"
    assert operation["summary"] == "Greet somebody"
    ref = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    schema = told["components"]["schemas"][ref.rpartition("/")[2]]
    assert list(schema["properties"]) == ["said"]
    own = told["paths"]["/api/jobs/{id}"]["get"]["responses"]["200"]
    ref = own["content"]["application/json"]["schema"]["$ref"]
    assert "said" not in told["components"]["schemas"][ref.rpartition("/")[2]]["properties"]
    ids = [one["operationId"] for path in told["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))


def test_the_local_pool_is_the_one_that_is_offered(tmp_path: Path) -> None:
    from weft import offered

    assert offered("worker_pools")["local"].function() is LocalPool
    assert isinstance(make_pool(Settings(data_dir=tmp_path)), LocalPool)


def stand_in(settings: Settings) -> StandIn:
    """A pool of a plugin."""
    return StandIn(slots=settings.slots)


def no_pool(settings: Settings) -> object:
    """What is no pool."""
    return settings


def test_the_settings_choose_a_pool(tmp_path: Path) -> None:
    def named(name: str) -> Settings:
        return Settings(data_dir=tmp_path, pool=name, slots=3)

    with offering(
        Offer("worker_pools", "acme/here", f"{HERE}:stand_in"),
        Offer("worker_pools", "acme/none", f"{HERE}:no_pool"),
    ):
        made = make_pool(named("acme/here"))
        assert isinstance(made, StandIn)
        assert made.slots == 3
        with pytest.raises(PluginError, match="expected a WorkerPool, got a Settings"):
            make_pool(named("acme/none"))
        with pytest.raises(InputError, match="no worker pool is called 'acme/her'"):
            make_pool(named("acme/her"))
