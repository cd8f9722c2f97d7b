"""Checking subgraphs that nodes take as values, such as the body of a loop, before they run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from weft.errors import Problem
from weft.expand import LIVE
from weft.expansion import Subgraph
from weft.flatten import PREFIX, FlatNode, flatten
from weft.graph import Graph, GraphNode
from weft.spec import OutputSpec
from weft.validate import check_flat
from weft.workflow import NodeDocument, targets

if TYPE_CHECKING:
    from weft.registry import Registry

# Bodies may hold nodes that take bodies, and even themselves.
MAX_NESTING = 32


def body_problems(graph: Graph, registry: Registry, ask: bool) -> list[Problem]:
    """What is wrong with the bodies that the nodes of a graph take."""
    found: dict[str, Problem] = {}
    for _, problems in body_graphs(graph, registry, ask=ask):
        found |= {str(one): one for one in problems}
    return list(found.values())


def body_graphs(
    graph: Graph, registry: Registry, *, ask: bool = False
) -> Iterator[tuple[Graph, list[Problem]]]:
    """The graph of each body that the nodes of a graph take, bodies in bodies too, and what is
    wrong with it.

    What a node will give to its body is known only during the run, so those inputs are taken as
    given. Inputs that it accepts under any name and of any kind are handed on by their name; these
    are checked as if they stood in the body.
    """
    seen: set[str] = set()
    todo = [(graph, node, body, 1) for node, body in _bodies(graph)]
    while todo:
        outer, node, body, depth = todo.pop()
        kinds, values = _given(outer, node, body)
        mark = repr((body.name, sorted(kinds.items()), sorted(values.items())))
        if mark in seen:
            continue
        seen.add(mark)
        inner, problems = _checked(node, body, kinds, values, registry, ask)
        yield inner, problems
        if depth < MAX_NESTING:
            todo += [(inner, *one, depth + 1) for one in _bodies(inner)]


def _bodies(graph: Graph) -> Iterator[tuple[GraphNode, Subgraph[Any]]]:
    for node in graph.nodes.values():
        for value in node.values.values():
            if isinstance(value, Subgraph):
                yield node, value


def _given(
    graph: Graph, node: GraphNode, body: Subgraph[Any]
) -> tuple[dict[str, str], dict[str, Any]]:
    """The kind of each linked input of a body, `any` where it is unknown, and the literals."""
    kinds = dict.fromkeys(body.document.inputs, "any")
    values: dict[str, Any] = {}
    if node.spec.extra != "any":
        return kinds, values
    for name in body.document.inputs:
        if node.spec.input(name) is not None:
            continue
        if name in node.links:
            link = node.links[name]
            source = graph.nodes.get(link.node)
            kinds[name] = source.kinds.get(link.output, "any") if source is not None else "any"
        elif name in node.values:
            values[name] = node.values[name]
            del kinds[name]
    return kinds, values


def _checked(
    node: GraphNode,
    body: Subgraph[Any],
    kinds: dict[str, str],
    values: dict[str, Any],
    registry: Registry,
    ask: bool,
) -> tuple[Graph, list[Problem]]:
    live = {f"@{name}": _live(f"@{name}", kind) for name, kind in kinds.items()}
    links = {name: f"@{name}.value" for name in kinds}
    use = NodeDocument(type=PREFIX + body.name, values=values, links=links)
    library = {**body.library, body.name: body.document}
    flat = flatten({node.id: use}, library)
    flat.nodes |= {id: FlatNode(id, id, NodeDocument(type="live.value"), {}, {}) for id in live}
    graph = check_flat(flat, registry, library, live, ask)
    # What a caller handed in is shown where the caller wrote it.
    outside = {
        f"subgraphs.{body.name}.nodes.{target}": f"nodes.{node.id}.{name}"
        for name in body.document.inputs
        if name in values or name in node.links
        for target in targets(body.document.inputs[name])
    }
    return graph, [replace(one, path=outside.get(one.path, one.path)) for one in flat.problems]


def _live(id: str, kind: str) -> GraphNode:
    spec = replace(LIVE, outputs=(OutputSpec("value", kind),))
    return GraphNode(id, spec, {}, {}, kinds={"value": kind})
