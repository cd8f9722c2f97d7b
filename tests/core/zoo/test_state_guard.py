"""What a plugin's node changes in its process is set back, and the warning names the node."""

import asyncio
import locale
import logging
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import torch

from core.helpers import Listening, MakeEngine, flow, use
from weft import Cache, Choices, Node, NodeWarning, Offer, Registry, choose_device, node
from weft.global_state import PROCESS, THREAD, read
from weft.invoke import Callees, call

_stop = threading.Event()


def _leave_a_thread() -> None:
    threading.Thread(target=_stop.wait, args=(30,), name="left-behind").start()


@pytest.fixture(autouse=True, scope="module")
def libraries_have_set_their_own_variables() -> None:
    torch.use_deterministic_algorithms(False)


@pytest.fixture(autouse=True)
def no_thread_outlives_a_test() -> Iterator[None]:
    yield
    _stop.set()
    for one in threading.enumerate():
        if one.name == "left-behind":
            one.join()
    _stop.clear()


def _chdir() -> None:
    os.chdir("/")


def _environ() -> None:
    os.environ["WEFT_TEST_NEW"] = "1"
    os.environ["PATH"] = "/nowhere"
    del os.environ["HOME"]


DEEDS: dict[str, tuple[Callable[[], object], str | None]] = {
    "seeds Python": (lambda: random.seed(0), "Python's global random numbers"),
    "draws from Python": (random.random, "Python's global random numbers"),
    "seeds numpy": (lambda: np.random.seed(12345), "numpy's global random numbers"),
    "draws from numpy": (lambda: np.random.rand(3), "numpy's global random numbers"),
    "seeds torch": (lambda: torch.manual_seed(0), "seeded torch's global random numbers"),
    "builds a network": (lambda: torch.nn.Linear(2, 2), None),
    "default dtype": (lambda: torch.set_default_dtype(torch.float64), "default dtype"),
    "deterministic": (lambda: torch.use_deterministic_algorithms(True), "deterministic"),
    "precision": (lambda: torch.set_float32_matmul_precision("medium"), "float32 products"),
    "default device": (lambda: torch.set_default_device("meta"), "default device from cpu to meta"),
    "gradients": (lambda: torch.set_grad_enabled(True), "gradients from False to True"),
    "threads of torch": (lambda: torch.set_num_threads(3), "number of threads from 1 to 3"),
    "folder": (_chdir, "the current folder"),
    "environment": (_environ, "the environment: HOME, PATH, WEFT_TEST_NEW"),
    "thread": (_leave_a_thread, "left threads running: left-behind"),
    "nothing": (lambda: None, None),
}


def naughty(deed: Callable[[], object], lane: str = "io", name: str = "do") -> Node[..., int]:
    @node(f"t:deed.{name}", lane=lane)  # type: ignore[arg-type]
    def do(number: int = 1) -> int:
        deed()
        return number

    return do


def warnings_of(engine: MakeEngine, *nodes: Node[..., Any]) -> list[NodeWarning]:
    events = Listening()
    ids = [one.spec.id.rpartition(".")[2] for one in nodes]
    workflow = flow({id: use(one.spec.id, number=7) for id, one in zip(ids, nodes, strict=True)})
    outcome = engine(*nodes).run(workflow, ids, on_event=events)
    assert outcome.status == "done"
    assert set(outcome.values.values()) == {7}
    return [one for one in events if isinstance(one, NodeWarning)]


@pytest.mark.parametrize("lane", ["io", "device", "inline"])
@pytest.mark.parametrize("name", DEEDS)
def test_the_process_is_set_right(
    engine: MakeEngine, name: str, lane: str, caplog: pytest.LogCaptureFixture
) -> None:
    deed, told = DEEDS[name]
    before = read(PROCESS), read(THREAD)
    with caplog.at_level(logging.WARNING, "weft.guard"):
        found = warnings_of(engine, naughty(deed, lane))
    assert read(PROCESS)[:-1] == before[0][:-1]  # the last are threads, which nobody can end
    assert read(THREAD) == before[1]
    assert [one.node for one in found] == (["do"] if told else [])
    for one in found:
        assert told is not None
        assert told in one.message
        assert f"nodes.do (t:deed.do): {one.message}" in caplog.text


