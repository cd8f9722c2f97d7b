"""Nodes that direct a run: choosing, repeating, passing on."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from weft import Call, Expansion, Gather, InputError, Range, Subgraph, node

T = TypeVar("T")


@node("flow.switch", lane="inline")
def switch(condition: bool, on_true: T | None = None, on_false: T | None = None) -> T:
    """Pass on one of two values. What leads to the other one does not run.

    condition: which one.
    on_true: what is passed on if the condition is true.
    on_false: what is passed on if it is false.
    """
    chosen = on_true if condition else on_false
    if chosen is None:
        name = "on_true" if condition else "on_false"
        raise InputError(f"the condition is {str(condition).lower()}, but {name} is not linked")
    return chosen


@switch.needs
def _(condition: bool) -> set[str]:
    return {"on_true"} if condition else {"on_false"}


@node("flow.reroute", lane="inline")
def reroute(value: T) -> T:
    """Pass a value on unchanged: a corner for a link.

    value: anything.
    """
    return value


@node("flow.for_each", lane="inline")
def for_each(items: list[Any], body: Subgraph[Any], **shared: Any) -> list[Any] | Expansion:
    """Run a subgraph once for each item of a list, and collect what it makes, in order.

    The subgraph takes each item at its input `item`, and its place, from 0, at `index` if it has
    that input. Any other input of the subgraph may be linked here by its name: every use gets the
    same value. What is collected is its output `output`, or its only one.

    items: the list.
    body: the subgraph.
    """
    output = _output(body, "output")
    _check_inputs(body, "item", shared)
    calls = {}
    for index, item in enumerate(items):
        place = {"index": index} if "index" in body.document.inputs else {}
        calls[str(index)] = Call(body, {**shared, **place, "item": item})
    return Expansion(calls, {"value": Gather(tuple(calls), output)})


@node("flow.repeat", lane="inline")
def repeat(
    value: Any, body: Subgraph[Any], count: Annotated[int, Range(1, 1000)] = 2, **shared: Any
) -> Any | Expansion:
    """Run a subgraph several times, each time on what the last time made.

    The subgraph takes the value at its input `value`, and how often it has run, from 0, at `index`
    if it has that input; what it makes is its output `value`, or its only one. Any other input of
    the subgraph may be linked here by its name: every use gets the same value.

    value: what the first use gets.
    body: the subgraph.
    count: how many times.
    """
    output = _output(body, "value")
    _check_inputs(body, "value", shared)
    chain = _chain(body, count, output, tuple(shared))
    call = Call(chain, {"value": value, **shared})
    return Expansion({"chain": call}, {"value": "chain.value"})


def _chain(body: Subgraph[Any], count: int, output: str, shared: tuple[str, ...]) -> Subgraph[Any]:
    """A subgraph that uses the body `count` times, one after the other."""
    from weft import NodeDocument, SubgraphDocument

    numbered = "index" in body.document.inputs
    nodes = {
        str(index): NodeDocument(
            type=f"subgraph:{body.name}",
            values={"index": index} if numbered else {},
            links={"value": f"{index - 1}.{output}"} if index else {},
        )
        for index in range(count)
    }
    document = SubgraphDocument(
        nodes=nodes,
        inputs={"value": "0.value"}
        | {name: tuple(f"{n}.{name}" for n in nodes) for name in shared},
        outputs={"value": f"{count - 1}.{output}"},
    )
    name = f"{body.name} x {count}"
    while name in body.library:
        name += " "
    return Subgraph(name, document, {**body.library, body.name: body.document})


def _check_inputs(body: Subgraph[Any], item: str, shared: dict[str, Any]) -> None:
    known = body.document.inputs
    shown = ", ".join(known) or "none"
    if item not in known:
        raise InputError(f"the subgraph {body.name!r} needs an input {item!r}; it has: {shown}")
    for name in shared:
        if name not in known or name == "index":
            raise InputError(f"the subgraph {body.name!r} takes no {name!r} here; it has: {shown}")


def _output(body: Subgraph[Any], preferred: str) -> str:
    outputs = body.document.outputs
    if preferred in outputs:
        return preferred
    if len(outputs) == 1:
        return next(iter(outputs))
    shown = ", ".join(outputs) or "none"
    raise InputError(
        f"the subgraph {body.name!r} needs an output {preferred!r}, or only one; it has: {shown}"
    )
