"""Random graphs against a naive evaluator: values, run counts, and cached equals uncached."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.helpers import flow
from weft import Cache, Engine, Registry, Workflow, node

EXAMPLES = 2000 if os.environ.get("CI") else 300
ran: Counter[str] = Counter()


class Pair(NamedTuple):
    low: int
    high: int


@node("t:number.constant", lane="inline")
def constant(value: int, name: str) -> int:
    ran[name] += 1
    return value


@node("t:number.add", lane="inline")
def add(a: int, b: int, name: str) -> int:
    ran[name] += 1
    return a + b


@node("t:number.add_slowly")
def add_slowly(a: int, b: int, name: str) -> int:
    """The same on the device lane."""
    ran[name] += 1
    return a - b


@node("t:number.add_aside", lane="io")
def add_aside(a: int, b: int, name: str) -> int:
    """The same on the io lane."""
    ran[name] += 1
    return a * 2 + b


@node("t:number.add_later")
async def add_later(a: int, b: int, name: str) -> int:
    """The same on the event loop."""
    ran[name] += 1
    return a + 2 * b


@node("t:number.pair", lane="inline")
def pair(a: int, b: int, name: str) -> Pair:
    ran[name] += 1
    return Pair(min(a, b), max(a, b))


@node("t:number.fail", lane="inline")
def fail(a: int, name: str) -> int:
    """Fails for odd numbers."""
    ran[name] += 1
    if a % 2:
        raise ValueError("odd")
    return a


@node("t:flow.switch", lane="inline")
def switch(a: int, name: str, b: int | None = None, c: int | None = None) -> int:
    """One of two, by whether `a` is even; the other never runs for its sake."""
    ran[name] += 1
    chosen = c if a % 2 else b
    return -1 if chosen is None else chosen


@switch.needs
def _(a: int) -> set[str]:
    return {"c"} if a % 2 else {"b"}


REGISTRY = Registry([constant, add, add_slowly, add_aside, add_later, pair, fail, switch])
BINARY = ["t:number.add", "t:number.add_slowly", "t:number.add_aside", "t:number.add_later"]
TYPES = [*BINARY, "t:number.add", "t:number.pair", "t:number.fail", "t:flow.switch"]
INPUTS = {"t:number.fail": ("a",), "t:flow.switch": ("a", "b", "c")}


@dataclass
class Spec:
    """A node of the random graph: what it reads is earlier, so there are no cycles."""

    type: str
    mode: str | None = None
    values: dict[str, int] = field(default_factory=dict)
    links: dict[str, tuple[str, str]] = field(default_factory=dict)


Graph = dict[str, Spec]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 12))
    graph: Graph = {}
    sources: list[tuple[str, str]] = []
    for index in range(count):
        id = f"n{index}"
        if not sources or draw(st.integers(0, 4)) == 0:
            spec = Spec("t:number.constant", values={"value": draw(st.integers(0, 3))})
        else:
            spec = Spec(draw(st.sampled_from(TYPES)))
            for name in INPUTS.get(spec.type, ("a", "b")):
                # Mostly links, mostly to what is near, so that diamonds and long paths come up.
                if draw(st.integers(0, 5)):
                    spec.links[name] = draw(st.sampled_from(sources[-6:]))
                else:
                    spec.values[name] = draw(st.integers(0, 3))
        spec.mode = draw(st.sampled_from([None] * 9 + ["mute"]))
        graph[id] = spec
        outputs = ("low", "high") if spec.type == "t:number.pair" else ("value",)
        sources += [(id, output) for output in outputs]
    return graph


def workflow_of(graph: Graph) -> Workflow:
    return flow(
        {
            id: {
                "type": spec.type,
                "mode": spec.mode,
                "values": {**spec.values, "name": id},
                "links": {name: ".".join(link) for name, link in spec.links.items()},
            }
            for id, spec in graph.items()
        }
    )


class Failed(Exception):  # noqa: N818 - what the naive evaluator meets, not an error of its own
    pass


class Naive:
    """Recursion and a dictionary: what the engine must agree with."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.known: dict[str, dict[str, int] | None] = {}
        self.ran: Counter[str] = Counter()

    def muted(self, id: str) -> bool:
        spec = self.graph[id]
        return spec.mode == "mute" or any(self.muted(link[0]) for link in spec.links.values())

    def value(self, id: str, output: str) -> int:
        if id not in self.known:
            try:
                self.known[id] = self.compute(id)
            except Failed:
                self.known[id] = None
        found = self.known[id]
        if found is None:
            raise Failed
        return found[output]

    def compute(self, id: str) -> dict[str, int]:
        spec = self.graph[id]

        def read(name: str) -> int:
            if name in spec.links:
                return self.value(*spec.links[name])
            return spec.values[name]

        if spec.type == "t:flow.switch":
            chosen = read("c" if read("a") % 2 else "b")
            self.ran[id] += 1
            return {"value": chosen}
        wanted = ("value",) if spec.type == "t:number.constant" else INPUTS.get(spec.type, "ab")
        failed = False
        given = {}
        for name in wanted:
            try:
                given[name] = read(name)
            except Failed:
                failed = True  # the others still run: they were asked for
        if failed:
            raise Failed
        self.ran[id] += 1
        a, b = given.get("a", 0), given.get("b", 0)
        match spec.type:
            case "t:number.constant":
                return {"value": given["value"]}
            case "t:number.add":
                return {"value": a + b}
            case "t:number.add_slowly":
                return {"value": a - b}
            case "t:number.add_aside":
                return {"value": a * 2 + b}
            case "t:number.add_later":
                return {"value": a + 2 * b}
            case "t:number.pair":
                return {"low": min(a, b), "high": max(a, b)}
        if a % 2:
            raise Failed
        return {"value": a}


