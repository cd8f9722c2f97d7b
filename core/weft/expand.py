"""Splicing what a node expanded to into the graph of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weft.errors import NodeError
from weft.expansion import Call, Expansion, Gather
from weft.flatten import PREFIX, FlatNode, flatten
from weft.graph import Graph, GraphNode
from weft.keys import derived_key, is_plain
from weft.registry import Registry
from weft.spec import NodeSpec, OutputSpec, short_id
from weft.validate import check_flat
from weft.workflow import Link, NodeDocument, SubgraphDocument

LIVE = NodeSpec("weft:live.value", 1, (), (OutputSpec("value", "any"),), lane="inline")


@dataclass(slots=True)
class Splice:
    """What an expansion adds to a run.

    live: nodes that stand for values of this run, with those values.
    collect: for each output of the expanded node, the link or links that give it.
    """

    graph: Graph
    live: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    collect: dict[str, Link | list[Link]] = field(default_factory=dict)


def spliced(
    parent: GraphNode,
    key: str,
    expansion: Expansion,
    registry: Registry,
    sources: Mapping[int, str],
) -> Splice:
    """The nodes of an expansion, checked as a workflow is. Raises NodeError naming the node.

    sources: for values that the node read, by their `id`, the keys they go by. Handed on, such a
        value keeps its key, so that what is made of it is found again when another input changes.
    """
    prefix = f"{parent.id}/"
    splice = Splice(Graph({}))
    documents: dict[str, NodeDocument] = {}
    library: dict[str, SubgraphDocument] = {}
    for name, call in expansion.fragment.items():
        library |= call.subgraph.library
        library[call.subgraph.name] = call.subgraph.document
        documents[name] = _document(key, prefix, name, call, splice, sources)
    flat = flatten(documents, library, prefix)
    live = {id: GraphNode(id, LIVE, {}, {}, kinds={"value": "any"}) for id in splice.live}
    flat.nodes |= {
        id: FlatNode(id, id, NodeDocument(type="live.value"), {}, {}) for id in splice.live
    }
    splice.graph = check_flat(flat, registry, library, live)
    if flat.problems:
        # Several uses of one body are wrong in the same way.
        text = "; ".join(list(dict.fromkeys(map(str, flat.problems)))[:5])
        raise NodeError(
            parent.id, short_id(parent.spec.id), f"it expanded to what is wrong: {text}"
        )
    for output in parent.spec.outputs:
        wanted = expansion.outputs.get(output.name)
        if wanted is None:
            raise NodeError(
                parent.id,
                short_id(parent.spec.id),
                f"its expansion gives no output {output.name!r}",
            )
        splice.collect[output.name] = _collected(parent, prefix, wanted, flat.resolved, splice)
    return splice


def _document(
    key: str, prefix: str, name: str, call: Call, splice: Splice, sources: Mapping[int, str]
) -> NodeDocument:
    """A use of the subgraph: plain inputs as literals, the rest as links to live values."""
    values: dict[str, Any] = {}
    links: dict[str, str] = {}
    for given, value in call.inputs.items():
        if is_plain(value):
            values[given] = value
        else:
            live = f"@{name}:{given}"
            links[given] = f"{live}.value"
            splice.live[prefix + live] = value
            splice.keys[prefix + live] = sources.get(id(value)) or derived_key(key, name, given)
    return NodeDocument(type=PREFIX + call.subgraph.name, values=values, links=links)


def _collected(
    parent: GraphNode,
    prefix: str,
    wanted: str | Gather,
    resolved: Any,
    splice: Splice,
) -> Link | list[Link]:
    def link(call: str, output: str) -> Link:
        found: Link = resolved(Link(prefix + call, output))
        source = splice.graph.nodes.get(found.node)
        if source is None or found.output not in source.kinds:
            raise NodeError(
                parent.id,
                short_id(parent.spec.id),
                f"its expansion has no output {call}.{output}",
            )
        return found

    if isinstance(wanted, Gather):
        return [link(call, wanted.output) for call in wanted.calls]
    call, _, output = wanted.rpartition(".")
    return link(call, output)
