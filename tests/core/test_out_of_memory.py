"""The ladder when a device refuses an allocation: evict, try once more, then a clear error."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from core.helpers import Calls, Listening, MakeEngine, flow, use
from weft import Cache, Context, DeviceMemoryError, Node, NodeError, NodeFailed, node
from weft.values import Measure


class RefusedError(RuntimeError):
    """What this device raises, and nobody else."""


class SmallDevice:
    """A device with room for so many blocks; a block is there as long as anyone holds it."""

    name = "cpu"

    def __init__(self, room: int) -> None:
        self.room = room
        self.held: weakref.WeakSet[Block] = weakref.WeakSet()
        self.releases = 0

    def allocate(self) -> "Block":
        if len(self.held) >= self.room:
            raise RefusedError(f"no room for one more than {self.room}")
        block = Block()
        self.held.add(block)
        return block

    def budget(self) -> int | None:
        return None

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, RefusedError)

    def release(self) -> None:
        self.releases += 1

    def finish(self) -> None:
        """Everything is done as soon as it is asked for."""


class Block:
    """A piece of device memory."""


def nodes(device: SmallDevice, calls: Calls) -> list[Node[..., Any]]:
    @node("t:block.make")
    def make(name: str) -> Any:
        calls.note(name)
        return device.allocate()

    @node("t:block.next")
    def following(block: Any, name: str) -> Any:
        calls.note(name)
        return device.allocate()

    @node("t:block.many")
    def many(count: int) -> int:
        calls.note("many")
        return len([device.allocate() for _ in range(count)])

    @node("t:block.later")
    async def later(count: int, ctx: Context) -> int:
        calls.note("later")
        await asyncio.sleep(0)
        return await ctx.call(lambda: len([device.allocate() for _ in range(count)]))

    @node("t:number.one", lane="inline")
    def one() -> int:
        return 1

    return [make, following, many, later, one]


def test_the_cache_leaves_the_device_and_the_node_is_tried_again(engine: MakeEngine) -> None:
    """
    run 1: a (kept in the cache)        run 2: needs the room
    """
    device, calls = SmallDevice(room=1), Calls()
    made = engine(*nodes(device, calls), device=device)
    made.run(flow({"n": use("t:block.make", name="a")}), ["n"]).check()
    gc.collect()
    assert len(device.held) == 1
    outcome = made.run(flow({"n": use("t:block.many", count=1)}), ["n"]).check()
    assert outcome["n.value"] == 1
    assert calls == {"a": 1, "many": 2}
    assert device.releases == 1


@pytest.mark.parametrize("type", ["t:block.many", "t:block.later"])
def test_then_it_is_a_clear_error_and_nothing_is_tried_a_third_time(
    engine: MakeEngine, type: str
) -> None:
    device, calls = SmallDevice(room=2), Calls()
    made = engine(*nodes(device, calls), device=device)
    workflow = flow({"n": use(type, count=3), "other": use("t:number.one")})
    outcome = made.run(workflow, ["n", "other"])
    (error,) = outcome.errors
    assert isinstance(error, DeviceMemoryError)
    assert (error.node, error.type_id) == ("n", type)
    assert "cpu has no room" in str(error)
    assert "no room for one more than 2" in str(error)
    assert calls == {type.rpartition(".")[2]: 2}
    assert outcome.values == {"other.value": 1}  # nothing else fails
    # And the engine goes on.
    assert made.run(flow({"n": use(type, count=2)}), ["n"]).check()["n.value"] == 2


def test_the_failed_attempt_lets_go_before_the_next_one(engine: MakeEngine) -> None:
    """Two blocks of the first attempt, caught in its traceback, would leave no room."""
    device = SmallDevice(room=2)
    attempts = 0

    @node("t:block.greedy")
    def greedy() -> int:
        nonlocal attempts
        attempts += 1
        blocks = [device.allocate(), device.allocate()]
        if attempts == 1:
            blocks.append(device.allocate())
        return len(blocks)

    made = engine(greedy, device=device)
    assert made.run(flow({"n": use("t:block.greedy")}), ["n"]).check()["n.value"] == 2


def test_the_same_for_an_async_node(engine: MakeEngine) -> None:
    device, calls = SmallDevice(room=1), Calls()
    made = engine(*nodes(device, calls), device=device)
    made.run(flow({"n": use("t:block.make", name="a")}), ["n"]).check()
    outcome = made.run(flow({"n": use("t:block.later", count=1)}), ["n"]).check()
    assert outcome["n.value"] == 1
    assert calls == {"a": 1, "later": 2}


def test_inputs_of_the_run_are_never_evicted(engine: MakeEngine) -> None:
    """
    a ── b        a is needed by b, so the room for b is not there: an error, not a wrong value
    """
    device, calls = SmallDevice(room=1), Calls()
    workflow = flow(
        {
            "a": use("t:block.make", name="a"),
            "b": use("t:block.next", name="b", links={"block": "a.value"}),
        }
    )
    outcome = engine(*nodes(device, calls), device=device).run(workflow, ["b"])
    assert isinstance(outcome.errors[0], DeviceMemoryError)
    assert calls == {"a": 1, "b": 2}


def test_other_errors_are_not_tried_again(engine: MakeEngine) -> None:
    calls = Calls()

    @node("t:number.broken")
    def broken() -> int:
        calls.note("broken")
        raise RuntimeError("a shape is wrong")

    outcome = engine(broken, device=SmallDevice(1)).run(flow({"n": use("t:number.broken")}), ["n"])
    assert type(outcome.errors[0]) is NodeError
    assert calls == {"broken": 1}


def test_an_error_of_another_sort_in_the_second_attempt_is_that_error(engine: MakeEngine) -> None:
    device = SmallDevice(1)
    attempts = 0

    @node("t:number.broken")
    def broken() -> int:
        nonlocal attempts
        attempts += 1
        raise RefusedError if attempts == 1 else ValueError("something else")

    outcome = engine(broken, device=device).run(flow({"n": use("t:number.broken")}), ["n"])
    assert "something else" in str(outcome.errors[0])
    assert not isinstance(outcome.errors[0], DeviceMemoryError)


def test_evicted_values_are_made_again_when_they_are_wanted(engine: MakeEngine) -> None:
    device, calls = SmallDevice(room=1), Calls()
    made = engine(*nodes(device, calls), device=device)
    first = flow({"n": use("t:block.make", name="a")})
    made.run(first, ["n"]).check()
    made.run(flow({"n": use("t:block.many", count=1)}), ["n"]).check()
    made.run(first, ["n"]).check()
    assert calls["a"] == 2


def test_pythons_own_memory_error_climbs_the_same_ladder(engine: MakeEngine) -> None:
    calls = Calls()

    @node("t:number.large")
    def large() -> int:
        calls.note("large")
        raise MemoryError

    events = Listening()
    made = engine(large, cache=Cache())
    outcome = made.run(flow({"n": use("t:number.large")}), ["n"], on_event=events)
    assert isinstance(outcome.errors[0], DeviceMemoryError)
    assert calls == {"large": 2}
    assert events.names().count("node_started") == 1


def test_an_outcome_that_is_kept_keeps_no_memory(engine: MakeEngine) -> None:
    """The error's traceback leads to the frames, and so to the blocks, of the failed attempt."""
    device = SmallDevice(room=3)

    @node("t:block.first")
    def first() -> Any:
        return device.allocate()

    @node("t:block.greedy")
    def greedy(block: Any) -> int:
        blocks = [block, device.allocate(), device.allocate()]
        blocks += [device.allocate() for _ in range(2)]
        return len(blocks)

    @node("t:block.greedy_later")
    async def greedy_later(block: Any, ctx: Context) -> int:
        def more(block: Any) -> Block:
            return device.allocate()

        blocks = [await ctx.call(more, block) for _ in range(3)]
        return len(blocks)

    made = engine(first, greedy, greedy_later, device=device)
    for type in ("t:block.greedy", "t:block.greedy_later"):
        nodes = {"a": use("t:block.first"), "n": use(type, links={"block": "a.value"})}
        events = Listening()
        kept = made.run(flow(nodes), ["n"], on_event=events)
        assert isinstance(kept.errors[0], DeviceMemoryError)
        assert isinstance(kept.errors[0].__cause__, RefusedError)
        gc.collect()
        assert len(device.held) == 0
        # Where it came from is told in words.
        (failed,) = (one for one in events if isinstance(one, NodeFailed))
        assert "in allocate" in failed.traceback


