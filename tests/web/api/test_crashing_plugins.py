"""A plugin whose nodes end one worker after another stays out, and everybody is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.live import live
from web.stand_in import StandIn
from weft import Absence, Context, Engine, Registry, node
from weft.plugins import Catalogue


@node("acme:text.show", lane="inline")
def show(ctx: Context, value: str = "") -> None:
    ctx.output({"text": value})


def acme() -> Catalogue:
    """A plugin with one node."""
    spec = show.spec.owned_by("acme-nodes", "code", "acme.nodes", "show")
    return Catalogue("acme", "acme-nodes", "1.0", nodes=(spec,))


def job(value: str) -> dict[str, object]:
    nodes = {"a": {"type": "acme:text.show", "version": 1, "values": {"value": value}}}
    return {"workflow": {"weft": 1, "nodes": nodes}}


@pytest.mark.parametrize(("most", "refused"), [(2, True), (0, False)])
def test_after_some_jobs_the_plugin_stays_out(tmp_path: Path, most: int, refused: bool) -> None:
    registry = Registry.installed()
    registry.add_catalogue(acme())
    left_out: list[str] = []
    pool = StandIn(culprit="acme-nodes")
    pool.leave_out = left_out.extend  # type: ignore[attr-defined]
    with live(tmp_path, pool, registry=registry, attempts=3, plugin_crashes=most) as server:
        for number in range(2):
            answer = server.post("/api/jobs", job(str(number)))
            assert answer.status == 202  # one job that dies three times is no reason
            assert server.wait(answer.json["id"])["state"] == "quarantined"
        answer = server.post("/api/jobs", job("another"))
        assert (answer.status == 422) == refused
        plugins = {one["name"]: one for one in server.get("/api/plugins").json["plugins"]}
        assert plugins["acme"]["state"] == ("disabled" if refused else "ok")
        assert plugins["weft"]["state"] == "ok"
        if refused:
            assert "it comes with the plugin acme: its nodes ended" in answer.body.decode()
            assert "worker processes of 2 jobs" in plugins["acme"]["error"]
            assert left_out == ["acme"]
            away = server.get("/api/nodes/acme:text.show")
            assert away.status == 404
            assert "its nodes ended" in away.json["error"]["message"]
        listed = [one["id"] for one in server.get("/api/nodes").json["nodes"]]
        assert ("acme:text.show" in listed) != refused
        # Everybody else goes on.
        pool.culprit = None
        assert server.wait(server.submit("hello"))["state"] == "done"


def test_a_registry_goes_on_without_a_plugin() -> None:
    @node("mine:text.show", lane="inline")
    def mine(ctx: Context) -> None:
        ctx.output({"text": "mine"})

    registry = Registry([mine])
    registry.add_catalogue(acme())
    assert registry.get("acme:text.show") is not None
    registry.leave_out({"acme": Absence("it crashed", "restart")})
    assert registry.get("acme:text.show") is None
    assert registry.sound() == {}
    assert (
        registry.missing("acme:text.show") == "it comes with the plugin acme: it crashed; restart"
    )
    spec = registry.get("mine:text.show")
    assert spec is not None
    assert registry.load(spec) is mine
    with Engine(registry=registry, device="cpu") as engine:
        assert engine.registry.specs() == [spec]
