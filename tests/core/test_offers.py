"""What plugins offer by name: found, chosen, listened to, and part of the key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from core.helpers import flow, use
from weft import (
    Cache,
    CacheBackend,
    Choices,
    Engine,
    Event,
    InputError,
    Offer,
    PluginError,
    Registry,
    find_offer,
    node,
    offered,
    offering,
)
from weft.backends import make_backend
from weft.disk import DiskTier
from weft.offers import check_offer
from weft.plugins import Catalogue
from weft.requires import with_requirements

HERE = __name__


class Thing:
    """What is offered."""


THING = Thing()
HEARD: list[tuple[str, str]] = []


def listen(job: str, event: Event) -> None:
    """Hears of every event."""
    HEARD.append((job, event.event))


def deaf(job: str, event: Event) -> None:
    """A listener that fails."""
    raise ValueError("deaf")


class Kept(DiskTier):
    """A backend of a plugin."""


def unusable(folder: Path, budget: int) -> object:
    """A backend that is none."""
    return THING


@node("acme:thing.choose", lane="inline")
def choose(sampler: Annotated[str, Choices.offered("samplers")] = "acme/one") -> str:
    """Choose."""
    return sampler


def catalogue(plugin: str, *offers: Offer, nodes: bool = False) -> Catalogue:
    spec = choose.spec.owned_by(plugin, "code", HERE, "choose")
    return Catalogue(plugin, plugin, "1.5", (spec,) if nodes else (), offers=offers)


def sampler(name: str, code: str = "", owner: str = "acme") -> Offer:
    return Offer("samplers", name, f"{HERE}:THING", owner, owner, code)


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.add_catalogue(catalogue("acme", sampler("acme/one", "1"), nodes=True))
    made.add_catalogue(catalogue("zebra", sampler("zebra/two", "2", "zebra")))
    return made


def test_the_choices_are_what_all_plugins_offer(registry: Registry) -> None:
    spec = registry.get("acme:thing.choose")
    assert spec is not None
    assert spec.inputs[0].schema["enum"] == ["acme/one", "zebra/two"]
    with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
        done = engine.run(flow({"c": use("acme:thing.choose", sampler="zebra/two")}), ["c"]).check()
        assert done["c.value"] == "zebra/two"
        wrong = flow({"c": use("acme:thing.choose", sampler="zebra/too")})
        with pytest.raises(Exception, match="expected one of 'acme/one', 'zebra/two'"):
            engine.run(wrong, ["c"])


def test_the_code_of_the_chosen_one_is_part_of_the_key(registry: Registry) -> None:
    def keys(code: str, chosen: str) -> str:
        made = Registry()
        made.add_catalogue(catalogue("acme", sampler("acme/one", code), nodes=True))
        made.add_catalogue(catalogue("zebra", sampler("zebra/two", "2", "zebra")))
        with Engine(registry=made, device="cpu", cache=Cache()) as engine:
            workflow = flow({"c": use("acme:thing.choose", sampler=chosen)})
            return engine.plan(workflow, ["c"]).steps["c"].key

    assert keys("1", "acme/one") == keys("1", "acme/one")
    assert keys("1", "acme/one") != keys("changed", "acme/one")
    assert keys("1", "zebra/two") == keys("changed", "zebra/two")


def test_a_workflow_requires_what_it_chooses(registry: Registry) -> None:
    workflow = flow({"c": use("acme:thing.choose", sampler="zebra/two")})
    assert with_requirements(workflow, registry).requires == {"acme": ">=1.5", "zebra": ">=1.5"}
    assert (
        "zebra" not in with_requirements(flow({"c": use("acme:thing.choose")}), registry).requires
    )


def test_a_name_that_is_taken_fails_the_later_plugin_whole(registry: Registry) -> None:
    late = catalogue("zoo", sampler("zoo/new", owner="zoo"), sampler("acme/one", owner="zoo"))
    registry.add_catalogue(late)
    assert "is offered by acme too" in registry.failed["zoo"]
    assert list(registry.offers["samplers"]) == ["acme/one", "zebra/two"]


@pytest.mark.parametrize(
    ("group", "name", "target", "own", "what"),
    [
        ("samplers", "heun", "acme:HEUN", False, "without a namespace are Weft's own"),
        ("samplers", "acme/heun", "acme:HEUN", True, "Weft's own"),
        ("samplers", "Acme/Heun", "acme:HEUN", False, "small letters"),
        ("samplers", "acme/heun", "acme.HEUN", False, "expected `module:attribute`"),
        ("samplers", "acme/heun", 7, False, "expected `module:attribute`"),
        ("file_readers", "npz", "acme:READ", False, "expected a suffix"),
    ],
)
def test_what_cannot_be_offered_is_refused(
    group: Any, name: str, target: Any, own: bool, what: str
) -> None:
    with pytest.raises(PluginError, match=what):
        check_offer(group, name, target, own=own)


def test_an_offer_is_imported_when_it_is_used() -> None:
    with offering(sampler("acme/one"), Offer("samplers", "acme/gone", "acme_gone.x:Y")):
        assert find_offer("samplers", "acme/one").load(Thing) is THING
        with pytest.raises(PluginError, match=r"expected .*:THING to be a str, got a Thing"):
            find_offer("samplers", "acme/one").load(str)
        with pytest.raises(PluginError, match="ModuleNotFoundError"):
            find_offer("samplers", "acme/gone").load(Thing)
        with pytest.raises(InputError, match=r"did you mean 'acme/one'"):
            find_offer("samplers", "acme/onee")
    assert "acme/one" not in offered("samplers")


def test_listeners_of_plugins_hear_of_every_run(caplog: pytest.LogCaptureFixture) -> None:
    HEARD.clear()
    names = {"acme/hear": "listen", "acme/deaf": "deaf", "acme/gone": "no_such"}
    offers = [Offer("event_listeners", name, f"{HERE}:{at}") for name, at in names.items()]
    registry = Registry()
    registry.add_catalogue(catalogue("acme", *offers, sampler("acme/one"), nodes=True))
    with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
        for _ in range(2):
            engine.run(flow({"c": use("acme:thing.choose")}), ["c"]).check()
    jobs = list(dict.fromkeys(job for job, _ in HEARD))
    assert len(jobs) == 2
    first = [event for job, event in HEARD if job == jobs[0]]
    assert first[0] == "queued"
    assert first[-1] == "finished"
    assert "node_finished" in first
    assert caplog.text.count("'acme/gone' among the event listeners") == 1
    assert "an event listener failed and was dropped" in caplog.text


@pytest.fixture(params=["disk", "acme/kept"])
def backend(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CacheBackend]:
    monkeypatch.setenv("WEFT_CACHE_DIR", str(tmp_path))
    with offering(Offer("cache_backends", "acme/kept", f"{HERE}:Kept")):
        made = make_backend(request.param, 1 << 20)
        assert made is not None
        yield made
        made.close()


def test_a_backend_keeps_what_it_got(backend: CacheBackend) -> None:
    assert backend.get("ab", "cpu") is None
    assert backend.put("ab", [1, "two"], 0.5)
    assert backend.get("ab", "cpu") == ([1, "two"], 0.5)
    assert backend.where(["ab", "cd"]) == {"ab"}
    assert backend.usage()[0] == 1
    backend.clear()
    assert backend.where(["ab"]) == set()


def test_the_built_in_backend_is_the_one_that_is_offered() -> None:
    assert offered("cache_backends")["disk"].function() is DiskTier


def test_a_backend_that_cannot_be_is_refused() -> None:
    assert make_backend("disk", 0) is None
    with pytest.raises(InputError, match="no cache backend is called 'acme/none'"):
        make_backend("acme/none", 1)
    with (
        offering(Offer("cache_backends", "acme/odd", f"{HERE}:unusable")),
        pytest.raises(PluginError, match="expected a CacheBackend, got a Thing"),
    ):
        make_backend("acme/odd", 1)


def test_the_config_file_chooses_the_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from weft import choose_device, default_cache

    config = tmp_path / "config.toml"
    config.write_text('[cache]\nbackend = "acme/kept"\n')
    monkeypatch.setenv("WEFT_CONFIG", str(config))
    monkeypatch.setenv("WEFT_CACHE_DIR", str(tmp_path / "cache"))
    with offering(Offer("cache_backends", "acme/kept", f"{HERE}:Kept")):
        cache = default_cache(choose_device("cpu"))
    assert isinstance(cache.disk, Kept)
    cache.close()
