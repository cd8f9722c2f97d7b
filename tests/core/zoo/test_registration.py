"""Plugins that declare what they must not, all installed at once beside sound ones.

Each is refused whole, with a reason that names it, and the other where there is one.
"""

from collections.abc import Iterator

import pytest

from core.helpers import flow, use
from core.plugin_zoo import NODES, PLUGIN, Zoo, a_zoo
from weft import Cache, Engine, Registry

MODULES = """
import weft
@weft.hookimpl
def weft_node_modules():
    return {modules}
"""
HOOK = PLUGIN + "\n@weft.hookimpl\ndef {hook}:\n    return {answer}\n"
KIND = """
from typing import Annotated
import weft
Depth = Annotated[weft.Tensor, weft.Kind("acme:depth", {colour!r})]

@weft.node("{namespace}:depth.make")
def make() -> Depth: ...
"""
WITH_INPUT = """
from typing import Annotated, Literal
import weft

@weft.node("{namespace}:number.double", lane="inline")
def double({inputs}) -> int:
    "Twice the number."
    return 2
"""


def hook(name: str, answer: str) -> str:
    """The plugin module of one with another hook."""
    return HOOK.replace("{hook}", name).replace("{answer}", answer)


def web(folder: str, module: str) -> str:
    """The plugin module of one that brings the widget acme/colour."""
    answer = f"weft.WebAssets({folder!r}, {{'acme/colour': {module!r}}})"
    return hook("weft_web_assets()", answer)


def modules(answer: str) -> str:
    """The plugin module of one whose node modules are these."""
    return MODULES.replace("{modules}", answer)


def kind(colour: str) -> str:
    """A module with a node that makes acme:depth."""
    return NODES + KIND.replace("{colour!r}", repr(colour))


def declaring(inputs: str) -> str:
    """A module with a node of these inputs."""
    return WITH_INPUT.replace("{inputs}", inputs)


