"""Plugins whose import misbehaves, all installed at once beside two sound ones.

Each is named with its reason and, where Python got that far, its traceback; nothing of it is there;
the sound ones are, and their nodes run.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.helpers import flow, use
from core.plugin_zoo import IMPORTS, LIMIT, NODES, Zoo, a_zoo
from weft import Cache, Engine, Registry
from weft.global_state import PROCESS, THREAD, read
from weft.probe import SAID

STATE = """
import os, random, signal, sys, threading, time
import numpy
random.seed(0)
numpy.random.seed(12345)
torch = sys.modules.get("torch")  # in an engine; it takes long, so not to describe the plugin
if torch is not None:
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(3)
os.chdir("/")
os.environ["WEFT_TEST_LEFT"] = "1"
signal.signal(signal.SIGTERM, signal.SIG_IGN)
threading.Thread(target=time.sleep, args=(60,), name="left-behind").start()
"""
LOUD = "import sys\nfor _ in range(100): sys.stderr.write('x' * 100_000); print('y' * 100_000)\n"
FAILS = {
    "raises": ["Traceback", "nodes.py", "ValueError: no licence"],
    "exits": ["Traceback", "nodes.py", "SystemExit: 3"],
    "interrupts": ["Traceback", "nodes.py", "KeyboardInterrupt"],
    "misspelt": ["Traceback", "nodes.py", "SyntaxError"],
    "needy": ["Traceback", "nodes.py", "No module named 'a_module_that_nobody_has'"],
    "hangs": [f"its import took over {LIMIT:.0f} seconds"],
    "dies": ["its import ended with status 7"],
    "crashes": ["Fatal Python error", "nodes.py", "its import ended with status -11 (SIGSEGV)"],
    "early": ["Traceback", "plugin.py", "ValueError: in the plugin module"],
    "nowhere": ["No module named 'trouble_gone'"],
    "nameless": ["METADATA has no Name"],
    "unversioned": ["METADATA has no Version"],
    "undescribed": ["there is no file METADATA"],
    "garbled": ["entry_points.txt is damaged", "expected `name = module`"],
    "newer": ["trouble-newer 1.0", "requires weft>=99", "this is 0."],
    "ended": ["its import ended with status 0"],
    "loud-and-dead": ["its import ended with status 7"],
}
SOUND = {
    "acme-first:number.double",
    "trouble-state:number.double",
    "trouble-loud:number.double",
    "zebra-last:number.double",
}


def install(zoo: Zoo) -> None:
    """Every way to fail at once."""
    zoo.add("acme-first")
    zoo.add("zebra-last")
    for name, source in IMPORTS.items():
        zoo.add(f"trouble-{name}", nodes="import faulthandler; faulthandler.enable()\n" + source)
    zoo.add("trouble-early", plugin="raise ValueError('in the plugin module')")
    zoo.add("trouble-nowhere", points="trouble-nowhere = trouble_gone.plugin\n")
    zoo.add("trouble-nameless")
    (zoo.info("trouble-nameless") / "METADATA").write_text("Metadata-Version: 2.1\nVersion: 1\n")
    zoo.add("trouble-unversioned")
    (zoo.info("trouble-unversioned") / "METADATA").write_bytes(b"Name: trouble-unversioned\n\xff")
    zoo.add("trouble-undescribed")
    (zoo.info("trouble-undescribed") / "METADATA").unlink()
    zoo.add("trouble-garbled", points="trouble-garbled\n")
    zoo.add("trouble-newer", requires=["weft>=99", "numpy", "weft-other>=1", "]["])
    zoo.add("trouble-ended", nodes="import os; os._exit(0)")
    zoo.add("trouble-state", nodes=STATE + NODES)
    zoo.add("trouble-loud", nodes=LOUD + NODES)
    zoo.add("trouble-loud-and-dead", nodes=LOUD + IMPORTS["dies"])
    # Whatever this is, it is no plugin, and hides none.
    (zoo.folder / "stray-1.0.dist-info").mkdir()
    (zoo.folder / "stray-1.0.dist-info/entry_points.txt").write_bytes(b"\xff\xfe[weft")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with pytest.MonkeyPatch.context() as patch:
        zoo = a_zoo(tmp_path_factory.mktemp("zoo"), patch)
        patch.setenv("WEFT_CACHE_DIR", str(zoo.folder.parent / "cache"))
        install(zoo)
        before = read(PROCESS)[:-1], read(THREAD)
        found = Registry.installed()
        assert (read(PROCESS)[:-1], read(THREAD)) == before
        yield found


@pytest.mark.parametrize("name", FAILS)
def test_the_culprit_is_named(registry: Registry, name: str) -> None:
    reason = registry.failed[f"trouble-{name}"]
    for text in FAILS[name]:
        assert text in reason
    assert len(reason) < SAID + 1000
    assert registry.plugins[f"trouble-{name}"] in (f"trouble-{name}", f"trouble_{name}")


def test_nothing_else_is_lost(registry: Registry) -> None:
    assert {name.removeprefix("trouble-") for name in registry.failed} == set(FAILS)
    assert {one.id for one in registry.specs()} == SOUND
    nodes = {
        f"n{number}": use(id, number=4) for number, id in enumerate(("acme-first", "zebra-last"))
    }
    for node in nodes.values():
        node["type"] += ":number.double"
    with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
        assert list(engine.run(flow(nodes), list(nodes)).values.values()) == [8, 8]


def test_nothing_of_it_is_in_this_process(registry: Registry) -> None:
    assert registry.failed
    assert not any(name.startswith("trouble") for name in sys.modules)
    assert "WEFT_TEST_LEFT" not in os.environ
    assert torch.get_default_dtype() is torch.float32
    assert not any(one.name == "left-behind" for one in threading.enumerate())


def test_they_are_asked_side_by_side(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins that hang cost the limit once, not one after the other."""
    monkeypatch.setattr("weft.catalogues.IMPORT_LIMIT", 3.0)
    monkeypatch.setattr("weft.probe.PATIENCE", 0.2)
    for number in range(5):
        zoo.add(f"trouble-{number}", nodes=IMPORTS["hangs"])
    start = time.monotonic()
    assert len(Registry.installed().failed) == 5
    assert time.monotonic() - start < 5 * 3.0  # as it would take one after the other


def test_a_plugin_of_a_taken_name_fails_alone(zoo: Zoo) -> None:
    zoo.add("acme-one", points="acme = acme_one.plugin\n")
    zoo.add("acme-two", points="acme = acme_two.plugin\n")
    registry = Registry.installed()
    (reason,) = registry.failed.values()
    assert "'acme' is taken by acme-one" in reason
    assert [one.id for one in registry.specs()] == ["acme-one:number.double"]


def test_global_state_of_an_import_in_the_engine_is_set_back(
    zoo: Zoo, caplog: pytest.LogCaptureFixture
) -> None:
    """The catalogue was made in a child; the module is imported here before its node runs."""
    changes = STATE.replace("threading.Thread", "0 and threading.Thread")
    zoo.add("acme-state", nodes=changes.replace(".start()", "") + NODES)
    registry = Registry.installed()
    assert registry.failed == {}
    before = read(PROCESS)[:-1], read(THREAD)
    with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
        workflow = flow({"n": use("acme-state:number.double", number=4)})
        assert engine.run(workflow, ["n"])["n.value"] == 8
    assert (read(PROCESS)[:-1], read(THREAD)) == before
    for what in ("default dtype", "Python's global", "numpy's global", "SIGTERM", "current folder"):
        assert what in caplog.text
    assert "the import of acme_state.nodes" in caplog.text
    assert Path.cwd() != Path("/")
