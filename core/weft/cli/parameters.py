"""What a caller sets: a workflow's parameters, and `node.input=value`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weft.cli.values import expected, is_text, value_of
from weft.errors import Problem, WorkflowError
from weft.inputs import PREFIX, input_of
from weft.spec import InputSpec, short_id
from weft.suggest import closest

if TYPE_CHECKING:
    from weft.registry import Registry
    from weft.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a workflow.

    spec: of the first input it sets that is known, or None.
    current: what the file holds: a value as JSON, or the link that feeds it; "" for nothing.
    """

    name: str
    targets: tuple[str, ...]
    spec: InputSpec | None
    current: str

    @property
    def is_flag(self) -> bool:
        """Whether it is true or false, so that its option may stand alone."""
        return self.spec is not None and self.spec.schema.get("type") == "boolean"

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        return expected(self.spec) if self.spec is not None else "a value"


def parameters_of(workflow: Workflow, registry: Registry) -> list[Parameter]:
    """The parameters of a workflow, in the order of the file."""
    from weft.workflow import targets

    found = []
    for name, target in workflow.parameters.items():
        paths = targets(target)
        specs = (input_of(workflow, registry, path) for path in paths)
        spec = next((one for one in specs if one is not None), None)
        found.append(Parameter(name, paths, spec, _current(workflow, paths, spec)))
    return found


def _current(workflow: Workflow, paths: Iterable[str], spec: InputSpec | None) -> str:
    from weft.workflow import short

    for path in paths:
        id, _, name = path.partition(".")
        node = workflow.nodes.get(id)
        if node is not None and name in node.links:
            return f"linked to {node.links[name]}"
        if node is not None and name in node.values:
            return short(node.values[name])
    return "" if spec is None or spec.required else short(spec.default)


def with_settings(
    workflow: Workflow,
    registry: Registry,
    parameters: Mapping[str, str],
    settings: Iterable[str],
) -> Workflow:
    """The workflow with parameters set, then `node.input=value` settings.

    Raises WorkflowError that lists everything that is wrong with them.
    """
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for parameter in parameters_of(workflow, registry):
        if parameter.name in parameters:
            text = parameters[parameter.name]
            value = _checked(f"--{parameter.name}", text, parameter.spec, problems)
            values |= dict.fromkeys(parameter.targets, value)
    for setting in settings:
        path, equals, text = _cut(setting)
        where = f"--set {path}"
        if not equals:
            problems.append(Problem(where, "has no value", expected="node.input=value"))
            continue
        problem = _missing(workflow, registry, path, where)
        if problem is not None:
            problems.append(problem)
            continue
        workflow = _up_to_date(workflow, registry, path)
        values[path] = _checked(where, text, input_of(workflow, registry, path), problems)
    if problems:
        raise WorkflowError(problems)
    return workflow.with_values(values) if values else workflow


def _up_to_date(workflow: Workflow, registry: Registry, path: str) -> Workflow:
    """The workflow with the node migrated whose input is set by a name that its version lacks.

    Set on the old node, the value would be lost to what the migration gives that name.
    """
    from weft.flatten import FlatNode
    from weft.migrate import migrated
    from weft.workflow import parse_link

    id, _, name = path.partition(".")
    node = workflow.nodes[id]
    spec = registry.get(node.type)
    if spec is None or node.version >= spec.version or {name} & {*node.values, *node.links}:
        return workflow
    links = {input: link for input, text in node.links.items() if (link := parse_link(text))}
    flat = FlatNode(id, f"nodes.{id}", node, dict(node.values), links)
    if len(links) < len(node.links) or migrated(flat, registry.load(spec), node.version):
        return workflow  # the checks of the whole workflow say what is wrong with it
    update = {
        "version": spec.version,
        "values": flat.values,
        "links": {input: str(link) for input, link in flat.links.items()},
    }
    nodes = {**workflow.nodes, id: node.model_copy(update=update)}
    return workflow.model_copy(update={"nodes": nodes})


def _cut(setting: str) -> tuple[str, str, str]:
    """`node.input=value` at the first equals sign after the first dot: ids may hold one."""
    id, dot, rest = setting.partition(".")
    if not dot:
        return setting.partition("=")
    name, equals, text = rest.partition("=")
    return id + dot + name, equals, text


def _checked(where: str, text: str, spec: InputSpec | None, problems: list[Problem]) -> Any:
    from weft.workflow import short

    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        problems.append(Problem(where, "is not UTF-8 text"))
        return None
    try:
        value = value_of(text, spec)
    except ValueError as error:
        problems.append(Problem(where, "wrong value", expected=str(error), got=short(text)))
        return None
    if spec is not None and is_text(spec):
        from weft.literals import describe, literal_problem

        if literal_problem(spec, value) is not None:
            guess = closest(text, map(str, spec.schema.get("enum", ())))
            problems.append(
                Problem(where, "wrong value", describe(spec), short(text), suggestion=guess)
            )
    return value


def _missing(workflow: Workflow, registry: Registry, path: str, where: str) -> Problem | None:
    """The problem with a path that names no input, or None."""
    id, dot, name = path.partition(".")
    node = workflow.nodes.get(id)
    if not dot:
        return Problem(where, "names no input", expected="node.input=value")
    if node is None:
        return Problem(where, f"there is no node {id!r}", suggestion=closest(id, workflow.nodes))
    if input_of(workflow, registry, path) is not None:
        return None
    if node.type.startswith(PREFIX):
        inner = workflow.subgraphs.get(node.type.removeprefix(PREFIX))
        known = list(inner.inputs) if inner is not None else []
    else:
        spec = registry.get(node.type)
        if spec is None or name in node.values or name in node.links:
            return None  # an unknown type, or the name that an older version of the node had
        known = [one.name for one in spec.inputs]
    return Problem(
        where,
        f"{id} ({short_id(node.type)}) has no input {name!r}",
        expected="one of " + ", ".join(known) if known else "no inputs",
        suggestion=closest(name, known),
    )
