"""Execution: demand-driven, on lanes, released on last use, cancelled within a step."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import pytest
import torch

from core.helpers import Calls, Listening, MakeEngine, flow, use
from weft import Cache, Cancelled, Context, Engine, Image, Node, NodeError, Tensor, Workflow, node
from weft.engine import Job
from weft.kinds import Kind

T = TypeVar("T")
# Long enough for a busy machine, and never waited for unless a test fails.
PATIENCE = 20.0


def switch_node() -> Node[..., Any]:
    @node("t:flow.switch")
    def switch(condition: bool, on_true: T | None = None, on_false: T | None = None) -> T | None:
        return on_true if condition else on_false

    @switch.needs
    def _(condition: bool) -> set[str]:
        return {"on_true"} if condition else {"on_false"}

    return switch


# Demand


def test_a_diamond_runs_each_node_once(engine: MakeEngine) -> None:
    """
        ┌─ left ──┐
    top ┤         ├─ bottom
        └─ right ─┘
    """
    calls = Calls()

    @node("t:number.add")
    def add(a: int = 1, b: int = 1) -> int:
        calls.note("add")
        return a + b

    workflow = flow(
        {
            "top": use("t:number.add"),
            "left": use("t:number.add", links={"a": "top.value"}),
            "right": use("t:number.add", b=10, links={"a": "top.value"}),
            "bottom": use("t:number.add", links={"a": "left.value", "b": "right.value"}),
        }
    )
    assert engine(add).run(workflow, ["bottom"])["bottom.value"] == 15
    assert calls == {"add": 4}


def test_without_targets_every_output_node_is_pulled_and_nothing_else(engine: MakeEngine) -> None:
    """
    a ── show        b (nobody asks)
    """
    calls = Calls()

    @node("t:number.of")
    def of(name: str) -> int:
        calls.note(name)
        return 1

    @node("t:text.show")
    def show(value: int) -> None:
        calls.note("show")

    workflow = flow(
        {
            "a": use("t:number.of", name="a"),
            "b": use("t:number.of", name="b"),
            "show": use("t:text.show", links={"value": "a.value"}),
        }
    )
    made = engine(of, show)
    made.run(workflow)
    made.run(workflow)
    assert calls == {"a": 1, "show": 2}  # an output node is never cached


def test_a_lazy_input_is_decided_before_its_upstream_runs(engine: MakeEngine) -> None:
    """
    truth ──────┐
    costly ─────┼─ switch
    also_costly ┘
    """
    calls = Calls()

    @node("t:flow.truth")
    def truth() -> bool:
        calls.note("truth")
        return False

    @node("t:number.costly")
    def costly(number: int) -> int:
        calls.note(f"costly{number}")
        return number

    workflow = flow(
        {
            "truth": use("t:flow.truth"),
            "one": use("t:number.costly", number=1),
            "two": use("t:number.costly", number=2),
            "switch": use(
                "t:flow.switch",
                links={
                    "condition": "truth.value",
                    "on_true": "one.value",
                    "on_false": "two.value",
                },
            ),
        }
    )
    assert engine(truth, costly, switch_node()).run(workflow, ["switch"])["switch.value"] == 2
    assert calls == {"truth": 1, "costly2": 1}


def test_what_a_lazy_node_may_yet_need_is_not_made_twice(engine: MakeEngine) -> None:
    """
    top ─┬─ early (is it even?) ─┐
         └─ late ────────────────┴─ switch      without a cache, top is still there for late
    """
    calls = Calls()

    @node("t:number.of")
    def of(number: int, name: str) -> int:
        calls.note(name)
        return number

    @node("t:number.even")
    def even(number: int) -> bool:
        return number % 2 == 0

    workflow = flow(
        {
            "top": use("t:number.of", number=4, name="top"),
            "early": use("t:number.even", links={"number": "top.value"}),
            "late": use("t:number.of", name="late", links={"number": "top.value"}),
            "switch": use(
                "t:flow.switch", links={"condition": "early.value", "on_true": "late.value"}
            ),
        }
    )
    run = engine(of, even, switch_node(), cache=Cache(host=0)).run
    assert run(workflow, ["switch"])["switch.value"] == 4
    assert calls == {"top": 1, "late": 1}


def test_a_side_that_was_not_chosen_may_be_broken(engine: MakeEngine) -> None:
    @node("t:number.broken")
    def broken() -> int:
        raise AssertionError("not chosen")

    workflow = flow(
        {
            "broken": use("t:number.broken"),
            "switch": use("t:flow.switch", condition=False, links={"on_true": "broken.value"}),
        }
    )
    outcome = engine(broken, switch_node()).run(workflow, ["switch"])
    assert (outcome.status, outcome["switch.value"]) == ("done", None)


def test_a_chain_of_20_000_nodes_needs_no_recursion(engine: MakeEngine) -> None:
    @node("t:number.next", lane="inline")
    def following(number: int = 0) -> int:
        return number + 1

    count = 20_000
    nodes = {"n0": use("t:number.next")}
    for index in range(1, count):
        nodes[f"n{index}"] = use("t:number.next", links={"number": f"n{index - 1}.value"})
    target = f"n{count - 1}.value"
    assert engine(following).run(flow(nodes), [target])[target] == count


def test_a_failure_at_the_start_of_a_long_chain_skips_the_rest(engine: MakeEngine) -> None:
    @node("t:number.next", lane="inline")
    def following(number: int = 0) -> int:
        return number // 0

    count = 5_000
    nodes = {"n0": use("t:number.next")}
    for index in range(1, count):
        nodes[f"n{index}"] = use("t:number.next", links={"number": f"n{index - 1}.value"})
    outcome = engine(following).run(flow(nodes), [f"n{count - 1}"])
    assert len(outcome.errors) == 1
    states = [one["state"] for one in outcome.nodes.values()]
    assert (states.count("failed"), states.count("skipped")) == (1, count - 1)


# Lanes


def test_lanes_overlap(engine: MakeEngine) -> None:
    """
    device ─┐
    io ─────┼─ all wait for each other: if any lane waited for another, nobody would arrive
    async ──┘
    """
    barrier = threading.Barrier(3)

    def meet() -> int:
        barrier.wait(PATIENCE)
        return 1

    @node("t:lane.device")
    def device() -> int:
        return meet()

    @node("t:lane.io", lane="io")
    def io() -> int:
        return meet()

    @node("t:lane.loop")
    async def loop() -> int:
        return await asyncio.to_thread(meet)

    @node("t:number.sum", lane="inline")
    def total(a: int, b: int, c: int) -> int:
        return a + b + c

    links = {"a": "device.value", "b": "io.value", "c": "loop.value"}
    workflow = flow(
        {
            "device": use("t:lane.device"),
            "io": use("t:lane.io"),
            "loop": use("t:lane.loop"),
            "sum": use("t:number.sum", links=links),
        }
    )
    assert engine(device, io, loop, total).run(workflow, ["sum"]).check()["sum.value"] == 3


def test_one_thread_owns_the_device(engine: MakeEngine) -> None:
    busy = threading.Lock()
    threads = set()

    @node("t:lane.device")
    def device(number: int) -> int:
        assert busy.acquire(blocking=False), "two nodes at once on the device"
        threads.add(threading.current_thread().name)
        time.sleep(0.002)
        busy.release()
        return number

    nodes = {f"n{index}": use("t:lane.device", number=index) for index in range(8)}
    made = engine(device)
    runs = [
        threading.Thread(target=lambda: made.run(flow(nodes), list(nodes)).check())
        for _ in range(3)
    ]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert len(threads) == 1


def test_several_io_nodes_at_once(engine: MakeEngine) -> None:
    barrier = threading.Barrier(3)

    @node("t:lane.io", lane="io")
    def io(number: int) -> int:
        barrier.wait(PATIENCE)
        return number

    nodes = {f"n{index}": use("t:lane.io", number=index) for index in range(3)}
    assert engine(io).run(flow(nodes), list(nodes)).check().status == "done"


def test_async_nodes_run_together_on_the_event_loop(engine: MakeEngine) -> None:
    meeting: list[asyncio.Event] = []

    @node("t:net.fetch")
    async def fetch(number: int) -> int:
        mine = asyncio.Event()
        meeting.append(mine)
        if len(meeting) == 3:
            for one in meeting:
                one.set()
        await asyncio.wait_for(mine.wait(), PATIENCE)
        return number

    nodes = {f"n{index}": use("t:net.fetch", number=index) for index in range(3)}
    assert engine(fetch).run(flow(nodes), list(nodes)).check()["n2.value"] == 2


def test_an_async_node_borrows_the_device_lane(engine: MakeEngine) -> None:
    names = []

    @node("t:sample.steps")
    async def steps(ctx: Context) -> int:
        for _ in range(2):
            names.append(await ctx.call(lambda: threading.current_thread().name))
        return len(names)

    @node("t:lane.device")
    def device() -> int:
        names.append(threading.current_thread().name)
        return 0

    workflow = flow({"a": use("t:sample.steps"), "b": use("t:lane.device")})
    engine(steps, device).run(workflow, ["a", "b"]).check()
    assert len(names) == 3
    assert len(set(names)) == 1


# Several runs at once


def test_runs_share_an_engine_at_once(engine: MakeEngine) -> None:
    """Each run waits until the other is inside a node: only overlapping runs come through."""
    barrier = threading.Barrier(2)

    @node("t:lane.io", lane="io")
    def io(number: int) -> int:
        barrier.wait(PATIENCE)
        return number

    made = engine(io)

    async def both() -> list[int]:
        flows = [flow({"n": use("t:lane.io", number=number)}) for number in (1, 2)]
        outcomes = await asyncio.gather(*(made.run_async(one, ["n"]) for one in flows))
        return [one["n.value"] for one in outcomes]

    assert asyncio.run(both()) == [1, 2]


def test_a_long_run_on_the_device_lets_others_in(engine: MakeEngine) -> None:
    """
    long:  d1 ── d2 ── ... ── d50       short: one node, done before the long run is
    """
    started = threading.Event()
    order = []

    @node("t:lane.device")
    def device(run: str, number: int = 0) -> int:
        started.set()
        time.sleep(0.005)
        order.append(run)
        return number + 1

    nodes: dict[str, Any] = {"n0": use("t:lane.device", run="long")}
    for index in range(1, 50):
        nodes[f"n{index}"] = use(
            "t:lane.device", run="long", links={"number": f"n{index - 1}.value"}
        )
    made = engine(device)
    long = threading.Thread(target=lambda: made.run(flow(nodes), ["n49"]))
    long.start()
    started.wait(PATIENCE)
    made.run(flow({"n": use("t:lane.device", run="short")}), ["n"])
    long.join()
    assert order.index("short") < 40


def test_a_failed_or_cancelled_run_leaves_the_others_alone(engine: MakeEngine) -> None:
    barrier = threading.Barrier(3)

    @node("t:lane.io", lane="io")
    def io(what: str, ctx: Context) -> str:
        barrier.wait(PATIENCE)
        if what == "fail":
            raise ValueError(what)
        if what == "cancel":
            raise Cancelled
        return what

    made = engine(io)
    flows = [flow({"n": use("t:lane.io", what=what)}) for what in ("fail", "cancel", "work")]

    async def all_three() -> list[str]:
        return [
            one.status
            for one in await asyncio.gather(*(made.run_async(one, ["n"]) for one in flows))
        ]

    assert asyncio.run(all_three()) == ["failed", "cancelled", "done"]


# Failure


def test_one_failed_node_fails_its_dependants_and_nothing_else(engine: MakeEngine) -> None:
    """
    broken ─┬─ sum ── after
    sound ──┴─ double
    """
    calls = Calls()

    @node("t:number.broken")
    def broken() -> int:
        raise ValueError("out of ink")

    @node("t:number.add")
    def add(a: int = 1, b: int = 1) -> int:
        calls.note("add")
        return a + b

    workflow = flow(
        {
            "broken": use("t:number.broken"),
            "sound": use("t:number.add"),
            "sum": use("t:number.add", links={"a": "broken.value", "b": "sound.value"}),
            "after": use("t:number.add", links={"a": "sum.value"}),
            "double": use("t:number.add", links={"a": "sound.value"}),
        }
    )
    outcome = engine(broken, add).run(workflow, ["after", "double"])
    assert outcome.status == "failed"
    assert outcome.values == {"double.value": 3}
    assert calls == {"add": 2}
    assert {id: one["state"] for id, one in outcome.nodes.items()} == {
        "broken": "failed",
        "sum": "skipped",
        "after": "skipped",
        "sound": "ran",
        "double": "ran",
    }
    (error,) = outcome.errors
    assert (error.node, error.type_id) == ("broken", "t:number.broken")
    assert str(error) == "nodes.broken (t:number.broken): ValueError: out of ink"
    assert isinstance(error.__cause__, ValueError)
    with pytest.raises(NodeError, match="out of ink"):
        outcome.check()


def test_two_failures_are_two_errors(engine: MakeEngine) -> None:
    @node("t:number.broken")
    def broken(number: int) -> int:
        raise ValueError(number)

    nodes = {f"n{index}": use("t:number.broken", number=index) for index in range(2)}
    outcome = engine(broken).run(flow(nodes), list(nodes))
    assert sorted(one.node for one in outcome.errors) == ["n0", "n1"]


def test_a_failure_is_not_cached(engine: MakeEngine) -> None:
    attempts = Calls()

    @node("t:number.shy")
    def shy() -> int:
        attempts.note("shy")
        if attempts["shy"] == 1:
            raise ValueError("not yet")
        return 1

    made = engine(shy)
    workflow = flow({"n": use("t:number.shy")})
    assert made.run(workflow, ["n"]).status == "failed"
    assert made.run(workflow, ["n"])["n.value"] == 1


@pytest.mark.parametrize("lane", ["device", "io", "inline"])
@pytest.mark.parametrize("error", [SystemExit(3), StopIteration(), GeneratorExit(), MemoryError()])
def test_no_exception_of_a_node_ends_the_engine(
    engine: MakeEngine, lane: Any, error: BaseException
) -> None:
    @node("t:number.broken", lane=lane)
    def broken() -> int:
        raise error

    @node("t:number.one")
    def one() -> int:
        return 1

    made = engine(broken, one)
    workflow = flow({"broken": use("t:number.broken"), "one": use("t:number.one")})
    outcome = made.run(workflow, ["broken", "one"])
    assert (outcome.status, outcome.values) == ("failed", {"one.value": 1})
    assert type(error).__name__ in str(outcome.errors[0])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(True, "expected a int, got bool True"), ("1", "got str '1'"), (None, "got NoneType None")],
)
def test_a_wrong_answer_names_the_node_and_the_output(
    engine: MakeEngine, answer: Any, expected: str
) -> None:
    @node("t:number.wrong")
    def wrong() -> int:
        return answer  # type: ignore[no-any-return]

    outcome = engine(wrong).run(flow({"n": use("t:number.wrong")}), ["n"])
    (error,) = outcome.errors
    assert type(error).__name__ == "WrongOutputError"
    assert error.node == "n"
    assert expected in str(error)


def test_an_image_of_the_wrong_rank_or_dtype_is_a_wrong_answer(engine: MakeEngine) -> None:
    @node("t:image.wrong")
    def wrong(rank: int, double: bool) -> Image:
        return torch.zeros([1] * rank, dtype=torch.float64 if double else torch.float32)

    made = engine(wrong)
    for rank, double, good in [(4, False, True), (3, False, False), (4, True, False)]:
        workflow = flow({"n": use("t:image.wrong", rank=rank, double=double)})
        assert made.run(workflow, ["n"]).status == ("done" if good else "failed")


def test_an_output_node_that_returns_something_is_wrong(engine: MakeEngine) -> None:
    @node("t:text.show")
    def show() -> None:
        return 1  # type: ignore[return-value]

    outcome = engine(show).run(flow({"n": use("t:text.show")}))
    assert "expected nothing, got int 1" in str(outcome.errors[0])


# Memory


def watched() -> tuple[list[Node[..., Any]], Callable[[], list[str]]]:
    """Nodes whose values are watched, and the names of the values that are still there."""
    alive: dict[str, weakref.ref[torch.Tensor]] = {}
    Noise = kind_of_tensor("t:noise")

    @node("t:noise.make")
    def make(name: str, size: int = 1000) -> Noise:  # type: ignore[valid-type]
        value = torch.zeros(size)
        alive[name] = weakref.ref(value)
        return value

    @node("t:noise.change")
    def change(noise: Noise, name: str, other: Noise | None = None) -> Noise:  # type: ignore[valid-type]
        value = torch.zeros(1000)
        alive[name] = weakref.ref(value)
        return value

    @node("t:noise.look")
    def look(noise: Noise) -> list[str]:  # type: ignore[valid-type]
        return there()

    def there() -> list[str]:
        gc.collect()
        return sorted(name for name, one in alive.items() if one() is not None)

    return [make, change, look], there


def kind_of_tensor(id: str) -> Any:
    return Annotated[Tensor, Kind(id)]


def test_a_value_is_released_on_its_last_use(engine: MakeEngine) -> None:
    """
    a ── b ── c ── look         with no cache, only c is there when `look` runs
    """
    nodes, there = watched()
    workflow = flow(
        {
            "a": use("t:noise.make", name="a"),
            "b": use("t:noise.change", name="b", links={"noise": "a.noise"}),
            "c": use("t:noise.change", name="c", links={"noise": "b.noise"}),
            "look": use("t:noise.look", links={"noise": "c.noise"}),
        }
    )
    outcome = engine(*nodes, cache=Cache(host=0)).run(workflow, ["look"])
    assert outcome["look.value"] == ["c"]
    assert there() == []


def test_a_value_that_is_still_needed_is_kept(engine: MakeEngine) -> None:
    """
    a ─┬─ b ── c ── look ─┐
       └──────────────────┴─ end
    """
    nodes, _ = watched()

    @node("t:noise.end")
    def end(seen: list[str], noise: Any) -> list[str]:
        return seen

    workflow = flow(
        {
            "a": use("t:noise.make", name="a"),
            "b": use("t:noise.change", name="b", links={"noise": "a.noise"}),
            "c": use("t:noise.change", name="c", links={"noise": "b.noise"}),
            "look": use("t:noise.look", links={"noise": "c.noise"}),
            "end": use("t:noise.end", links={"seen": "look.value", "noise": "a.noise"}),
        }
    )
    made = engine(*nodes, end, cache=Cache(host=0))
    assert made.run(workflow, ["end"])["end.value"] == ["a", "c"]


def test_what_no_lazy_node_needs_any_more_is_let_go(engine: MakeEngine) -> None:
    """
    a ─┬─ b ── truth ─┐
       └─ unused ─────┴─ switch ── look       once the switch has decided, a is of no use
    """
    nodes, _ = watched()

    @node("t:noise.truth")
    def truth(noise: Any) -> bool:
        return False

    @node("t:noise.size")
    def size(noise: Any) -> int:
        return len(noise)

    @node("t:noise.after")
    def after(number: int | None = None) -> Annotated[Tensor, Kind("t:noise")]:
        return torch.zeros(1)

    links = {"condition": "truth.value", "on_true": "unused.value"}
    workflow = flow(
        {
            "a": use("t:noise.make", name="a"),
            "b": use("t:noise.change", name="b", links={"noise": "a.noise"}),
            "truth": use("t:noise.truth", links={"noise": "b.noise"}),
            "unused": use("t:noise.size", links={"noise": "a.noise"}),
            "switch": use("t:flow.switch", links=links),
            "after": use("t:noise.after", links={"number": "switch.value"}),
            "look": use("t:noise.look", links={"noise": "after.noise"}),
        }
    )
    made = engine(*nodes, truth, size, after, switch_node(), cache=Cache(host=0))
    assert made.run(workflow, ["look"]).check()["look.value"] == []


def test_a_run_that_failed_holds_nothing(engine: MakeEngine) -> None:
    nodes, there = watched()

    @node("t:noise.broken")
    def broken(noise: Any) -> int:
        raise ValueError

    workflow = flow(
        {
            "a": use("t:noise.make", name="a"),
            "broken": use("t:noise.broken", links={"noise": "a.noise"}),
        }
    )
    made = engine(*nodes, broken, cache=Cache(host=0))
    assert made.run(workflow, ["broken"]).status == "failed"
    # The lane's thread hands in its answer and lets go of the arguments a moment later.
    deadline = time.monotonic() + 10
    while there() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert there() == []


def test_among_ready_nodes_the_one_that_frees_memory_is_preferred(engine: MakeEngine) -> None:
    """
    large ── reduce1 ─┐
    large ── reduce2 ─┼─ end      every large value is reduced before the next one is made
    large ── reduce3 ─┘
    """
    held, most = 0, 0
    Large = kind_of_tensor("t:large")

    @node("t:large.make")
    def make(seed: int) -> Large:  # type: ignore[valid-type]
        nonlocal held, most
        held += 1
        most = max(held, most)
        return torch.zeros(100_000)

    @node("t:large.reduce")
    def reduce(large: Large) -> int:  # type: ignore[valid-type]
        nonlocal held
        held -= 1
        return 1

    @node("t:number.count")
    def count(**numbers: int) -> int:
        return len(numbers)

    nodes: dict[str, Any] = {}
    for index in range(8):
        nodes[f"large{index}"] = use("t:large.make", seed=index)
        nodes[f"small{index}"] = use("t:large.reduce", links={"large": f"large{index}.large"})
    links = {f"n{index}": f"small{index}.value" for index in range(8)}
    nodes["end"] = use("t:number.count", links=links)
    made = engine(make, reduce, count, cache=Cache(host=0))
    assert made.run(flow(nodes), ["end"])["end.value"] == 8
    assert most <= 2


# Cancel


def cancelled_in(made: Engine, workflow: Workflow, entered: threading.Event) -> float:
    """Cancel once a node was entered; the seconds until the run was over."""
    job = Job()
    statuses: list[str] = []
    thread = threading.Thread(
        target=lambda: statuses.append(made.run(workflow, ["n"], job=job).status)
    )
    thread.start()
    assert entered.wait(PATIENCE)
    start = time.perf_counter()
    job.cancel()
    thread.join(PATIENCE)
    assert statuses == ["cancelled"]
    return time.perf_counter() - start


@pytest.mark.parametrize("lane", ["device", "io"])
def test_cancel_stops_a_node_at_its_next_step(engine: MakeEngine, lane: Any) -> None:
    entered = threading.Event()
    steps = 0

    @node("t:sample.steps", lane=lane)
    def sample(ctx: Context) -> int:
        nonlocal steps
        for _ in ctx.track(range(2000)):
            entered.set()
            steps += 1
            time.sleep(0.01)
        return steps

    made = engine(sample)
    assert cancelled_in(made, flow({"n": use("t:sample.steps")}), entered) < PATIENCE / 2
    assert steps < 1000


def test_cancel_stops_an_async_node_where_it_waits(engine: MakeEngine) -> None:
    entered = threading.Event()

    @node("t:net.fetch")
    async def fetch() -> int:
        entered.set()
        await asyncio.sleep(10 * PATIENCE)
        return 1

    workflow = flow({"n": use("t:net.fetch")})
    assert cancelled_in(engine(fetch), workflow, entered) < PATIENCE / 2


def test_a_node_cannot_swallow_a_cancel(engine: MakeEngine) -> None:
    entered = threading.Event()

    @node("t:sample.stubborn")
    def stubborn(ctx: Context) -> int:
        for _ in range(2000):
            entered.set()
            time.sleep(0.01)
            try:
                ctx.check_cancelled()
            except Exception:
                continue
        return 1

    workflow = flow({"n": use("t:sample.stubborn")})
    assert cancelled_in(engine(stubborn), workflow, entered) < PATIENCE / 2


def test_what_is_queued_behind_a_cancelled_node_does_not_start(engine: MakeEngine) -> None:
    """
    first ── second
    """
    entered, go = threading.Event(), threading.Event()
    calls = Calls()

    @node("t:number.first")
    def first() -> int:
        entered.set()
        go.wait(PATIENCE)
        return 1

    @node("t:number.second")
    def second(number: int) -> int:
        calls.note("second")
        return number

    workflow = flow(
        {
            "first": use("t:number.first"),
            "n": use("t:number.second", links={"number": "first.value"}),
        }
    )
    made, job = engine(first, second), Job()
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(made.run(workflow, ["n"], job=job)))
    thread.start()
    entered.wait(PATIENCE)
    job.cancel()
    go.set()
    thread.join(PATIENCE)
    assert outcomes[0].status == "cancelled"
    assert calls == {}
    with pytest.raises(Cancelled):
        outcomes[0].check()


def test_a_job_cancelled_before_it_starts_runs_nothing(engine: MakeEngine) -> None:
    calls = Calls()

    @node("t:number.one")
    def one() -> int:
        calls.note("one")
        return 1

    job, events = Job(), Listening()
    job.cancel()
    outcome = engine(one).run(flow({"n": use("t:number.one")}), ["n"], job=job, on_event=events)
    assert outcome.status == "cancelled"
    assert calls == {}
    assert events.names()[-1] == "finished"


def test_the_next_run_after_a_cancel_works_and_uses_what_was_made(engine: MakeEngine) -> None:
    """
    made ── steps
    """
    entered = threading.Event()
    calls = Calls()
    patient = True

    @node("t:number.made")
    def number() -> int:
        calls.note("made")
        return 7

    @node("t:sample.steps")
    def sample(number: int, ctx: Context) -> int:
        for _ in ctx.track(range(2000 if patient else 1)):
            entered.set()
            time.sleep(0.01)
        return number

    workflow = flow(
        {
            "made": use("t:number.made"),
            "n": use("t:sample.steps", links={"number": "made.value"}),
        }
    )
    made = engine(number, sample)
    cancelled_in(made, workflow, entered)
    patient = False
    assert made.run(workflow, ["n"])["n.value"] == 7
    assert calls == {"made": 1}


def test_nothing_outlives_a_cancelled_run(engine: MakeEngine) -> None:
    """The run is over only when no node of it is at work."""
    entered = threading.Event()
    at_work = threading.Event()

    @node("t:lane.io", lane="io")
    def io(ctx: Context) -> int:
        at_work.set()
        entered.set()
        time.sleep(0.2)
        at_work.clear()
        return 1

    cancelled_in(engine(io), flow({"n": use("t:lane.io")}), entered)
    assert not at_work.is_set()


def test_a_lazy_node_on_a_lane_may_come_to_need_an_inline_one(engine: MakeEngine) -> None:
    # ready to run on the device lane, it asks for an inline node while nothing else is running:
    #
    #   five (inline) --> choose (device, lazy)

    @node("t:number.five", lane="inline")
    def five() -> int:
        return 5

    @node("t:flow.choose")
    def choose(wanted: bool, value: int = 0) -> int:
        return value

    @choose.needs
    def _(wanted: bool) -> set[str]:
        return {"value"} if wanted else set()

    nodes = {
        "five": use("t:number.five"),
        "choose": use("t:flow.choose", links={"value": "five.value"}, wanted=True),
    }
    outcome = engine(five, choose).run(flow(nodes), ["choose"])
    assert outcome.check()["choose.value"] == 5
