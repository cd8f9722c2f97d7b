"""Subgraphs expand before planning; muted and bypassed nodes mean the same headless."""

from typing import Any, TypeVar

import pytest

from core.helpers import Calls, MakeEngine, flow, problems, use
from weft import Context, Engine, Image, Mask, Node, Workflow, WorkflowError, node

T = TypeVar("T")


def nodes(calls: Calls | None = None) -> list[Node[..., Any]]:
    calls = calls if calls is not None else Calls()

    @node("t:number.constant")
    def constant(value: int = 1) -> int:
        calls.note("constant")
        return value

    @node("t:number.add")
    def add(a: int, b: int = 1) -> int:
        calls.note("add")
        return a + b

    @node("t:text.length")
    def length(text: str) -> int:
        calls.note("length")
        return len(text)

    @node("t:text.of")
    def text(number: int) -> str:
        calls.note("text")
        return str(number)

    @node("t:text.show")
    def show(value: T, ctx: Context) -> None:
        calls.note("show")
        ctx.output({"value": value})

    @node("t:flow.switch")
    def switch(condition: bool, on_true: T | None = None, on_false: T | None = None) -> T | None:
        return on_true if condition else on_false

    @switch.needs
    def _(condition: bool) -> set[str]:
        return {"on_true"} if condition else {"on_false"}

    return [constant, add, length, text, show, switch]


INCREMENT = {
    "nodes": {"add": use("t:number.add")},
    "inputs": {"n": "add.a"},
    "outputs": {"result": "add.value"},
}
TWICE = {
    "nodes": {
        "first": use("subgraph:increment"),
        "second": use("subgraph:increment", links={"n": "first.result"}),
    },
    "inputs": {"n": "first.n"},
    "outputs": {"result": "second.result"},
}


def refusal(engine: Engine, workflow: Workflow, target: str) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        engine.run(workflow, [target])
    return caught.value


# Subgraphs


def test_subgraphs_within_subgraphs(engine: MakeEngine) -> None:
    """
    5 ── twice(increment, increment) ── add 10
    """
    workflow = flow(
        {
            "five": use("t:number.constant", value=5),
            "twice": use("subgraph:twice", links={"n": "five.value"}),
            "end": use("t:number.add", b=10, links={"a": "twice.result"}),
        },
        subgraphs={"twice": TWICE, "increment": INCREMENT},
    )
    made = engine(*nodes())
    assert made.run(workflow, ["end"])["end.value"] == 17
    assert list(made.graph(workflow).nodes) == [
        "five",
        "twice/first/add",
        "twice/second/add",
        "end",
    ]


def test_the_output_of_a_subgraph_is_a_target(engine: MakeEngine) -> None:
    workflow = flow(
        {"twice": use("subgraph:twice", n=5)}, subgraphs={"twice": TWICE, "increment": INCREMENT}
    )
    run = engine(*nodes()).run
    assert run(workflow, ["twice.result"])["twice.result"] == 7
    assert run(workflow, ["twice"]).values == {"twice.result": 7}


def test_one_input_may_feed_several_inner_ones(engine: MakeEngine) -> None:
    double = INCREMENT | {"inputs": {"n": ["add.a", "add.b"]}}
    workflow = flow(
        {
            "five": use("t:number.constant", value=5),
            "double": use("subgraph:double", links={"n": "five.value"}),
            "end": use("t:number.add", links={"a": "double.result"}),
        },
        subgraphs={"double": double},
    )
    assert engine(*nodes()).run(workflow, ["end"])["end.value"] == 11


def test_an_inner_value_is_the_default(engine: MakeEngine) -> None:
    counted = INCREMENT | {"nodes": {"add": use("t:number.add", a=100)}}
    workflow = flow(
        {"s": use("subgraph:counted"), "end": use("t:number.add", links={"a": "s.result"})},
        subgraphs={"counted": counted},
    )
    run = engine(*nodes()).run
    assert run(workflow, ["end"])["end.value"] == 102
    assert run(workflow.with_values({"s.n": 1}), ["end"])["end.value"] == 3


def test_a_parameter_may_name_the_input_of_a_subgraph(engine: MakeEngine) -> None:
    workflow = flow(
        {"s": use("subgraph:increment"), "end": use("t:text.show", links={"value": "s.result"})},
        subgraphs={"increment": INCREMENT},
        parameters={"n": "s.n"},
    )
    outcome = engine(*nodes()).run(workflow, parameters={"n": 4})
    assert outcome.outputs == {"end": [{"value": 5}]}