@pytest.fixture
def away(engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> "Away":
    return Away(engine, monkeypatch)


class Away:
    """An engine whose one cached value left the device, which refuses its return so many times."""

    def __init__(self, engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls, self.refusals = Calls(), 0
        self.device = SmallDevice(room=1)
        self.cache = Cache(host=100_000, device=100_000)
        self.engine = engine(*nodes(self.device, self.calls), device=self.device, cache=self.cache)
        self.flow = flow({"n": use("t:block.make", name="a")})
        value = self.engine.run(self.flow, ["n"]).check()["n.value"]
        (self.key,) = (key for key, _ in self.cache.host)
        self.cache.put(self.key, (value,), 1, Measure(device=1000, place="cpu"))
        monkeypatch.setattr("weft.cache.moved", lambda value, place: value)
        self.cache.free_device()
        monkeypatch.setattr("weft.cache.moved", self.moved)
        assert self.cache.is_away(self.key)

    def moved(self, value: Any, place: str) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise RefusedError("no room for its return")
        return value


@pytest.mark.parametrize("refusals", [0, 1])
def test_a_value_returns_to_the_device_once_there_is_room(away: Away, refusals: int) -> None:
    away.refusals = refusals
    outcome = away.engine.run(away.flow, ["n"]).check()
    assert outcome.nodes["n"]["state"] == "cached"
    assert away.calls == {"a": 1}
    assert away.device.releases == refusals
    assert not away.cache.is_away(away.key)


def test_where_it_finds_no_room_twice_that_is_a_clear_error(away: Away) -> None:
    away.refusals = 2
    (error,) = away.engine.run(away.flow, ["n"]).errors
    assert isinstance(error, DeviceMemoryError)
    assert "no room for its return" in str(error)
    # The value is still there, and the next run has it.
    assert away.engine.run(away.flow, ["n"]).check().nodes["n"]["state"] == "cached"


def test_work_on_the_device_is_waited_for_where_it_was_asked_for(engine: MakeEngine) -> None:
    """A CUDA device only queues what it is asked for: its faults come later."""
    device = SmallDevice(room=1)

    @node("t:number.queued")
    def queued() -> int:
        return 1

    @node("t:number.other", lane="io")
    def other() -> int:
        return 2

    def finish() -> None:
        raise RuntimeError("an illegal memory access")

    made = engine(queued, other, device=device)
    device.finish = finish  # type: ignore[method-assign]
    workflow = flow({"queued": use("t:number.queued"), "other": use("t:number.other")})
    outcome = made.run(workflow, ["queued", "other"])
    assert outcome.values == {"other.value": 2}
    assert [(one.node, "illegal memory" in one.message) for one in outcome.errors] == [
        ("queued", True)
    ]
