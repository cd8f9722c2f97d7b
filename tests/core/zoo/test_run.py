"""Nodes of a plugin that misbehave as they run, all in one run beside sound ones.

What takes the whole process with it (`os._exit`, a segmentation fault, a hang) is tried on a real
server, whose workers it is that die: see `reliability.faults.at_nodes`. What nodes change in their
process is tried in `test_state_guard`.
"""

import random
from collections.abc import Iterator

import pytest
import torch

from core.helpers import Listening, flow, use
from core.plugin_zoo import NODES, PLUGIN, Zoo, a_zoo
from weft import Cache, Engine, NodeFailed, Outcome, PluginError, Registry

FAULTS = """
import weft

@weft.node("{namespace}:make.picture", lane="device")
def picture() -> weft.Image:
    import torch
    return torch.zeros(1, 2, 2, 3)

@weft.node("{namespace}:fault.edit", lane="io")
def edit(image: weft.Image) -> weft.Image:
    image.add_(1)
    return image

@weft.node("{namespace}:fault.nan", lane="io")
def nan() -> float:
    return float("nan")

@weft.node("{namespace}:fault.wrong_type", lane="io")
def wrong_type() -> int:
    return ["text"]

@weft.node("{namespace}:fault.wrong_shape", lane="io")
def wrong_shape() -> weft.Image:
    import torch
    return torch.zeros(2, 2)

def _fault(name, lane, deed):
    @weft.node(f"{namespace}:fault.{name}_{lane}", lane=lane)
    def fault(number: int = 0) -> int:
        deed()
        return number
    return fault

def _raise(error):
    def deed():
        raise error
    return deed

class Rude(BaseException):
    def __str__(self):
        raise ValueError("not even its text")

for _lane in ("io", "device", "inline"):
    for _name, _error in {
        "raise": ValueError("on purpose"),
        "exit": SystemExit(3),
        "interrupt": KeyboardInterrupt(),
        "memory": MemoryError("no room"),
        "recursion": RecursionError("too deep"),
        "stop": StopIteration(1),
        "generator_exit": GeneratorExit(),
    }.items():
        globals()[f"{_name}_{_lane}"] = _fault(_name, _lane, _raise(_error))
"""
# In the main thread an interrupt cannot be told from a person's.
CALLS = [
    (name, lane)
    for lane in ("io", "device", "inline")
    for name in ("raise", "exit", "interrupt", "memory", "recursion", "stop", "generator_exit")
    if (name, lane) != ("interrupt", "inline")
]
SAID = {
    "raise": "ValueError: on purpose",
    "exit": "SystemExit: 3",
    "interrupt": "KeyboardInterrupt",
    "memory": "cpu has no room",
    "recursion": "RecursionError: too deep",
    "stop": "StopIteration: 1",
    "generator_exit": "GeneratorExit",
    "edit": "changed its input 'image' in place",
    "wrong_type": "expected a int, got list",
    "wrong_shape": "expected",
}
IDS = [f"{name}_{lane}" for name, lane in CALLS]
LATE = "import os\nif os.environ.get('WEFT_TEST_LATE'): {deed}\n"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outcome, Listening]]:
    with pytest.MonkeyPatch.context() as patch:
        zoo = a_zoo(tmp_path_factory.mktemp("zoo"), patch)
        patch.setenv("WEFT_CACHE_DIR", str(zoo.folder.parent / "cache"))
        zoo.add("trouble-run", nodes=FAULTS.replace('f"{namespace}:fault', 'f"trouble-run:fault'))
        zoo.add("zebra-run")
        late = {"exits": "raise SystemExit(3)", "raises": "raise ValueError('no licence')"}
        for name, deed in late.items():
            zoo.add(f"trouble-late-{name}", nodes=LATE.replace("{deed}", deed) + NODES)
        registry = Registry.installed()
        assert registry.failed == {}
        patch.setenv("WEFT_TEST_LATE", "1")
        nodes = {id: use(f"trouble-run:fault.{id}") for id in IDS}
        nodes |= {id: use(f"trouble-run:fault.{id}") for id in ("nan", "wrong_type", "wrong_shape")}
        nodes |= {
            "picture": use("trouble-run:make.picture"),
            "edit": use("trouble-run:fault.edit", links={"image": "picture.image"}),
            "late_exits": use("trouble-late-exits:number.double", number=1),
            "late_raises": use("trouble-late-raises:number.double", number=1),
            "first": use("zebra-run:number.double", number=4),
            "last": use("zebra-run:number.double", links={"number": "first.value"}),
        }
        events = Listening()
        with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
            yield engine.run(flow(nodes), list(nodes), on_event=events), events


