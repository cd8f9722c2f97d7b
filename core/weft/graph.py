"""From a document to a graph that can run: flat, typed, complete, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weft.errors import Problem, WorkflowError
from weft.spec import NodeSpec
from weft.suggest import closest
from weft.workflow import Link, parse_link

if TYPE_CHECKING:
    import networkx

    from weft.registry import Registry
    from weft.workflow import Workflow


@dataclass(slots=True)
class GraphNode:
    """One node of the flat graph. `values` and `links` together give every input.

    id: the node's id; inside subgraphs the path of ids, as `outer/inner`.
    values: literals, defaults filled in.
    live: values that exist only in this run, handed over by an `Expansion`, with what identifies
        each in cache keys.
    kinds: the resolved kind of each output.
    """

    id: str
    spec: NodeSpec
    values: dict[str, Any]
    links: dict[str, Link]
    live: dict[str, tuple[Any, str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    title: str | None = None


@dataclass(slots=True)
class Graph:
    """A validated, flat graph.

    nodes: in an order in which every node follows what it needs.
    outputs: by name, where the outputs of nodes that are gone come from: subgraphs, bypassed nodes.
    """

    nodes: dict[str, GraphNode]
    outputs: dict[str, Link] = field(default_factory=dict)
    _digraph: networkx.DiGraph[str] | None = None

    @classmethod
    def of(cls, workflow: Workflow, registry: Registry) -> Graph:
        """Validate a workflow and make its graph. Raises WorkflowError with every problem."""
        from weft.validate import validated

        return validated(workflow, registry)

    @classmethod
    def checked(cls, workflow: Workflow, registry: Registry) -> tuple[list[Problem], Graph]:
        """Every problem of a workflow, and its graph, which is complete only if there are none.

        Imports no node, unless one is of an older version: its migration is code. What
        `Choices(function)` allows is not asked either; `of` does.
        """
        from weft.validate import check

        return check(workflow, registry)

    def named(self, target: str) -> dict[str, Link]:
        """What a target, "node.output" or "node", names: for each name the output it stands for.

        Raises WorkflowError where it names nothing.
        """
        node = self.nodes.get(target)
        if node is not None:
            outputs = [one.name for one in node.spec.outputs] or [""]
            return {str(link): link for link in (Link(target, name) for name in outputs)}
        if target in self.outputs:
            return {target: self.outputs[target]}
        inside = {
            name: link for name, link in self.outputs.items() if name.rpartition(".")[0] == target
        }
        if inside:
            return inside
        link = parse_link(target)
        node = self.nodes.get(link.node) if link is not None else None
        if link is None or node is None:
            guess = closest(link.node if link is not None else target, self.nodes)
            problem = Problem(
                target, "is no node to run", expected="node or node.output", suggestion=guess
            )
            raise WorkflowError([problem])
        if node.spec.output(link.output) is None:
            names = [one.name for one in node.spec.outputs]
            problem = Problem(
                target,
                "there is no such output",
                expected=", ".join(names) or "no outputs",
                suggestion=closest(link.output, names),
            )
            raise WorkflowError([problem])
        return {target: link}

    @property
    def roots(self) -> list[str]:
        """The output nodes: what a run pulls when nothing else is asked for."""
        return [id for id, node in self.nodes.items() if node.spec.is_output]

    @property
    def digraph(self) -> networkx.DiGraph[str]:
        """The graph as networkx knows it: an edge from each node to every node that needs it."""
        if self._digraph is None:
            self._digraph = digraph(
                self.nodes, ((id, node.links) for id, node in self.nodes.items())
            )
        return self._digraph

    def upstream(self, targets: Iterable[str]) -> set[str]:
        """The targets and everything they depend on."""
        found: set[str] = set()
        stack = list(targets)
        while stack:
            id = stack.pop()
            if id not in found:
                found.add(id)
                stack.extend(link.node for link in self.nodes[id].links.values())
        return found


def digraph(
    ids: Iterable[str], links: Iterable[tuple[str, Mapping[str, Link]]]
) -> networkx.DiGraph[str]:
    """A networkx graph of nodes and links."""
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(ids)
    graph.add_edges_from((link.node, id) for id, given in links for link in given.values())
    return graph
