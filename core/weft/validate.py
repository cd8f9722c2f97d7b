"""Finding everything that is wrong with a workflow at once, before anything runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weft.cycles import cycles
from weft.errors import Problem, WorkflowError
from weft.expansion import Subgraph
from weft.flatten import PREFIX, Flat, FlatNode, apply_modes, flatten
from weft.graph import Graph, GraphNode
from weft.literals import NodeValidators, describe, literal_problem
from weft.migrate import migrated
from weft.spec import InputSpec, NodeSpec, short_id
from weft.suggest import closest
from weft.typing_rules import Bindings, accepts, is_open, resolve
from weft.workflow import Link, SubgraphDocument, Workflow, short, targets

if TYPE_CHECKING:
    from weft.registry import Registry

MAX_PROBLEMS = 1000
_validators = NodeValidators()


def validated(workflow: Workflow, registry: Registry) -> Graph:
    """The graph of a workflow. Raises WorkflowError that lists every problem."""
    problems, graph = check(workflow, registry, ask=True)
    if problems:
        raise WorkflowError(problems)
    return graph


def check(
    workflow: Workflow, registry: Registry, *, ask: bool = False
) -> tuple[list[Problem], Graph]:
    """Every problem of a workflow, and its graph, which is complete only if there are none.

    ask: whether to ask `Choices` what they allow, which imports the nodes.
    """
    from weft.bodies import body_problems
    from weft.requires import requirement_problems

    problems = requirement_problems(workflow, registry)
    flat = flatten(workflow.nodes, workflow.subgraphs)
    graph = check_flat(flat, registry, workflow.subgraphs, ask=ask)
    for link in flat.aliases:
        source = flat.resolved(link)
        if source.node in graph.nodes and source.output in graph.nodes[source.node].kinds:
            graph.outputs[str(link)] = source
    problems += flat.problems
    problems += body_problems(graph, registry, ask)
    problems += _parameter_problems(workflow, registry)
    if len(problems) > MAX_PROBLEMS:
        more = len(problems) - MAX_PROBLEMS
        problems = [*problems[:MAX_PROBLEMS], Problem("", f"and {more:,} more problems")]
    return problems, graph


def check_flat(
    flat: Flat,
    registry: Registry,
    subgraphs: Mapping[str, SubgraphDocument],
    live: Mapping[str, GraphNode] | None = None,
    ask: bool = True,
) -> Graph:
    """Check flat nodes, adding to `flat.problems`, and order them.

    live: nodes that are already checked, and stand in the flat set only to be linked to.
    ask: whether to ask `Choices` what they allow, which imports the nodes.
    """
    checker = _Checker(flat, registry, subgraphs, live or {}, ask)
    checker.resolve_types()
    apply_modes(flat, registry, subgraphs)
    return checker.graph()


@dataclass(slots=True)
class _Checker:
    flat: Flat
    registry: Registry
    subgraphs: Mapping[str, SubgraphDocument]
    live: Mapping[str, GraphNode]
    ask: bool = False
    specs: dict[str, NodeSpec] = field(default_factory=dict)

    def resolve_types(self) -> None:
        """Report unknown types and bring old nodes up to date."""
        for node in self.flat.nodes.values():
            if node.id in self.live:
                continue
            spec = self.registry.get(node.document.type)
            if spec is None:
                self._unknown_type(node)
            elif node.document.version > spec.version:
                self._add(
                    f"{node.path}.version",
                    f"made by a newer version of {short_id(spec.id)}",
                    expected=f"at most {spec.version}",
                    got=str(node.document.version),
                )
            elif node.document.version < spec.version:
                problem = migrated(node, self.registry.load(spec), node.document.version)
                if problem is not None:
                    self.flat.problems.append(problem)

    def _unknown_type(self, node: FlatNode) -> None:
        missing = self.registry.missing(node.document.type)
        self._add(
            f"{node.path}.type",
            f"unknown node type {node.document.type!r}" + (f"; {missing}" if missing else ""),
            suggestion=None if missing else self.registry.suggest(node.document.type),
        )

    def graph(self) -> Graph:
        nodes = self.flat.nodes
        for id, node in nodes.items():
            spec = self.registry.get(node.document.type)
            if spec is not None and id not in self.live:
                self.specs[id] = spec
        built = {id: self._built(nodes[id], spec) for id, spec in self.specs.items()}
        built |= self.live
        order = self._order(built)
        graph = Graph({id: built[id] for id in order})
        for one in graph.nodes.values():
            self._check_links(one, graph)
        return graph

    def _built(self, node: FlatNode, spec: NodeSpec) -> GraphNode:
        values = dict(node.values)
        links = dict(node.links)
        if self.flat.aliases:
            links = {name: self.flat.resolved(link) for name, link in links.items()}
        self._check_names(node, spec, values, links)
        if _validators.problems(spec, values):
            self._explain_values(node, spec, values)
        for one in spec.inputs:
            name = one.name
            if name in links:
                continue
            if name not in values:
                if one.required:
                    self._add(f"{node.path}.{name}", "is missing", expected=describe(one))
                    continue
                values[name] = one.default
            value = values[name]
            if one.kind == "float" and type(value) is int:
                self._to_float(node, one, values)
            elif one.kind == "subgraph" and isinstance(value, str):
                self._resolve_subgraph(node, name, values)
            elif self.ask and "x-choices" in one.schema and isinstance(value, str):
                self._check_choices(node, one, value)
        return GraphNode(node.id, spec, values, links, title=node.document.title)

    def _check_names(
        self, node: FlatNode, spec: NodeSpec, values: dict[str, Any], links: dict[str, Link]
    ) -> None:
        for name in [*values, *links]:
            if spec.extra is None and spec.input(name) is None:
                known = [one.name for one in spec.inputs]
                self._add(
                    f"{node.path}.{name}",
                    f"{short_id(spec.id)} has no such input",
                    expected="one of " + ", ".join(known) if known else "no inputs",
                    suggestion=closest(name, known),
                )
                values.pop(name, None)
                links.pop(name, None)
            elif name in values and name in links:
                self._add(f"{node.path}.{name}", "has both a value and a link")

    def _explain_values(self, node: FlatNode, spec: NodeSpec, values: dict[str, Any]) -> None:
        for name, value in values.items():
            one = spec.input(name)
            if one is None:
                continue
            expected = literal_problem(one, value)
            if expected is not None:
                choices = one.schema.get("enum", ())
                self._add(
                    f"{node.path}.{name}",
                    "wrong value" if one.literal else "takes no literal value",
                    expected=expected,
                    got=short(value),
                    suggestion=closest(value, map(str, choices))
                    if isinstance(value, str)
                    else None,
                )

    def _to_float(self, node: FlatNode, spec: InputSpec, values: dict[str, Any]) -> None:
        value = values[spec.name]
        try:
            values[spec.name] = float(value)
        except OverflowError:
            self._add(f"{node.path}.{spec.name}", "is too large", describe(spec), short(value))

    def _check_choices(self, node: FlatNode, spec: InputSpec, value: str) -> None:
        """Ask which values there are. Imports the node, so only where it is about to run."""
        allowed = self.registry.load(self.specs[node.id]).choices(spec.name)
        if value not in allowed:
            shown = ", ".join(map(repr, allowed[:20])) + (" …" if len(allowed) > 20 else "")
            self._add(
                f"{node.path}.{spec.name}",
                "wrong value",
                expected=f"one of {shown}" if allowed else "one of none: there are no choices",
                got=short(value),
                suggestion=closest(value, allowed),
            )

    def _resolve_subgraph(self, node: FlatNode, name: str, values: dict[str, Any]) -> None:
        wanted = values[name]
        inner = self.subgraphs.get(wanted)
        if inner is None:
            self._add(
                f"{node.path}.{name}",
                f"there is no subgraph {wanted!r}",
                suggestion=closest(wanted, self.subgraphs),
            )
            return
        values[name] = Subgraph(wanted, inner, self.subgraphs)

    def _order(self, built: dict[str, GraphNode]) -> list[str]:
        """The nodes so that each follows what it needs; nodes on a cycle are reported."""
        waiting: dict[str, int] = {}
        consumers: dict[str, list[str]] = {}
        for id, node in built.items():
            sources = {link.node for link in node.links.values()}
            sources &= built.keys()
            waiting[id] = len(sources)
            for source in sources:
                consumers.setdefault(source, []).append(id)
        ready = deque(id for id, count in waiting.items() if count == 0)
        order = []
        while ready:
            id = ready.popleft()
            order.append(id)
            for consumer in consumers.get(id, ()):
                waiting[consumer] -= 1
                if waiting[consumer] == 0:
                    ready.append(consumer)
        if len(order) < len(built):
            done = set(order)
            self._report_cycles({id: node for id, node in built.items() if id not in done})
        return order

    def _report_cycles(self, rest: dict[str, GraphNode]) -> None:
        for chain in cycles(rest):
            shown = " -> ".join(chain if len(chain) < 12 else [*chain[:10], "…", chain[-1]])
            self._add(self.flat.nodes[chain[0]].path, f"the links form a cycle: {shown}")

    def _check_links(self, node: GraphNode, graph: Graph) -> None:
        bindings: Bindings = {}
        spec = node.spec
        path = self.flat.nodes[node.id].path
        for name, link in node.links.items():
            source = graph.nodes.get(link.node)
            if source is None:
                self._missing_source(path, name, link)
                continue
            kind = source.kinds.get(link.output)
            if kind is None:
                known = [one.name for one in source.spec.outputs]
                self._add(
                    f"{path}.{name}",
                    f"{link.node} ({short_id(source.spec.id)}) has no output {link.output!r}",
                    expected="one of " + ", ".join(known) if known else "a node with outputs",
                    suggestion=closest(link.output, known),
                )
                continue
            wanted = spec.input(name)
            expected = wanted.kind if wanted is not None else spec.extra or "any"
            if not accepts(expected, kind, bindings):
                shown = resolve(expected, bindings) if is_open(expected) else expected
                self._add(
                    f"{path}.{name}",
                    f"wrong kind from {link}",
                    expected=shown,
                    got=kind,
                )
        for output in spec.outputs:
            kind = output.kind
            node.kinds[output.name] = resolve(kind, bindings) if is_open(kind) else kind

    def _missing_source(self, path: str, name: str, link: Link) -> None:
        if link.node in self.flat.nodes:
            return  # a node of an unknown type or on a cycle, reported as such
        id = link.node
        self._add(
            f"{path}.{name}",
            f"links to {str(link)!r}, but there is no node {id!r}",
            suggestion=closest(id, self.flat.nodes),
        )

    def _add(
        self,
        path: str,
        message: str,
        expected: str | None = None,
        got: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.flat.problems.append(Problem(path, message, expected, got, suggestion))


def _parameter_problems(workflow: Workflow, registry: Registry) -> list[Problem]:
    problems = []
    for name, target in workflow.parameters.items():
        for one in targets(target):
            id, dot, input = one.partition(".")
            node = workflow.nodes.get(id)
            path = f"parameters.{name}"
            if not dot or node is None:
                problems.append(
                    Problem(
                        path,
                        f"names no input: {one!r}",
                        expected='"node.input"',
                        suggestion=closest(id, workflow.nodes),
                    )
                )
                continue
            if node.type.startswith(PREFIX):
                inner = workflow.subgraphs.get(node.type.removeprefix(PREFIX))
                known = list(inner.inputs) if inner is not None else [input]
            else:
                spec = registry.get(node.type)
                if spec is None or spec.extra is not None or node.version < spec.version:
                    continue  # unknown, free, or named as an older version named it
                known = [each.name for each in spec.inputs]
            if input not in known:
                problems.append(
                    Problem(
                        path,
                        f"{id} has no input {input!r}",
                        expected="one of " + ", ".join(known),
                        suggestion=closest(input, known),
                    )
                )
    return problems
