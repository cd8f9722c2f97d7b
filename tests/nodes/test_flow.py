"""The flow nodes: laziness, loops over subgraphs, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from weft import Builder, Engine, Image, Node, NodeError, Registry, WorkflowError, node

RAN: list[str] = []


@node("test:number.note", lane="inline")
def note(number: int | float, by: int = 1, name: str = "") -> int | float:
    """Multiply, and note that it ran."""
    RAN.append(name)
    return number * by


@node("test:number.broken", lane="inline")
def broken() -> int | float:
    """Fail."""
    raise AssertionError("nobody asked for this")


@node("test:image.grey")
def grey(level: float) -> Image:
    """A grey picture."""
    return torch.full((1, 2, 2, 3), level)


@node("test:image.darker")
def darker(image: Image, amount: float = 0.5) -> Image:
    """Half as light."""
    return image * amount


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    RAN.clear()


def registry() -> Registry:
    """The installed nodes and those of these tests."""
    known = Registry.installed()
    nodes: list[Node[..., Any]] = [note, broken, grey, darker]
    for one in nodes:
        known.add(one)
    return known


def run(flow: Builder, target: str) -> Any:
    with Engine(registry=registry(), device="cpu") as engine:
        return engine.run(flow.workflow(), [target]).check()[target]


@pytest.mark.parametrize("condition", [True, False])
def test_a_switch_runs_one_side(condition: bool) -> None:
    flow = Builder()
    good = flow.add("test:number.note", number=4)
    bad = flow.add("test:number.broken")
    yes, no = (good, bad) if condition else (bad, good)
    flow.add("flow.switch", id="switch", condition=condition, on_true=yes.value, on_false=no.value)
    assert run(flow, "switch.value") == 4


def test_a_switch_has_one_kind_and_the_side_it_needs() -> None:
    flow = Builder()
    one = flow.add("primitive.int", id="one", value=1)
    word = flow.add("primitive.text", id="word")
    flow.add("flow.switch", id="half", condition=False, on_true=one.value)
    with pytest.raises(NodeError, match="the condition is false, but on_false is not linked"):
        run(flow, "half.value")
    flow.add("flow.switch", id="mixed", condition=True, on_true=one.value, on_false=word.value)
    with pytest.raises(WorkflowError, match=r"mixed\.on_false: wrong kind"):
        run(flow, "mixed.value")


def test_a_reroute_keeps_the_kind() -> None:
    flow = Builder()
    picture = flow.add("test:image.grey", level=1.0)
    corner = flow.add("flow.reroute", id="corner", value=picture.image)
    flow.add("test:image.darker", id="darker", image=corner.value)
    flow.add("number.round", id="refused", number=corner.value)
    with (
        Engine(registry=registry(), device="cpu") as engine,
        pytest.raises(WorkflowError, match=r"refused\.number: wrong kind .*got image"),
    ):
        engine.graph(flow.workflow())


def multiply(flow: Builder, **inputs: Any) -> None:
    """The subgraph `body`: item * by."""
    inner = Builder()
    product = inner.add("test:number.note", id="product")
    names = {"item": "product.number", "by": "product.by"} | inputs
    flow.subgraph("body", inner, names, {"output": product.value})


def test_for_each_goes_through_a_list_in_order() -> None:
    """
    each(3, 1, 2) by 10
    """
    flow = Builder()
    multiply(flow)
    ten = flow.add("primitive.int", value=10)
    items = flow.add("primitive.list_int", values=[3, 1, 2])
    flow.add("flow.for_each", id="each", items=items.value, body="body", by=ten.value)
    assert run(flow, "each.value") == [30, 10, 20]


def test_for_each_gives_the_place_to_a_body_that_asks() -> None:
    flow = Builder()
    multiply(flow, by="product.name", index="product.by")
    items = flow.add("primitive.list_float", values=[0.5, 0.5, 0.5])
    flow.add("flow.for_each", id="each", items=items.value, body="body")
    assert run(flow, "each.value") == [0, 0.5, 1.0]


def test_for_each_of_nothing_is_nothing() -> None:
    flow = Builder()
    multiply(flow)
    items = flow.add("list.make")
    flow.add("flow.for_each", id="each", items=items.value, body="body")
    assert run(flow, "each.value") == []


def test_for_each_carries_pictures() -> None:
    """Values that are no JSON go in and come out, and the pictures make a batch."""
    flow = Builder()
    inner = Builder()
    dark = inner.add("test:image.darker", id="dark")
    names = {"item": "dark.image", "amount": "dark.amount"}
    flow.subgraph("body", inner, names, {"image": dark.image})
    pictures = [flow.add("test:image.grey", level=level) for level in (1.0, 0.5)]
    items = flow.add("list.make", a=pictures[0].image, b=pictures[1].image)
    each = flow.add("flow.for_each", items=items.value, body="body", amount=0.5)
    flow.add("image.batch", id="batch", images=each.value)
    flow.add("image.grid", id="grid", images=each.value)
    assert run(flow, "batch.image")[:, 0, 0, 0].tolist() == [0.5, 0.25]
    assert run(flow, "grid.image").shape[0] == 1


def test_only_a_new_item_runs() -> None:
    flow = Builder()
    multiply(flow)
    items = flow.add("primitive.list_int", id="items", values=[1, 2])
    flow.add("flow.for_each", id="each", items=items.value, body="body", by=3)
    workflow = flow.workflow()
    with Engine(registry=registry(), device="cpu") as engine:
        engine.run(workflow, ["each.value"]).check()
        assert len(RAN) == 2
        longer = workflow.with_values({"items.values": [1, 2, 5]})
        assert engine.run(longer, ["each.value"])["each.value"] == [3, 6, 15]
    assert len(RAN) == 3


def test_only_a_new_item_runs_where_pictures_are_shared() -> None:
    """
    grey ── each(1, 2) of grey * item      then: each(2, 1, 3)
    """

    @node("test:image.times")
    def times(image: Image, by: int) -> Image:
        RAN.append(f"times {by}")
        return image * by

    flow = Builder()
    inner = Builder()
    product = inner.add("test:image.times", id="product")
    names = {"item": "product.by", "image": "product.image"}
    flow.subgraph("body", inner, names, {"output": product.image})
    picture = flow.add("test:image.grey", level=0.25)
    items = flow.add("primitive.list_int", id="items", values=[1, 2])
    flow.add("flow.for_each", id="each", items=items.value, body="body", image=picture.image)
    workflow = flow.workflow()
    known = registry()
    known.add(times)
    with Engine(registry=known, device="cpu") as engine:
        engine.run(workflow, ["each.value"]).check()
        assert sorted(RAN) == ["times 1", "times 2"]
        more = engine.run(workflow.with_values({"items.values": [2, 1, 3]}), ["each.value"])
    assert [one[0, 0, 0, 0].item() for one in more["each.value"]] == [0.5, 0.25, 0.75]
    assert sorted(RAN) == ["times 1", "times 2", "times 3"]


def test_loops_inside_loops() -> None:
    """
    for each 1, 2: for each 1, 2, 3: the product of both
    """
    flow = Builder()
    multiply(flow)
    inner = Builder()
    row = inner.add("flow.for_each", id="row", body="body")
    names = {"item": "row.by", "numbers": "row.items"}
    flow.subgraph("row", inner, names, {"output": row.value})
    items = flow.add("primitive.list_int", values=[1, 2])
    numbers = flow.add("primitive.list_int", values=[1, 2, 3])
    flow.add("flow.for_each", id="table", items=items.value, body="row", numbers=numbers.value)
    assert run(flow, "table.value") == [[1, 2, 3], [2, 4, 6]]


@pytest.mark.parametrize(
    ("inputs", "shared", "message"),
    [
        ({"number": "product.number"}, {}, "needs an input 'item'; it has: number"),
        ({"item": "product.number"}, {"by": 2}, "takes no 'by' here; it has: item"),
        ({"item": "product.number", "index": "product.by"}, {"index": 2}, "takes no 'index'"),
    ],
)
def test_a_body_that_does_not_fit_says_so(
    inputs: dict[str, str], shared: dict[str, Any], message: str
) -> None:
    flow = Builder()
    inner = Builder()
    product = inner.add("test:number.note", id="product")
    flow.subgraph("body", inner, inputs, {"output": product.value})
    items = flow.add("primitive.list_text", values=["a"])
    flow.add("flow.for_each", id="each", items=items.value, body="body", **shared)
    with pytest.raises(NodeError, match=message):
        run(flow, "each.value")


def test_a_body_with_several_outputs_must_name_one() -> None:
    flow = Builder()
    inner = Builder()
    product = inner.add("test:number.note", id="product")
    outputs = {"a": product.value, "b": product.value}
    flow.subgraph("body", inner, {"item": "product.number"}, outputs)
    items = flow.add("primitive.list_int", values=[1])
    flow.add("flow.for_each", id="each", items=items.value, body="body")
    with pytest.raises(NodeError, match="needs an output 'output', or only one; it has: a, b"):
        run(flow, "each.value")


def test_repeating_feeds_each_use_with_the_last() -> None:
    """
    1.0 ── darker ── darker ── darker
    """
    flow = Builder()
    inner = Builder()
    dark = inner.add("test:image.darker", id="dark")
    names = {"value": "dark.image", "amount": "dark.amount"}
    flow.subgraph("body", inner, names, {"image": dark.image})
    picture = flow.add("test:image.grey", level=1.0)
    half = flow.add("primitive.float", value=0.5)
    flow.add("flow.repeat", id="loop", value=picture.image, body="body", count=3, amount=half.value)
    assert run(flow, "loop.value")[0, 0, 0, 0] == 0.125


def test_repeating_counts_for_a_body_that_asks() -> None:
    """
    7 ── + 0 ── + 1 ── + 2 ── + 3
    """
    flow = Builder()
    inner = Builder()
    total = inner.add("number.calculate", id="total", operation="add")
    flow.subgraph("body", inner, {"value": "total.a", "index": "total.b"}, {"value": total.value})
    start = flow.add("primitive.int", value=7)
    flow.add("flow.repeat", id="loop", value=start.value, body="body", count=4)
    assert run(flow, "loop.value") == 13


def test_what_a_loop_made_is_checked_where_it_goes() -> None:
    flow = Builder()
    multiply(flow)
    items = flow.add("primitive.list_int", values=[1])
    each = flow.add("flow.for_each", items=items.value, body="body")
    first = flow.add("list.item", items=each.value)
    flow.add("test:image.darker", id="dark", image=first.value)
    with pytest.raises(NodeError, match="expected image"):
        run(flow, "dark.image")


def test_a_list_that_a_loop_made_is_checked_too() -> None:
    flow = Builder()
    multiply(flow)
    items = flow.add("primitive.list_int", values=[1])
    each = flow.add("flow.for_each", items=items.value, body="body")
    flow.add("image.batch", id="batch", images=each.value)
    with pytest.raises(NodeError, match=r"input 'images': expected image .* at place 0"):
        run(flow, "batch.image")