def test_a_signal_handler_is_put_back(engine: MakeEngine) -> None:
    """Only the main thread can change one, which inline nodes run on."""
    before = signal.getsignal(signal.SIGTERM)
    deed = naughty(lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN), "inline")
    (warning,) = warnings_of(engine, deed)
    assert "the signal handler of SIGTERM" in warning.message
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_locale_is_put_back(engine: MakeEngine) -> None:
    before = locale.setlocale(locale.LC_ALL)
    other = "C" if before != "C" else "C.UTF-8"
    (warning,) = warnings_of(engine, naughty(lambda: locale.setlocale(locale.LC_ALL, other)))
    assert "the locale" in warning.message
    assert locale.setlocale(locale.LC_ALL) == before


def test_a_node_that_fails_is_looked_at_too(engine: MakeEngine) -> None:
    def deed() -> None:
        random.seed(1)
        raise SystemExit(3)

    state = random.getstate()
    events = Listening()
    workflow = flow({"do": use("t:deed.do")})
    outcome = engine(naughty(deed)).run(workflow, ["do"], on_event=events)
    assert outcome.status == "failed"
    assert events.names()[-3:] == ["node_warning", "node_failed", "finished"]
    assert random.getstate() == state


def test_of_nodes_that_overlap_all_are_named_once_both_are_over(engine: MakeEngine) -> None:
    """
    a ─────┐
    b ─────┘ at the same time; one of them seeds
    """
    meet = threading.Barrier(2)
    folders: list[str] = []

    def first() -> None:
        meet.wait(30)
        os.chdir("/")
        meet.wait(30)

    def second() -> None:
        meet.wait(30)
        meet.wait(30)
        folders.append(str(Path.cwd()))  # the two share a process while they run

    before = Path.cwd()
    found = warnings_of(engine, naughty(first, "io", "a"), naughty(second, "device", "b"))
    assert folders == ["/"]
    assert {one.node for one in found} == {"a", "b"}
    assert all("or b did" in one.message for one in found if one.node == "a")
    assert all("or a did" in one.message for one in found if one.node == "b")
    assert Path.cwd() == before


def test_an_async_node_is_looked_at(engine: MakeEngine) -> None:
    @node("t:deed.do")
    async def do(number: int = 1) -> int:
        await asyncio.sleep(0)
        os.chdir("/")
        return number

    before = Path.cwd()
    (warning,) = warnings_of(engine, do)
    assert "the current folder" in warning.message
    assert Path.cwd() == before


def test_a_node_that_is_the_first_to_import_torch_is_not_accused() -> None:
    """torch seeds its global generator at random as it is imported."""
    code = """
import warnings
from weft import node
from weft.testing import run_node

@node("t:number.first")
def first() -> float:
    import torch
    return float(torch.ones(1))

warnings.simplefilter("error")
print(run_node(first))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1.0\n", "")


@pytest.mark.parametrize(("sampler", "told"), [("acme/rude", True), ("plain", False)])
def test_an_own_node_that_uses_what_a_plugin_offers_is_looked_at(sampler: str, told: bool) -> None:
    @node("weft:t.sample", lane="io")
    def sample(sampler: Annotated[str, Choices.offered("samplers")]) -> str:
        random.seed(0)
        return sampler

    registry = Registry()
    own = Offer("samplers", "plain", "a:b", "weft", "weft")
    rude = Offer("samplers", "acme/rude", "a:b", "acme", "acme-nodes")
    registry.offers["samplers"] |= {"plain": own, "acme/rude": rude}
    spec = sample.spec.owned_by("weft", "code", __name__, "sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "load", lambda spec: sample)
        callee = Callees(registry).of(spec)
    state, texts = random.getstate(), list[str]()
    device = choose_device("cpu")
    value, _ = call(callee, "n", {"sampler": sampler}, device, Cache(), texts.append)
    assert value == (sampler,)
    assert bool(texts) == told
    assert (random.getstate() == state) == told
    random.setstate(state)