@pytest.fixture(scope="module")
def shared() -> Iterator[Engine]:
    """One engine for all examples: making threads for each would be most of the time."""
    with Engine(registry=REGISTRY, device="cpu", cache=Cache()) as engine:
        yield engine


def expected(graph: Graph, targets: list[str]) -> tuple[dict[str, int], Naive]:
    naive, values = Naive(graph), {}
    for target in targets:
        try:
            values[target] = naive.value(*target.split("."))
        except Failed:
            continue
    return values, naive


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(graphs(), st.data())
def test_the_engine_agrees_with_a_naive_evaluator(
    shared: Engine, graph: Graph, data: st.DataObject
) -> None:
    live = [id for id in graph if not Naive(graph).muted(id)]
    if not live:
        return
    targets = [
        f"{id}.{'high' if graph[id].type == 't:number.pair' else 'value'}"
        for id in data.draw(st.lists(st.sampled_from(live), min_size=1, max_size=3, unique=True))
    ]
    workflow = workflow_of(graph)
    values, naive = expected(graph, targets)
    event(f"failures: {len(values) < len(targets)}")

    # Without a cache: the values, and each node at most once and only if it is needed.
    shared.cache = Cache(host=0)
    ran.clear()
    outcome = shared.run(workflow, targets)
    assert outcome.values == values
    assert outcome.status == ("done" if len(values) == len(targets) else "failed")
    assert set(ran.values()) <= {1}
    assert ran == naive.ran  # a failure stops its dependants and nothing else

    # With one: the same values, and the second time nothing but what failed runs.
    shared.cache = Cache()
    assert shared.run(workflow, targets).values == values
    ran.clear()
    again = shared.run(workflow, targets)
    assert again.values == values
    if again.status == "done":
        assert ran == {}

    # One value changed: the new values, and only what depends on it runs.
    constants = [id for id in live if graph[id].type == "t:number.constant"]
    if constants:
        changed = data.draw(st.sampled_from(constants))
        graph[changed].values["value"] += 1
        ran.clear()
        values, naive = expected(graph, targets)
        assert shared.run(workflow_of(graph), targets).values == values
        if not any(one.type in ("t:flow.switch", "t:number.fail") for one in graph.values()):
            assert set(ran) == {id for id in naive.ran if depends(graph, id, changed)}


def depends(graph: Graph, id: str, on: str) -> bool:
    return id == on or any(depends(graph, link[0], on) for link in graph[id].links.values())


@settings(max_examples=EXAMPLES // 20, deadline=None)
@given(graphs())
def test_the_plan_says_what_the_run_does(graph: Graph) -> None:
    """Where nothing is lazy and nothing fails, the plan is exact."""
    live = [id for id in graph if not Naive(graph).muted(id)]
    if not live or any(one.type in ("t:flow.switch", "t:number.fail") for one in graph.values()):
        return
    targets = [live[-1]]
    with Engine(registry=REGISTRY, device="cpu", cache=Cache()) as engine:
        plan = engine.plan(workflow_of(graph), targets)
        ran.clear()
        engine.run(workflow_of(graph), targets)
    assert set(ran) == {id for id, step in plan.steps.items() if step.state == "run"}


@settings(max_examples=EXAMPLES // 20, deadline=None)
@given(graphs(), st.randoms())
def test_the_order_of_the_file_means_nothing(graph: Graph, random: Any) -> None:
    live = [id for id in graph if not Naive(graph).muted(id)]
    if not live:
        return
    ids = list(graph)
    random.shuffle(ids)
    targets = [f"{live[-1]}.{'high' if graph[live[-1]].type == 't:number.pair' else 'value'}"]
    shuffled = workflow_of({id: graph[id] for id in ids})
    with Engine(registry=REGISTRY, device="cpu", cache=Cache()) as engine:
        assert engine.plan(shuffled, targets).keys == engine.plan(workflow_of(graph), targets).keys
        assert engine.run(shuffled, targets).values == expected(graph, targets)[0]
