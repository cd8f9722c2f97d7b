"""Building a workflow in code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.errors import Problem, WorkflowError
from weft.spec import full_id
from weft.suggest import closest
from weft.workflow import Link, NodeDocument, SubgraphDocument, Workflow


class Handle:
    """A node of a workflow under construction; its outputs are its attributes."""

    def __init__(self, id: str) -> None:
        self._id = id

    def __getattr__(self, output: str) -> Link:
        if output.startswith("__"):
            raise AttributeError(output)
        return Link(self._id, output)

    def __getitem__(self, output: str) -> Link:
        return Link(self._id, output)

    def __repr__(self) -> str:
        return f"<handle of node {self._id}>"


class Builder:
    """Collects nodes, then makes a `Workflow` of them.

    >>> builder = Builder()
    >>> five = builder.add("primitive.int", value=5)
    >>> total = builder.add("number.add", id="total", a=five.value, b=2.0)
    >>> builder.workflow().nodes["total"].links
    {'a': 'int.value'}
    """

    def __init__(self) -> None:
        self._nodes: dict[str, NodeDocument] = {}
        self._parameters: dict[str, str | tuple[str, ...]] = {}
        self._subgraphs: dict[str, SubgraphDocument] = {}

    def add(
        self, type: str, id: str | None = None, version: int | None = None, **inputs: Any
    ) -> Handle:
        """Add a node. Inputs are literals, or outputs of other nodes.

        id: made from the type where none is given.
        version: of the node type; the installed one where none is given.

        Raises WorkflowError where the id is taken.
        """
        if id is None:
            id = self._free_id(type.rpartition(".")[2].rpartition(":")[2])
        if id in self._nodes:
            raise WorkflowError([Problem(f"nodes.{id}", "there already is a node of that name")])
        values = {name: one for name, one in inputs.items() if not isinstance(one, Link)}
        links = {name: str(one) for name, one in inputs.items() if isinstance(one, Link)}
        self._nodes[id] = NodeDocument(
            type=type, version=version or _current_version(type), values=values, links=links
        )
        return Handle(id)

    def parameter(self, name: str, target: str) -> None:
        """Name an input, "node.input", that a caller is meant to set."""
        id = target.partition(".")[0]
        if id not in self._nodes:
            problem = Problem(
                f"parameters.{name}",
                f"names no node: {target!r}",
                suggestion=closest(id, self._nodes),
            )
            raise WorkflowError([problem])
        self._parameters[name] = target

    def subgraph(
        self,
        name: str,
        inner: Builder,
        inputs: Mapping[str, str | tuple[str, ...]],
        outputs: Mapping[str, Link],
    ) -> None:
        """Add a reusable graph; a node of type `subgraph:NAME` is one use of it."""
        self._subgraphs[name] = SubgraphDocument(
            nodes=inner._nodes,
            inputs=dict(inputs),
            outputs={key: str(link) for key, link in outputs.items()},
        )

    def workflow(self) -> Workflow:
        """The workflow. It is not validated yet: `Engine.graph` and every run do that."""
        return Workflow(nodes=self._nodes, parameters=self._parameters, subgraphs=self._subgraphs)

    def _free_id(self, stem: str) -> str:
        if stem not in self._nodes:
            return stem
        number = 2
        while f"{stem}_{number}" in self._nodes:
            number += 1
        return f"{stem}_{number}"


def _current_version(type: str) -> int:
    from weft.registry import Registry

    spec = _installed(Registry).get(full_id(type))
    return spec.version if spec is not None else 1


def _installed(registry: Any, memo: list[Any] = []) -> Any:  # noqa: B006 - one per process
    if not memo:
        memo.append(registry.installed())
    return memo[0]
