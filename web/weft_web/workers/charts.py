"""The curve of a node's values, which the editor draws while they are edited."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from inspect import signature
from typing import Any

from weft import InputError, Node, Problem, WorkflowError, literal_problem

MOST_POINTS = 4096


def draw(
    node: Node[..., Any], values: Mapping[str, Any], linked: Collection[str] = ()
) -> dict[str, list[float]]:
    """The node's chart for literal values: {"x", "y"}, both empty where there is none.

    linked: inputs whose values nobody knows yet. What is not given has its default.
    Raises WorkflowError where a value is wrong.
    """
    assert node.asks_chart is not None
    given: dict[str, Any] = {}
    problems = []
    for name in signature(node.asks_chart).parameters:
        spec = node.spec.input(name)
        assert spec is not None
        given[name] = None if name in linked else values.get(name, spec.default)
        if name not in values or name in linked:
            continue
        if spec.kind == "float" and type(given[name]) is int:
            given[name] = float(given[name])
        expected = literal_problem(spec, given[name])
        if expected is not None:
            problems.append(Problem(f"values.{name}", "wrong value", expected=expected))
    if problems:
        raise WorkflowError(problems)
    try:
        made = node.asks_chart(**given)
    except InputError as error:  # values that are right, but not together
        raise WorkflowError([Problem("values", str(error))]) from error
    if made is None:
        return {"x": [], "y": []}
    y = _numbers(made["y"])
    x = _numbers(made["x"]) if "x" in made else [float(index) for index in range(len(y))]
    if len(x) != len(y):
        raise InputError(f"{node.spec.id}: its chart has {len(x)} x for {len(y)} y")
    return {"x": x, "y": y}


def _numbers(values: Sequence[float]) -> list[float]:
    numbers = [float(one) for one in values]
    if len(numbers) > MOST_POINTS or not all(map(math.isfinite, numbers)):
        raise InputError(f"a chart has at most {MOST_POINTS} points, all finite")
    return numbers
