"""Cycles are found as networkx finds them, and shown as a way around."""

from itertools import pairwise

import networkx
from hypothesis import given
from hypothesis import strategies as st

from weft import Graph, Link, NodeSpec
from weft.cycles import cycles
from weft.graph import GraphNode

SPEC = NodeSpec("test:a.node", 1, (), (), "", "", "inline")


def graph(edges: set[tuple[int, int]]) -> dict[str, GraphNode]:
    nodes = {str(id): GraphNode(str(id), SPEC, {}, {}) for id in range(8)}
    for source, consumer in edges:
        nodes[str(consumer)].links[f"from{source}"] = Link(str(source), "value")
    return nodes


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_every_component_gives_one_cycle_of_its_nodes(edges: set[tuple[int, int]]) -> None:
    nodes = graph(edges)
    known = Graph(nodes).digraph
    wanted = [
        one
        for one in networkx.strongly_connected_components(known)
        if len(one) > 1 or known.has_edge(*[min(one)] * 2)
    ]
    found = cycles(nodes)
    assert len(found) == len(wanted)
    for chain in found:
        component = next(one for one in wanted if chain[0] in one)
        assert chain[0] == chain[-1] == min(component)
        assert set(chain) <= component
        assert len(set(chain)) == len(chain) - 1
        assert all(known.has_edge(*pair) for pair in pairwise(chain))


def test_a_long_cycle_is_found_without_recursion() -> None:
    nodes = {
        str(id): GraphNode(str(id), SPEC, {}, {"a": Link(str((id - 1) % 5000), "value")})
        for id in range(5000)
    }
    (chain,) = cycles(nodes)
    assert len(chain) == 5001