@pytest.mark.parametrize("start", ["a", "b"])
def test_a_subgraph_that_contains_itself(engine: MakeEngine, start: str) -> None:
    def one(inner: str) -> dict[str, Any]:
        return {"nodes": {"x": use(f"subgraph:{inner}")}, "outputs": {"result": "x.result"}}

    workflow = flow({"n": use(f"subgraph:{start}")}, subgraphs={"a": one("b"), "b": one("a")})
    assert "contains itself" in str(refusal(engine(*nodes()), workflow, "n.result"))


def test_a_subgraph_that_doubles_and_doubles_is_refused_quickly(engine: MakeEngine) -> None:
    """Thirty levels of two uses each: a thousand million nodes in a small file."""
    levels: dict[str, Any] = {
        f"s{index}": {
            "nodes": {"x": use(f"subgraph:s{index + 1}"), "y": use(f"subgraph:s{index + 1}")}
        }
        for index in range(30)
    }
    levels["s30"] = {"nodes": {"c": use("t:number.constant")}}
    workflow = flow({"n": use("subgraph:s0")}, subgraphs=levels)
    assert "too many nodes" in str(refusal(engine(*nodes()), workflow, "n"))


def test_problems_inside_say_where(engine: MakeEngine) -> None:
    broken = {
        "nodes": {"add": use("t:number.add", b="one")},
        "inputs": {"n": "add.a"},
        "outputs": {"result": "ad.value"},
    }
    workflow = flow(
        {"s": use("subgraph:broken", m=1), "t": use("subgraph:brokne")},
        subgraphs={"broken": broken},
    )
    found = problems(refusal(engine(*nodes()), workflow, "s"))
    assert set(found) == {
        "subgraphs.broken.nodes.add.b",
        "subgraphs.broken.nodes.add.a",
        "subgraphs.broken.outputs.result",
        "nodes.s.m",
        "nodes.t",
    }
    assert found["nodes.t"].suggestion == "broken"


def test_an_input_that_names_no_inner_node_is_refused(engine: MakeEngine) -> None:
    """Nothing is silent: a value that is handed in must arrive somewhere."""
    lost = INCREMENT | {"inputs": {"n": "gone.a"}, "nodes": {"add": use("t:number.add", a=1)}}
    workflow = flow({"s": use("subgraph:lost", n=5)}, subgraphs={"lost": lost})
    assert "subgraphs.lost.inputs.n" in problems(refusal(engine(*nodes()), workflow, "s/add"))


def test_the_same_content_has_the_same_key_wherever_it_stands(engine: MakeEngine) -> None:
    """Two uses with the same input are one piece of work for the cache."""
    workflow = flow(
        {"s": use("subgraph:increment", n=1), "t": use("subgraph:increment", n=1)},
        subgraphs={"increment": INCREMENT},
    )
    keys = engine(*nodes()).plan(workflow, ["s/add", "t/add"]).keys
    assert keys["s/add"] == keys["t/add"]


# Mute


def test_a_muted_node_and_what_needs_it_do_not_run(engine: MakeEngine) -> None:
    """
    a ─┬─ muted ── b ── show
       └─ c ── show2
    """
    calls = Calls()
    workflow = flow(
        {
            "a": use("t:number.constant"),
            "muted": use("t:number.add", links={"a": "a.value"}) | {"mode": "mute"},
            "b": use("t:number.add", links={"a": "muted.value"}),
            "show": use("t:text.show", links={"value": "b.value"}),
            "c": use("t:number.add", links={"a": "a.value"}),
            "show2": use("t:text.show", links={"value": "c.value"}),
        }
    )
    outcome = engine(*nodes(calls)).run(workflow)
    assert outcome.status == "done"
    assert outcome.outputs == {"show2": [{"value": 2}]}
    assert calls == {"constant": 1, "add": 1, "show": 1}


def test_a_muted_node_need_not_be_complete(engine: MakeEngine) -> None:
    workflow = flow(
        {
            "muted": use("t:number.add", b="wrong") | {"mode": "mute"},
            "one": use("t:number.constant"),
        }
    )
    assert engine(*nodes()).run(workflow, ["one"])["one.value"] == 1


def test_a_muted_subgraph(engine: MakeEngine) -> None:
    calls = Calls()
    workflow = flow(
        {
            "s": use("subgraph:twice", n=1) | {"mode": "mute"},
            "b": use("t:number.add", links={"a": "s.result"}),
            "show": use("t:text.show", links={"value": "b.value"}),
            "other": use("t:text.show", links={"value": "one.value"}),
            "one": use("t:number.constant"),
        },
        subgraphs={"twice": TWICE, "increment": INCREMENT},
    )
    outcome = engine(*nodes(calls)).run(workflow)
    assert outcome.outputs == {"other": [{"value": 1}]}
    assert calls == {"constant": 1, "show": 1}


# Bypass