@pytest.mark.parametrize("id", [*IDS, "edit", "wrong_type", "wrong_shape"])
def test_the_node_is_named_with_its_traceback(ran: tuple[Outcome, Listening], id: str) -> None:
    outcome, events = ran
    assert outcome.nodes[id]["state"] == "failed"
    (failed,) = [one for one in events if isinstance(one, NodeFailed) and one.node == id]
    name = id if id in SAID else id.rpartition("_")[0]
    assert SAID[name] in failed.error
    assert failed.type == f"trouble-run:fault.{id}"
    assert "Traceback" in failed.traceback
    if id in IDS and name != "memory":  # whose frames are let go, for they hold what has no room
        assert "trouble_run/nodes.py" in failed.traceback


@pytest.mark.parametrize(("name", "said"), [("exits", "SystemExit: 3"), ("raises", "no licence")])
def test_a_module_that_fails_only_now_fails_alone(
    ran: tuple[Outcome, Listening], name: str, said: str
) -> None:
    outcome, _ = ran
    (error,) = [one for one in outcome.errors if one.node == f"late_{name}"]
    assert isinstance(error.__cause__, PluginError)
    assert f"of trouble-late-{name} cannot be imported" in str(error)
    assert said in str(error)


def test_the_others_ran(ran: tuple[Outcome, Listening]) -> None:
    outcome, events = ran
    assert outcome.status == "failed"
    assert outcome.values["last.value"] == 16
    assert torch.isnan(torch.tensor(outcome.values["nan.value"]))
    failed = {id for id, one in outcome.nodes.items() if one["state"] == "failed"}
    assert failed == {*IDS, "edit", "wrong_type", "wrong_shape", "late_exits", "late_raises"}
    assert {one["state"] for id, one in outcome.nodes.items() if id not in failed} == {"ran"}
    assert events.names()[-1] == "finished"


def test_what_is_offered_by_name_fails_alone_when_it_is_used(zoo: Zoo) -> None:
    hook = "\n@weft.hookimpl\ndef weft_samplers():\n    return {'acme/late': '{package}.late:x'}\n"
    (zoo.add("acme-offer", plugin=PLUGIN + hook) / "late.py").write_text(
        "import random\nrandom.seed(0)\nraise SystemExit(3)\n"
    )
    offer = Registry.installed().offers["samplers"]["acme/late"]
    before = random.getstate()
    with pytest.raises(PluginError, match=r"'acme/late' .* of acme-offer cannot .* SystemExit: 3"):
        offer.load(object)
    assert random.getstate() == before


def test_an_error_whose_text_fails_too(zoo: Zoo) -> None:
    rude = FAULTS.partition("for _lane")[0].replace('f"{namespace}:fault', 'f"acme-rude:fault')
    zoo.add("acme-rude", nodes=rude + 'bad = _fault("rude", "io", _raise(Rude()))\n' + NODES)
    nodes = {
        "bad": use("acme-rude:fault.rude_io"),
        "good": use("acme-rude:number.double", number=1),
    }
    with Engine(registry=Registry.installed(), device="cpu", cache=Cache()) as engine:
        outcome = engine.run(flow(nodes), list(nodes))
    assert outcome.values == {"good.value": 2}
    (error,) = outcome.errors
    assert "Rude: <its text cannot be had: ValueError>" in str(error)
