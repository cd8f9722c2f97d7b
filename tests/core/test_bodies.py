"""Subgraphs taken as values are checked before anything runs.

each(items, body, more...)        body: item ── times ── output
                                                more... ┘
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from weft import (
    Builder,
    Call,
    Engine,
    Expansion,
    Gather,
    Range,
    Registry,
    Subgraph,
    WorkflowError,
    node,
)


@node("test:number.times", lane="inline")
def times(
    number: int, by: Annotated[int, Range(1, 9)] = 2, how: Literal["plain", "twice"] = "plain"
) -> int:
    """A product."""
    return number * by * (2 if how == "twice" else 1)


@node("test:text.word", lane="inline")
def word(value: str = "a") -> str:
    """A text."""
    return value


@node("test:flow.each", lane="inline")
def each(items: list[int], body: Subgraph[Any], **more: Any) -> list[Any] | Expansion:
    """The body for each item."""
    calls = {str(n): Call(body, {"item": one, **more}) for n, one in enumerate(items)}
    return Expansion(calls, {"value": Gather(tuple(calls), "output")})


NODES = (times, word, each)


def flow(**more: Any) -> Builder:
    """A loop over a product, with what is handed on."""
    made = Builder()
    inner = Builder()
    product = inner.add("test:number.times", id="product")
    names = {"item": "product.number", "by": "product.by", "how": "product.how"}
    made.subgraph("body", inner, names, {"output": product.value})
    made.add("test:flow.each", id="loop", items=[1, 2], body="body", **more)
    return made


def problems(made: Builder) -> list[str]:
    with Engine(registry=Registry(NODES), device="cpu") as engine:
        try:
            engine.graph(made.workflow())
        except WorkflowError as error:
            return [str(one) for one in error.problems]
    return []


def test_a_sound_body_has_no_problems_and_runs() -> None:
    made = flow(by=3, how="twice")
    assert problems(made) == []
    with Engine(registry=Registry(NODES), device="cpu") as engine:
        assert engine.run(made.workflow(), ["loop.value"])["loop.value"] == [6, 12]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"by": 10}, "nodes.loop.by: wrong value; expected an integer from 1 to 9, got 10"),
        (
            {"how": "twise"},
            "nodes.loop.how: wrong value; expected one of 'plain', 'twice', got \"twise\" "
            "(did you mean 'twice'?)",
        ),
    ],
)
def test_what_is_handed_on_is_checked_where_it_was_written(
    more: dict[str, Any], problem: str
) -> None:
    assert problems(flow(**more)) == [problem]


def test_the_kind_of_what_is_handed_on_is_checked() -> None:
    made = flow()
    text = made.add("test:text.word", id="text")
    made.add("test:flow.each", id="other", items=[1], body="body", by=text.value)
    (problem,) = problems(made)
    assert problem.startswith("nodes.other.by: wrong kind")
    assert problem.endswith("expected int, got str")


def test_a_body_is_checked_by_itself_and_once() -> None:
    made = flow()
    inner = Builder()
    inner.add("test:number.timse", id="wrong")
    right = inner.add("test:number.times", id="right", number="three")
    made.subgraph("other", inner, {}, {"output": right.value})
    made.add("test:flow.each", id="first", items=[1], body="other")
    made.add("test:flow.each", id="second", items=[1], body="other")
    assert sorted(problems(made)) == [
        'subgraphs.other.nodes.right.number: wrong value; expected an integer, got "three"',
        "subgraphs.other.nodes.wrong.type: unknown node type 'test:number.timse' "
        "(did you mean 'test:number.times'?)",
    ]


def test_bodies_in_bodies_are_checked_and_one_in_itself_ends() -> None:
    made = flow()
    inner = Builder()
    again = inner.add("test:flow.each", id="again", items=[1], body="outer")
    inner.add("test:flow.each", id="deep", items=[1], body="body", by=0)
    made.subgraph("outer", inner, {}, {"output": again.value})
    made.add("test:flow.each", id="start", items=[1], body="outer")
    (problem,) = problems(made)
    assert problem.startswith("nodes.start/deep.by: wrong value")