FAILS: dict[str, tuple[dict[str, str], list[str]]] = {
    "duplicate": (
        {"namespace": "acme-first"},
        ["acme-first:number.double", "acme-first and by trouble-duplicate"],
    ),
    "twice": (
        {"nodes": NODES + NODES.replace("def double", "def again")},
        ["declared twice in trouble-twice"],
    ),
    "range": (
        {"nodes": declaring("number: Annotated[int, weft.Range(1, 9)] = 10")},
        ["Traceback", "number", "10"],
    ),
    "choice": (
        {"nodes": declaring("mode: Literal['a', 'b'] = 'c'")},
        ["Traceback", "mode", "'c'"],
    ),
    "annotation": ({"nodes": declaring("number")}, ["Traceback", "number"]),
    "half": (
        {"plugin": modules("['{package}.nodes', '{package}.bad']")},
        ["Traceback", "bad.py", "ValueError: half"],
    ),
    "unknown-hook": ({"plugin": hook("weft_no_such_hook()", "[]")}, ["weft_no_such_hook"]),
    "signature": (
        {"plugin": hook("weft_warm_up(speed)", "[]")},
        ["weft_warm_up", "speed"],
    ),
    "hook-raises": ({"plugin": hook("weft_warm_up()", "1 / 0")}, ["ZeroDivisionError"]),
    "letters": ({"plugin": modules("'acme.nodes'")}, ["expected a list of names", "acme.nodes"]),
    "number": ({"plugin": modules("5")}, ["weft_node_modules: expected a list of names, got 5"]),
    "numbers": ({"plugin": modules("[5]")}, ["weft_node_modules: expected names, got 5"]),
    "no-assets": (
        {"plugin": hook("weft_web_assets()", "{'folder': 'web'}")},
        ["weft_web_assets: expected WebAssets"],
    ),
    "no-mapping": ({"plugin": hook("weft_samplers()", "['a']")}, ["expected a mapping"]),
    "namespace": ({"namespace": "weft"}, ["the namespace `weft` is taken"]),
    "kind": (
        {"nodes": kind("#000000")},
        ["the kind 'acme:depth' is declared by acme-first", "by trouble-kind"],
    ),
    "primitive": (
        {"nodes": kind("#000000").replace("acme:depth", "int")},
        ["the kind 'int' is declared by weft"],
    ),
    "widget": (
        {"plugin": web("trouble_widget", "x.js")},
        ["the widget 'acme/colour' is brought by acme-first and by trouble-widget"],
    ),
    "web-folder": ({"plugin": web("trouble_web_folder:gone", "x.js")}, ["there is no folder"]),
    "web-module": ({"plugin": web("trouble_web_module", "y.js")}, ["has no module 'y.js'"]),
    "sampler": (
        {"plugin": hook("weft_samplers()", "{'acme/heun': '{package}.nodes:double'}")},
        ["'acme/heun' among the samplers", "acme-first"],
    ),
    "own-name": (
        {"plugin": hook("weft_samplers()", "{'heun': '{package}.nodes:double'}")},
        ["without a namespace are Weft's own"],
    ),
    "target": (
        {"plugin": hook("weft_samplers()", "{'trouble/heun': '{package}.gone:double'}")},
        ["there is no module 'trouble_target.gone'"],
    ),
    "gap": (
        {"nodes": NODES.replace('lane="inline"', "version=3")
         + "\n@double.migrate(1)\ndef _(old):\n    return old\n"},
        ["no migration from version [2]"],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with pytest.MonkeyPatch.context() as patch:
        zoo = a_zoo(tmp_path_factory.mktemp("zoo"), patch)
        patch.setenv("WEFT_CACHE_DIR", str(zoo.folder.parent / "cache"))
        first = hook("weft_samplers()", "{'acme/heun': '{package}.nodes:double'}")
        first += web("acme_first", "x.js").removeprefix(PLUGIN)
        (zoo.add("acme-first", plugin=first, nodes=kind("#112233")) / "x.js").write_text("")
        # The same kind, declared alike, is no clash: it may be a copy of one module.
        zoo.add("zebra-last", nodes=kind("#112233"))
        for name, (parts, _) in FAILS.items():
            code = zoo.add(f"trouble-{name}", **parts)
            (code / "bad.py").write_text("raise ValueError('half')\n")
            (code / "x.js").write_text("")
        yield Registry.installed()


@pytest.mark.parametrize("name", FAILS)
def test_it_is_refused_with_a_reason(registry: Registry, name: str) -> None:
    reason = registry.failed[f"trouble-{name}"]
    for text in FAILS[name][1]:
        assert text in reason


def test_nothing_of_it_is_registered_and_nothing_else_is_lost(registry: Registry) -> None:
    assert {name.removeprefix("trouble-") for name in registry.failed} == set(FAILS)
    ids = [one.id for one in registry.specs()]
    assert ids == [
        "acme-first:depth.make",
        "acme-first:number.double",
        "zebra-last:depth.make",
        "zebra-last:number.double",
    ]
    assert {one.distribution for one in registry.specs()} == {"acme-first", "zebra-last"}
    (depth,) = [one for one in registry.kinds() if one.id == "acme:depth"]
    assert depth.colour == "#112233"
    assert list(registry.web) == ["acme-first"]
    offered = {name: one for group in registry.offers.values() for name, one in group.items()}
    assert {name: one.distribution for name, one in offered.items()} == {"acme/heun": "acme-first"}
    assert registry.warm_up == registry.model_folders == []


def test_the_sound_ones_run(registry: Registry) -> None:
    with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
        nodes = {"n": use("acme-first:number.double", number=4)}
        assert engine.run(flow(nodes), ["n"])["n.value"] == 8


def test_what_is_on_its_way_out_is_noted_and_works(zoo: Zoo) -> None:
    old = "import warnings\nwarnings.warn('say it otherwise', DeprecationWarning)\n"
    library = "import warnings\nwarnings.warn_explicit('theirs', DeprecationWarning, 'lib.py', 1)\n"
    zoo.add("acme-old", nodes=library + old + NODES)
    for _ in range(2):  # as it is made, and as it is read again
        registry = Registry.installed()
        assert registry.failed == {}
        assert registry.catalogues["acme-old"].warnings == ("say it otherwise",)
        assert registry.catalogues["acme-old"].seconds > 0
