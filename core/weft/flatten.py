"""Subgraphs, bypassed and muted nodes: what a document says, as one flat set of nodes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weft.errors import Problem
from weft.suggest import closest
from weft.typing_rules import accepts, is_open
from weft.workflow import Link, NodeDocument, SubgraphDocument, parse_link, targets

if TYPE_CHECKING:
    from weft.registry import Registry

PREFIX = "subgraph:"
MAX_NESTING = 32
MAX_NODES = 1_000_000
MAX_USES = 100_000


@dataclass(slots=True)
class FlatNode:
    """A node of the flat set. `path` is where the document holds it, for messages."""

    id: str
    path: str
    document: NodeDocument
    values: dict[str, Any]
    links: dict[str, Link]


@dataclass(slots=True)
class Flat:
    """The flat nodes, and what stands for nodes that are gone."""

    nodes: dict[str, FlatNode] = field(default_factory=dict)
    # (subgraph node, its output) -> the inner link that feeds it
    aliases: dict[Link, Link] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # uses of subgraphs that are bypassed, so that nothing inside them is there
    bypassed: list[FlatNode] = field(default_factory=list)

    def resolved(self, link: Link) -> Link:
        """The link with subgraph outputs and bypassed nodes looked through."""
        seen: set[Link] = set()
        while link in self.aliases and link not in seen:
            seen.add(link)
            link = self.aliases[link]
        return link


def flatten(
    nodes: Mapping[str, NodeDocument],
    subgraphs: Mapping[str, SubgraphDocument],
    prefix: str = "",
) -> Flat:
    """Expand every use of a subgraph. Problems are collected, not raised.

    prefix: what the ids of the nodes are to start with.
    """
    flat = Flat()
    queue: deque[tuple[str, str, Mapping[str, NodeDocument], tuple[str, ...], Given]]
    queue = deque([(prefix, "nodes.", nodes, (), {})])
    uses: Counter[str] = Counter()
    while queue:
        prefix, path, group, stack, given = queue.popleft()
        for id, document in group.items():
            flat_id = prefix + id
            here = f"{path}{id}"
            links = _links(flat, here, prefix, document)
            values = dict(document.values)
            for name, value in given.get(id, {}).items():
                if isinstance(value, Link):
                    links[name] = value
                    values.pop(name, None)
                else:
                    values[name] = value
                    links.pop(name, None)
            if not document.type.startswith(PREFIX):
                flat.nodes[flat_id] = FlatNode(flat_id, here, document, values, links)
                continue
            inner = _enter(flat, here, document, subgraphs, stack)
            if inner is None:
                continue
            if document.mode == "bypass":
                flat.bypassed.append(FlatNode(flat_id, here, document, values, links))
                continue
            name = document.type.removeprefix(PREFIX)
            uses[name] += 1
            if uses[name] == 1:
                flat.problems += _socket_problems(name, inner)
            queue.append(
                (
                    f"{flat_id}/",
                    f"subgraphs.{name}.nodes.",
                    _with_mode(inner.nodes, document.mode),
                    (*stack, name),
                    hand_in(flat.problems, here, inner, values, links),
                )
            )
            for output, source in inner.outputs.items():
                link = parse_link(source)
                if link is not None:
                    flat.aliases[Link(flat_id, output)] = Link(
                        f"{flat_id}/{link.node}", link.output
                    )
        # Subgraphs that only hold subgraphs multiply without a single node.
        if len(flat.nodes) > MAX_NODES or uses.total() > MAX_USES:
            flat.problems.append(
                Problem(
                    "subgraphs",
                    "the subgraphs expand to too many nodes",
                    expected=f"at most {MAX_NODES:,}",
                )
            )
            break
    return flat


def _socket_problems(name: str, inner: SubgraphDocument) -> list[Problem]:
    """Inputs and outputs of a subgraph that lead to no node in it."""
    found = []
    for input, given in inner.inputs.items():
        for target in targets(given):
            id, dot, inner_input = target.partition(".")
            if not dot or not inner_input or id not in inner.nodes:
                path = f"subgraphs.{name}.inputs.{input}"
                found.append(Problem(path, "names no inner input", "node.input", target))
    for output, source in inner.outputs.items():
        link = parse_link(source)
        if link is None or link.node not in inner.nodes:
            path = f"subgraphs.{name}.outputs.{output}"
            found.append(Problem(path, "names no inner output", "node.output", source))
    return found


# For each inner node, the inputs that the outside gives: a literal, or a link.
Given = dict[str, dict[str, Any]]


def hand_in(
    problems: list[Problem],
    path: str,
    inner: SubgraphDocument,
    values: Mapping[str, Any],
    links: Mapping[str, Link],
) -> Given:
    """What the use of a subgraph gives to each of its inner nodes."""
    given: Given = {}
    for name, value in [*values.items(), *links.items()]:
        if name not in inner.inputs:
            problems.append(
                Problem(
                    f"{path}.{name}",
                    "the subgraph has no such input",
                    expected="one of " + ", ".join(inner.inputs) if inner.inputs else "no inputs",
                    suggestion=closest(name, inner.inputs),
                )
            )
            continue
        for target in targets(inner.inputs[name]):
            node, _, inner_input = target.partition(".")
            given.setdefault(node, {})[inner_input] = value
    return given


def _links(flat: Flat, path: str, prefix: str, document: NodeDocument) -> dict[str, Link]:
    links = {}
    for name, text in document.links.items():
        link = parse_link(text)
        if link is None:
            flat.problems.append(
                Problem(f"{path}.{name}", "is no link", expected='"node.output"', got=repr(text))
            )
        else:
            links[name] = Link(prefix + link.node, link.output)
    return links


def _enter(
    flat: Flat,
    path: str,
    document: NodeDocument,
    subgraphs: Mapping[str, SubgraphDocument],
    stack: tuple[str, ...],
) -> SubgraphDocument | None:
    name = document.type.removeprefix(PREFIX)
    inner = subgraphs.get(name)
    if inner is None:
        flat.problems.append(
            Problem(path, f"there is no subgraph {name!r}", suggestion=closest(name, subgraphs))
        )
    elif name in stack or len(stack) >= MAX_NESTING:
        chain = " -> ".join((*stack, name))
        flat.problems.append(Problem(path, f"the subgraph contains itself: {chain}"))
        return None
    return inner


def _with_mode(nodes: Mapping[str, NodeDocument], mode: str | None) -> Mapping[str, NodeDocument]:
    if mode != "mute":
        return nodes
    return {id: one.model_copy(update={"mode": "mute"}) for id, one in nodes.items()}


def apply_modes(flat: Flat, registry: Registry, subgraphs: Mapping[str, SubgraphDocument]) -> None:
    """Take out muted nodes with all that needs them, and look through bypassed ones."""
    for node in [one for one in flat.nodes.values() if one.document.mode == "bypass"]:
        spec = registry.get(node.document.type)
        if spec is not None:  # else it is reported as an unknown type
            _bypass(
                flat,
                node,
                {one.name: one.kind for one in spec.inputs},
                {one.name: one.kind for one in spec.outputs},
            )
            del flat.nodes[node.id]
    sockets = _Sockets(registry, subgraphs)
    for node in flat.bypassed:
        inner = subgraphs[node.document.type.removeprefix(PREFIX)]
        inputs = {name: sockets.input(inner, name) for name in inner.inputs}
        outputs = {name: sockets.output(inner, name) for name in inner.outputs}
        _bypass(flat, node, inputs, outputs)
    gone = {id for id, node in flat.nodes.items() if node.document.mode == "mute"}
    if not gone:
        return
    consumers: dict[str, list[str]] = {}
    for id, node in flat.nodes.items():
        for link in node.links.values():
            consumers.setdefault(flat.resolved(link).node, []).append(id)
    stack = list(gone)
    while stack:
        for id in consumers.get(stack.pop(), ()):
            if id not in gone:
                gone.add(id)
                stack.append(id)
    for id in gone:
        del flat.nodes[id]


def _bypass(
    flat: Flat, node: FlatNode, inputs: Mapping[str, str], outputs: Mapping[str, str]
) -> None:
    """Feed each output by a linked input: by one of the very same kind, or else one that fits."""
    free = [(inputs[name], link) for name, link in node.links.items() if name in inputs]
    for output, kind in outputs.items():
        fitting = [one for one in free if one[0] == kind]
        if not fitting and not is_open(kind) and kind != "any":
            fitting = [one for one in free if accepts(kind, one[0], {})]
        if fitting:
            flat.aliases[Link(node.id, output)] = fitting[0][1]
            free.remove(fitting[0])
        else:
            flat.problems.append(
                Problem(
                    node.path,
                    f"cannot be bypassed: no linked input can feed its output {output!r}",
                    expected=f"a link into an input of kind {kind}",
                )
            )


@dataclass(frozen=True, slots=True)
class _Sockets:
    """The kinds of the inputs and outputs of subgraphs: those of the inner nodes they lead to."""

    registry: Registry
    subgraphs: Mapping[str, SubgraphDocument]

    def input(self, graph: SubgraphDocument | None, name: str) -> str:
        for _ in range(MAX_NESTING):
            if graph is None or name not in graph.inputs:
                break
            id, _, name = targets(graph.inputs[name])[0].partition(".")
            type = graph.nodes[id].type if id in graph.nodes else ""
            if not type.startswith(PREFIX):
                spec = self.registry.get(type)
                found = spec.input(name) if spec is not None else None
                return found.kind if found is not None else "any"
            graph = self.subgraphs.get(type.removeprefix(PREFIX))
        return "any"

    def output(self, graph: SubgraphDocument | None, name: str) -> str:
        for _ in range(MAX_NESTING):
            link = parse_link(graph.outputs[name]) if graph and name in graph.outputs else None
            if graph is None or link is None or link.node not in graph.nodes:
                break
            name = link.output
            type = graph.nodes[link.node].type
            if not type.startswith(PREFIX):
                spec = self.registry.get(type)
                found = spec.output(name) if spec is not None else None
                return found.kind if found is not None else "any"
            graph = self.subgraphs.get(type.removeprefix(PREFIX))
        return "any"
