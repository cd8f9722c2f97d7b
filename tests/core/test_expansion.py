"""Nodes that come into being during a run: for-each, loops, and what they are made of."""

import threading
from collections.abc import Mapping
from typing import Any, TypeVar

import pytest
import torch

from core.helpers import Calls, Listening, MakeEngine, flow, use
from weft import Cache, Call, Context, Expansion, Gather, Node, Subgraph, Workflow, node
from weft.plan import Memory

T = TypeVar("T")
R = TypeVar("R")


@node("t:flow.each", lane="inline")
def each(items: list[T], body: Subgraph[R]) -> list[R] | Expansion:
    """The body once for every item."""
    calls = {f"call{index}": Call(body, {"item": one}) for index, one in enumerate(items)}
    return Expansion(calls, {"value": Gather(tuple(calls), "result")})


@node("t:flow.repeat", lane="inline")
def repeat(start: T, times: int, body: Subgraph[T]) -> T | Expansion:
    """The body applied again and again: each round expands to one call and the rest."""
    if times == 0:
        return start
    rest: Subgraph[T] = Subgraph("rest", body.library["rest"], body.library)
    return Expansion(
        {"once": Call(rest, {"item": start, "times": times - 1})}, {"value": "once.result"}
    )


def number_nodes(calls: Calls) -> list[Node[..., Any]]:
    @node("t:number.square")
    def square(number: int) -> int:
        calls.note("square")
        return number * number

    @node("t:number.broken")
    def broken(number: int) -> int:
        if number == 2:
            raise ValueError("two is too many")
        return number

    @node("t:number.list")
    def numbers(count: int) -> list[int]:
        calls.note("list")
        return list(range(count))

    @node("t:number.sum")
    def total(numbers: list[int]) -> int:
        calls.note("sum")
        return sum(numbers)

    return [square, broken, numbers, total, each, repeat]


def body(type: str = "t:number.square") -> dict[str, Any]:
    return {
        "nodes": {"inner": use(type)},
        "inputs": {"item": "inner.number"},
        "outputs": {"result": "inner.value"},
    }


def squares(count: int, inner: Mapping[str, Any] | None = None) -> Workflow:
    """
    list ── each(square) ── sum
    """
    return flow(
        {
            "list": use("t:number.list", count=count),
            "each": use("t:flow.each", body="body", links={"items": "list.value"}),
            "sum": use("t:number.sum", links={"numbers": "each.value"}),
        },
        subgraphs={"body": inner or body()},
    )


@pytest.mark.parametrize("count", [0, 1, 5])
def test_for_each(engine: MakeEngine, count: int) -> None:
    run = engine(*number_nodes(Calls())).run
    outcome = run(squares(count), ["each", "sum"]).check()
    assert outcome["each.value"] == [one * one for one in range(count)]
    assert outcome["sum.value"] == sum(one * one for one in range(count))


def test_what_it_expanded_to_is_cached_like_any_other(engine: MakeEngine) -> None:
    calls = Calls()
    made = engine(*number_nodes(calls))
    made.run(squares(3), ["sum"]).check()
    assert calls == {"list": 1, "square": 3, "sum": 1}
    made.run(squares(3), ["each"]).check()
    assert calls == {"list": 1, "square": 3, "sum": 1}
    # One item more: only the new one is computed.
    made.run(squares(4), ["sum"]).check()
    assert calls == {"list": 2, "square": 4, "sum": 2}


def test_an_edited_body_runs_again(engine: MakeEngine) -> None:
    """The content of a subgraph is part of the key, its name and its layout are not."""
    made = engine(*number_nodes(Calls()))
    assert made.run(squares(3), ["sum"])["sum.value"] == 5
    assert made.run(squares(3, body("t:number.broken")), ["sum"]).status == "failed"
    moved = body() | {"view": {"nodes": {"inner": [1, 2]}}}
    assert made.plan(squares(3, moved), ["each"]).steps["each"].state == "cached"


def test_a_new_code_in_the_body_runs_again(engine: MakeEngine) -> None:
    cache, memory = Cache(), Memory()
    engine(*number_nodes(Calls()), cache=cache).run(squares(3), ["each"], memory=memory)

    @node("t:number.square")
    def square(number: int) -> int:
        return number**2 + 1

    others = [one for one in number_nodes(Calls()) if one.spec.id != "t:number.square"]
    changed = engine(*others, square, cache=cache).run(squares(3), ["each"], memory=memory)
    assert changed["each.value"] == [1, 2, 5]


def test_tensors_go_into_an_expansion(engine: MakeEngine) -> None:
    @node("t:noise.list")
    def noises() -> list[Any]:
        return [torch.full((2,), float(one)) for one in range(3)]

    @node("t:noise.double")
    def double(noise: Any) -> Any:
        return noise * 2

    inner = {
        "nodes": {"inner": use("t:noise.double")},
        "inputs": {"item": "inner.noise"},
        "outputs": {"result": "inner.value"},
    }
    workflow = flow(
        {
            "list": use("t:noise.list"),
            "each": use("t:flow.each", body="body", links={"items": "list.value"}),
        },
        subgraphs={"body": inner},
    )
    outcome = engine(noises, double, each).run(workflow, ["each"]).check()
    assert [one.tolist() for one in outcome["each.value"]] == [[0, 0], [2, 2], [4, 4]]


