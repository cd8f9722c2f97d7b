"""Finding the cycles of a graph that should have none."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weft.graph import GraphNode


def cycles(nodes: Mapping[str, GraphNode]) -> list[list[str]]:
    """For every set of nodes that need each other one shortest cycle through its first node.

    A cycle goes from each node to one that needs it and ends with the node it began with.
    """
    needed_by: dict[str, list[str]] = {id: [] for id in nodes}
    for id, node in nodes.items():
        for source in dict.fromkeys(link.node for link in node.links.values()):
            if source in needed_by:
                needed_by[source].append(id)
    found = []
    for component in _components(needed_by):
        first = min(component)
        if len(component) > 1 or first in needed_by[first]:
            found.append(_around(first, component, needed_by))
    return found


def _around(first: str, component: set[str], needed_by: Mapping[str, list[str]]) -> list[str]:
    """The shortest way from a node back to itself."""
    came_from: dict[str, str] = {}
    queue = deque([first])
    while first not in came_from:
        id = queue.popleft()
        for consumer in needed_by[id]:
            if consumer in component and consumer not in came_from:
                came_from[consumer] = id
                queue.append(consumer)
    way = [first]
    id = came_from[first]
    while id != first:
        way.append(id)
        id = came_from[id]
    return [*way, first][::-1]


def _components(needed_by: Mapping[str, list[str]]) -> Iterator[set[str]]:
    """The strongly connected components (Tarjan 1972), without recursion: graphs are deep."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in needed_by:
        if root in index:
            continue
        todo = [(root, iter(needed_by[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while todo:
            id, rest = todo[-1]
            consumer = next(rest, None)
            if consumer is None:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[id])
                if low[id] == index[id]:
                    component = set()
                    while id not in component:
                        component.add(stack.pop())
                    on_stack -= component
                    yield component
            elif consumer not in index:
                index[consumer] = low[consumer] = len(index)
                stack.append(consumer)
                on_stack.add(consumer)
                todo.append((consumer, iter(needed_by[consumer])))
            elif consumer in on_stack:
                low[id] = min(low[id], index[consumer])
