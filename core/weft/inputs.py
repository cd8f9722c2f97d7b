"""The spec behind "node.input" of a workflow, and the inputs that name the person's own files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from weft.spec import InputSpec
from weft.workflow import NodeDocument, Workflow, targets

if TYPE_CHECKING:
    from weft.registry import Registry

PREFIX = "subgraph:"
MAX_NESTING = 32


def input_of(workflow: Workflow, registry: Registry, path: str) -> InputSpec | None:
    """The spec of "node.input", looking into subgraphs; None where there is no such input."""
    return _input(workflow, registry, workflow.nodes, path)


def _input(
    workflow: Workflow, registry: Registry, nodes: Mapping[str, NodeDocument], path: str
) -> InputSpec | None:
    for _ in range(MAX_NESTING):
        id, _, name = path.partition(".")
        node = nodes.get(id)
        if node is None:
            return None
        if not node.type.startswith(PREFIX):
            spec = registry.get(node.type)
            if spec is None:
                return None
            extra = None if spec.extra is None else InputSpec(name, spec.extra)
            return spec.input(name) or extra
        inner = workflow.subgraphs.get(node.type.removeprefix(PREFIX))
        inside = targets(inner.inputs[name]) if inner and name in inner.inputs else ()
        if inner is None or not inside:
            return None
        nodes, path = inner.nodes, inside[0]
    return None


def with_paths(workflow: Workflow, registry: Registry, change: Callable[[str], str]) -> Workflow:
    """As `Workflow.with_paths`."""

    def changed(nodes: Mapping[str, NodeDocument]) -> dict[str, NodeDocument]:
        found = dict(nodes)
        for id, node in nodes.items():
            values = {}
            for name, value in node.values.items():
                if isinstance(value, str) and value:
                    spec = _input(workflow, registry, nodes, f"{id}.{name}")
                    if spec is not None and "x-path" in spec.schema:
                        values[name] = change(value)
            if values:
                found[id] = node.model_copy(update={"values": {**node.values, **values}})
        return found

    subgraphs = {
        name: one.model_copy(update={"nodes": changed(one.nodes)})
        for name, one in workflow.subgraphs.items()
    }
    return workflow.model_copy(update={"nodes": changed(workflow.nodes), "subgraphs": subgraphs})
