"""Bringing nodes of older versions up to date, version by version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from weft.errors import Problem, WorkflowError
from weft.flatten import FlatNode
from weft.node import Migration, Node
from weft.spec import short_id
from weft.workflow import Link, NodeDocument, Workflow, parse_link, targets

if TYPE_CHECKING:
    from weft.registry import Registry


class _Taken(dict[str, Any]):
    """Inputs of which some can be taken, and are not among what `**old` copies."""

    def __init__(self, inputs: Mapping[str, Any], taken: set[str]) -> None:
        super().__init__({name: one for name, one in inputs.items() if name not in taken})
        self._taken = {name: inputs[name] for name in taken}

    def __contains__(self, name: object) -> bool:
        return name in self._taken or super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        return self._taken[name] if name in self._taken else super().__getitem__(name)

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self._taken[name] if name in self._taken else super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        return self._taken.pop(name) if name in self._taken else super().pop(name, *default)


def _step(migration: Migration, inputs: dict[str, Any]) -> dict[str, Any]:
    """One migration. An input that it popped is gone, as in `{**old, "new": old.pop("old")}`,
    unless it was set again, as in `{**old, "loud": bool(old.pop("loud"))}`.
    """
    old = dict(inputs)
    new = _returned(migration(old))
    popped = inputs.keys() - old.keys()
    unclear = {name for name in popped if name in new and new[name] is inputs[name]}
    if unclear:
        # The value is the old one: copied before it was popped, or set to what it was.
        again = _returned(migration(_Taken(inputs, popped)))
        for name in unclear - again.keys():
            del new[name]
    return new


def _returned(new: object) -> dict[str, Any]:
    if not isinstance(new, Mapping):
        raise TypeError(f"it is to return the inputs as a dict, got {type(new).__name__}")
    return dict(new)


def migrated(node: FlatNode, current: Node[..., Any], version: int) -> Problem | None:
    """Migrate a flat node in place, or say why it cannot be."""
    inputs: dict[str, Any] = {**node.values, **node.links}
    target = current.spec.version
    for step in range(version, target):
        migration = current.migrations.get(step)
        if migration is None:
            return Problem(
                f"{node.path}.version",
                f"{short_id(current.spec.id)} cannot be brought from version {step} to {step + 1}",
                expected=f"version {target}",
                got=str(version),
            )
        try:
            inputs = _step(migration, inputs)
        except Exception as error:
            return Problem(
                f"{node.path}.version",
                f"the migration of {short_id(current.spec.id)} from version {step} failed: "
                f"{type(error).__name__}: {error}",
            )
    node.values = {name: one for name, one in inputs.items() if not isinstance(one, Link)}
    node.links = {name: one for name, one in inputs.items() if isinstance(one, Link)}
    return None


def outdated(workflow: Workflow, registry: Registry) -> list[str]:
    """The paths of the nodes, also in subgraphs, that an older version of their type wrote.

    While there is none, checking the workflow imports no node.
    """
    return [
        f"{path}.{id}"
        for path, nodes in _graphs(workflow)
        for id, node in nodes.items()
        if (spec := registry.get(node.type)) is not None and node.version < spec.version
    ]


def up_to_date(workflow: Workflow, registry: Registry) -> Workflow:
    """The workflow with every node at the version of its type, and parameters that follow inputs
    to their new names. Imports the nodes that it migrates. Raises WorkflowError.
    """
    problems: list[Problem] = []
    renamed: dict[str, str] = {}
    graphs: dict[str, dict[str, NodeDocument]] = {}
    for path, nodes in _graphs(workflow):
        graphs[path] = dict(nodes)
        for id, node in nodes.items():
            spec = registry.get(node.type)
            if spec is None or node.version >= spec.version:
                continue
            current = registry.load(spec)
            links = {name: parse_link(link) for name, link in node.links.items()}
            flat = FlatNode(
                id,
                f"{path}.{id}",
                node,
                dict(node.values),
                {name: link for name, link in links.items() if link is not None},
            )
            problem = migrated(flat, current, node.version)
            if problem is not None:
                problems.append(problem)
                continue
            graphs[path][id] = node.model_copy(
                update={
                    "version": spec.version,
                    "values": flat.values,
                    "links": {name: str(link) for name, link in flat.links.items()},
                }
            )
            for old, new in _new_names(current, node).items():
                renamed[f"{path}.{id}.{old}"] = new
    if problems:
        raise WorkflowError(problems)
    return _with_nodes(workflow, graphs, renamed)


def _graphs(workflow: Workflow) -> Iterator[tuple[str, Mapping[str, NodeDocument]]]:
    yield "nodes", workflow.nodes
    for name, subgraph in workflow.subgraphs.items():
        yield f"subgraphs.{name}.nodes", subgraph.nodes


def _new_names(current: Node[..., Any], node: NodeDocument) -> dict[str, str]:
    """Where a node's migrations take an input under another name, as far as that can be told:
    each is fed one thing that nothing else is, and looked for among the results.
    """
    names = {*node.values, *node.links}
    inputs: dict[str, Any] = {name: node.values.get(name) for name in names}
    marks = {name: Link(name, "") for name in names}
    found = {}
    for name, mark in marks.items():
        given = {**inputs, name: mark}
        try:
            for step in range(node.version, current.spec.version):
                given = _step(current.migrations[step], given)
        except Exception:
            continue  # it computes with the value, so that no name can be followed
        places = [new for new, value in given.items() if value is mark]
        if places and name not in places:
            found[name] = places[0]
    return found


def _with_nodes(
    workflow: Workflow, graphs: Mapping[str, dict[str, NodeDocument]], renamed: Mapping[str, str]
) -> Workflow:
    def followed(path: str, given: Mapping[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, target in given.items():
            new = []
            for one in targets(target):
                id, _, input = one.partition(".")
                new.append(f"{id}.{renamed.get(f'{path}.{one}', input)}")
            result[name] = new[0] if isinstance(target, str) else tuple(new)
        return result

    subgraphs = {
        name: one.model_copy(
            update={
                "nodes": graphs[f"subgraphs.{name}.nodes"],
                "inputs": followed(f"subgraphs.{name}.nodes", one.inputs),
            }
        )
        for name, one in workflow.subgraphs.items()
    }
    return workflow.model_copy(
        update={
            "nodes": graphs["nodes"],
            "parameters": followed("nodes", workflow.parameters),
            "subgraphs": subgraphs,
        }
    )
