"""The clock that a test moves: what a node costs, without waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft import Cache, node
from weft.testing import FakeClock, run_workflow

FLOW = {"weft": 1, "nodes": {"n": {"type": "t:number.slow"}}}


def test_nodes_take_what_the_clock_says() -> None:
    with FakeClock() as clock:

        @node("t:number.slow")
        def slow() -> int:
            clock.advance(90)
            return 1

        outcome = run_workflow(FLOW, targets=["n"], nodes=[slow])
        assert outcome.nodes["n"]["seconds"] == 90
        assert outcome.seconds == 90


@pytest.mark.parametrize(("seconds", "stored"), [(0.04, 0), (0.06, 1)])
def test_what_is_quick_to_make_gets_no_file(tmp_path: Path, seconds: float, stored: int) -> None:
    with FakeClock() as clock:

        @node("t:number.slow")
        def slow() -> list[int]:
            clock.advance(seconds)
            return [1]

        cache = Cache(folder=tmp_path)
        run_workflow(FLOW, targets=["n"], nodes=[slow], cache=cache)
        again = Cache(folder=tmp_path)
        report = again.report()["disk"]
        again.close()
    assert report is not None
    assert report["values"] == stored


def test_events_bear_its_time() -> None:
    from weft import Engine, Workflow
    from weft.testing import node_registry

    @node("t:number.slow", lane="inline")
    def slow() -> int:
        return 1

    times = []
    with FakeClock(now=1000.0) as clock, Engine(registry=node_registry(slow)) as engine:
        clock.advance(5)
        engine.run(Workflow.from_data(FLOW), ["n"], on_event=lambda one: times.append(one.time))
    assert set(times) == {1005.0}


def test_it_only_moves_forward_and_the_machines_comes_back() -> None:
    from weft import clock

    with FakeClock() as fake:
        assert clock.now() == fake.now()
        with pytest.raises(ValueError, match="forward only"):
            fake.advance(-1)
    assert clock.now() != fake.now()
    assert clock.seconds() <= clock.seconds()