def test_a_bypassed_node_passes_its_input_on(engine: MakeEngine) -> None:
    """
    a ── bypassed ── bypassed ── b
    """
    calls = Calls()
    workflow = flow(
        {
            "a": use("t:number.constant", value=5),
            "x": use("t:number.add", b=100, links={"a": "a.value"}) | {"mode": "bypass"},
            "y": use("t:number.add", b=100, links={"a": "x.value"}) | {"mode": "bypass"},
            "b": use("t:number.add", links={"a": "y.value"}),
        }
    )
    assert engine(*nodes(calls)).run(workflow, ["b"])["b.value"] == 6
    assert calls == {"constant": 1, "add": 1}


def test_each_output_is_fed_by_the_input_of_its_kind(engine: MakeEngine) -> None:
    """A mask input that stands first is not what an image output is fed by."""

    @node("t:image.cut")
    def cut(mask: Mask, image: Image) -> Image:
        raise AssertionError("a bypassed node ran")

    @node("t:image.make")
    def make_image() -> Image:
        import torch

        return torch.zeros(1, 2, 2, 3)

    @node("t:mask.make")
    def make_mask() -> Mask:
        import torch

        return torch.ones(1, 2, 2)

    @node("t:image.size")
    def size(image: Image) -> list[int]:
        return list(image.shape)

    workflow = flow(
        {
            "image": use("t:image.make"),
            "mask": use("t:mask.make"),
            "cut": use("t:image.cut", links={"mask": "mask.mask", "image": "image.image"})
            | {"mode": "bypass"},
            "size": use("t:image.size", links={"image": "cut.image"}),
        }
    )
    run = engine(cut, make_image, make_mask, size).run
    assert run(workflow, ["size"])["size.value"] == [1, 2, 2, 3]


def test_a_bypassed_switch_passes_a_branch_on_and_not_its_condition(engine: MakeEngine) -> None:
    """
    longer? ─┐
    a ───────┼─ switch (bypassed) ── b
    """

    @node("t:flow.truth")
    def truth() -> bool:
        return True

    workflow = flow(
        {
            "truth": use("t:flow.truth"),
            "a": use("t:number.constant", value=5),
            "switch": use("t:flow.switch", links={"condition": "truth.value", "on_true": "a.value"})
            | {"mode": "bypass"},
            "b": use("t:number.add", links={"a": "switch.value"}),
        }
    )
    assert engine(*nodes(), truth).run(workflow, ["b"])["b.value"] == 6


def test_a_node_that_cannot_be_bypassed_says_why(engine: MakeEngine) -> None:
    workflow = flow(
        {
            "a": use("t:number.constant"),
            "text": use("t:text.of", links={"number": "a.value"}) | {"mode": "bypass"},
            "b": use("t:text.length", links={"text": "text.value"}),
        }
    )
    found = problems(refusal(engine(*nodes()), workflow, "b"))
    assert "cannot be bypassed" in found["nodes.text"].message


def test_a_bypassed_output_node_does_not_run(engine: MakeEngine) -> None:
    workflow = flow(
        {
            "a": use("t:number.constant"),
            "show": use("t:text.show", links={"value": "a.value"}) | {"mode": "bypass"},
            "other": use("t:text.show", links={"value": "a.value"}),
        }
    )
    assert set(engine(*nodes()).run(workflow).outputs) == {"other"}


def test_a_bypassed_subgraph_passes_its_input_on(engine: MakeEngine) -> None:
    """
    a ── increment (bypassed) ── b
    """
    calls = Calls()
    workflow = flow(
        {
            "a": use("t:number.constant", value=5),
            "s": use("subgraph:increment", links={"n": "a.value"}) | {"mode": "bypass"},
            "b": use("t:number.add", b=10, links={"a": "s.result"}),
        },
        subgraphs={"increment": INCREMENT},
    )
    assert engine(*nodes(calls)).run(workflow, ["b"])["b.value"] == 15
    assert calls == {"constant": 1, "add": 1}


def test_bypassed_nodes_in_a_ring_are_refused(engine: MakeEngine) -> None:
    workflow = flow(
        {
            "x": use("t:number.add", links={"a": "y.value"}) | {"mode": "bypass"},
            "y": use("t:number.add", links={"a": "x.value"}) | {"mode": "bypass"},
            "b": use("t:number.add", links={"a": "y.value"}),
        }
    )
    assert problems(refusal(engine(*nodes()), workflow, "b"))


def test_a_mode_changes_nothing_in_the_file(engine: MakeEngine) -> None:
    workflow = flow(
        {"a": use("t:number.constant") | {"mode": "mute"}, "b": use("t:number.constant")}
    )
    before = workflow.dumps()
    engine(*nodes()).run(workflow, ["b"])
    assert workflow.dumps() == before
