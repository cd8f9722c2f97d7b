"""Subgraphs, bypassed and muted nodes: what a document says, as one flat set of nodes."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weft.errors import Problem
from weft.suggest import closest
from weft.typing_rules import Bindings, accepts
from weft.workflow import Link, NodeDocument, SubgraphDocument, parse_link, targets

if TYPE_CHECKING:
    from weft.registry import Registry

PREFIX = "subgraph:"
MAX_NESTING = 32
MAX_NODES = 1_000_000


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
            name = document.type.removeprefix(PREFIX)
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
                if link is None or link.node not in inner.nodes:
                    flat.problems.append(
                        Problem(
                            f"subgraphs.{name}.outputs.{output}",
                            "names no inner output",
                            expected="node.output",
                            got=source,
                        )
                    )
                else:
                    flat.aliases[Link(flat_id, output)] = Link(
                        f"{flat_id}/{link.node}", link.output
                    )
        if len(flat.nodes) > MAX_NODES:
            flat.problems.append(
                Problem(
                    "subgraphs",
                    "the subgraphs expand to too many nodes",
                    expected=f"at most {MAX_NODES:,}",
                )
            )
            break
    return flat


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


def apply_modes(flat: Flat, registry: Registry) -> None:
    """Take out muted nodes with all that needs them, and look through bypassed ones."""
    for node in [one for one in flat.nodes.values() if one.document.mode == "bypass"]:
        _bypass(flat, node, registry)
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


def _bypass(flat: Flat, node: FlatNode, registry: Registry) -> None:
    spec = registry.get(node.document.type)
    if spec is None:
        return  # reported as an unknown type
    free = list(node.links.items())
    for output in spec.outputs:
        for position, (name, link) in enumerate(free):
            wanted = spec.input(name)
            bindings: Bindings = {}
            if wanted is not None and accepts(output.kind, wanted.kind, bindings):
                flat.aliases[Link(node.id, output.name)] = link
                del free[position]
                break
        else:
            flat.problems.append(
                Problem(
                    node.path,
                    f"cannot be bypassed: no linked input can feed its output {output.name!r}",
                    expected=f"a link into an input of kind {output.kind}",
                )
            )
    del flat.nodes[node.id]