def test_calls_of_an_expansion_overlap(engine: MakeEngine) -> None:
    barrier = threading.Barrier(3)

    @node("t:lane.io", lane="io")
    def io(number: int) -> int:
        barrier.wait(20)
        return number

    outcome = engine(*number_nodes(Calls()), io).run(squares(3, body("t:lane.io")), ["each"])
    assert outcome.check()["each.value"] == [0, 1, 2]


def test_an_expansion_within_an_expansion(engine: MakeEngine) -> None:
    """
    list ── each of: list ── each(square) ── sum
    """
    outer = {
        "nodes": {
            "list": use("t:number.list"),
            "each": use("t:flow.each", body="body", links={"items": "list.value"}),
            "sum": use("t:number.sum", links={"numbers": "each.value"}),
        },
        "inputs": {"item": "list.count"},
        "outputs": {"result": "sum.value"},
    }
    workflow = flow(
        {
            "counts": use("t:number.list", count=5),
            "top": use("t:flow.each", body="outer", links={"items": "counts.value"}),
        },
        subgraphs={"outer": outer, "body": body()},
    )
    outcome = engine(*number_nodes(Calls())).run(workflow, ["top"]).check()
    assert outcome["top.value"] == [0, 0, 1, 5, 14]


def test_a_loop(engine: MakeEngine) -> None:
    """
    zero ── repeat 6        each round is: next ── repeat what is left
    """

    @node("t:number.next", lane="inline")
    def following(number: int) -> int:
        return number + 1

    rest = {
        "nodes": {
            "step": use("t:number.next"),
            "again": use("t:flow.repeat", body="rest", links={"start": "step.value"}),
        },
        "inputs": {"item": "step.number", "times": "again.times"},
        "outputs": {"result": "again.value"},
    }
    workflow = flow(
        {"loop": use("t:flow.repeat", times=6, body="rest", links={"start": "zero.value"})}
        | {"zero": use("t:number.next", number=-1)},
        subgraphs={"rest": rest},
    )
    outcome = engine(*number_nodes(Calls()), following).run(workflow, ["loop"]).check()
    assert outcome["loop.value"] == 6


def test_a_failure_inside_says_where_and_spares_the_others(engine: MakeEngine) -> None:
    made = engine(*number_nodes(Calls()))
    outcome = made.run(squares(4, body("t:number.broken")), ["sum"])
    (error,) = outcome.errors
    assert error.node == "each/call2/inner"
    assert outcome.nodes["each/call3/inner"]["state"] == "ran"
    assert outcome.nodes["each"]["state"] == outcome.nodes["sum"]["state"] == "skipped"


def test_output_nodes_inside_an_expansion_run(engine: MakeEngine) -> None:
    @node("t:text.show")
    def show(number: int, ctx: Context) -> None:
        ctx.output({"value": number})

    shown = {
        "nodes": {
            "inner": use("t:number.square"),
            "show": use("t:text.show", links={"number": "inner.value"}),
        },
        "inputs": {"item": "inner.number"},
        "outputs": {"result": "inner.value"},
    }
    outcome = engine(*number_nodes(Calls()), show).run(squares(3, shown), ["sum"]).check()
    assert sorted(one["value"] for items in outcome.outputs.values() for one in items) == [0, 1, 4]


@pytest.mark.parametrize(
    ("fragment", "outputs", "message"),
    [
        ({"item": 1}, {}, "gives no output 'value'"),
        ({"item": 1}, {"value": "call.nothing"}, "no output call.nothing"),
        ({"item": 1}, {"value": "other.result"}, "no output other.result"),
        ({"thing": 1}, {"value": "call.result"}, "no such input"),
        ({}, {"value": "call.result"}, "missing"),
        ({"item": "one"}, {"value": "call.result"}, "an integer"),
    ],
)
def test_a_wrong_expansion_fails_its_node(
    engine: MakeEngine, fragment: dict[str, Any], outputs: dict[str, str], message: str
) -> None:
    @node("t:flow.wrong")
    def wrong(body: Subgraph[int]) -> int | Expansion:
        return Expansion({"call": Call(body, fragment)}, outputs)

    workflow = flow({"n": use("t:flow.wrong", body="body")}, subgraphs={"body": body()})
    outcome = engine(*number_nodes(Calls()), wrong).run(workflow, ["n"])
    (error,) = outcome.errors
    assert error.node == "n"
    assert message in str(error)


def test_a_subgraph_that_is_not_there_is_found_before_the_run(engine: MakeEngine) -> None:
    from core.helpers import problems
    from weft import WorkflowError

    workflow = flow({"n": use("t:flow.each", body="bdoy")}, subgraphs={"body": body()})
    with pytest.raises(WorkflowError) as caught:
        engine(*number_nodes(Calls())).run(workflow, ["n"])
    assert problems(caught.value)["nodes.n.body"].suggestion == "body"


def test_events_name_the_nodes_inside(engine: MakeEngine) -> None:
    events = Listening()
    engine(*number_nodes(Calls())).run(squares(2), ["sum"], on_event=events)
    started = [one.as_dict()["node"] for one in events if one.event == "node_started"]
    assert {"each/call0/inner", "each/call1/inner"} <= set(started)


def test_cancel_reaches_into_an_expansion(engine: MakeEngine) -> None:
    from weft.engine import Job

    job = Job()
    calls = Calls()

    @node("t:number.last")
    def last(number: int) -> int:
        calls.note("last")
        job.cancel()
        return number

    made = engine(*number_nodes(Calls()), last)
    outcome = made.run(squares(50, body("t:number.last")), ["sum"], job=job)
    assert outcome.status == "cancelled"
    assert calls["last"] <= 3
