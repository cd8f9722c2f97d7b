"""Running a node or a workflow as the engine does, in one call."""

from __future__ import annotations

import asyncio
import contextlib
import tomllib
import warnings
from collections.abc import Coroutine, Iterable, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, get_type_hints, overload

from weft.cache import Cache
from weft.checks import describe_value
from weft.devices import Device
from weft.engine import Engine, Outcome
from weft.errors import InputError, PluginError
from weft.expansion import Expansion
from weft.files import ModelFolders
from weft.invoke import Callee, Callees, call, call_async, check_argument
from weft.literals import describe, literal_problem
from weft.node import Node
from weft.offers import offering
from weft.plugins import Catalogue, build_catalogue
from weft.registry import Registry
from weft.sources import package_root
from weft.spec import InputSpec, full_id
from weft.suggest import closest
from weft.testing.context import RecordedContext, temporary_folder
from weft.testing.device import current_device
from weft.wiring import handed_over
from weft.workflow import Workflow

R = TypeVar("R")
NEWEST = "999"  # where nothing tells a version: no workflow finds it too old


@overload
def run_node(function: Node[..., Coroutine[Any, Any, R]], /, **inputs: Any) -> R: ...
@overload
def run_node(function: Node[..., R], /, **inputs: Any) -> R: ...
@overload
def run_node(function: str, /, **inputs: Any) -> Any: ...
def run_node(function: Any, /, **inputs: Any) -> Any:
    """Run one node as the engine does, and return what it returns.

    Values are checked as a workflow's are, and kinds as those of a link; an async node runs on an
    event loop; a parameter annotated `Context` is filled in, unless a context is given under its
    name (see `RecordedContext`); in-place edits are found; outputs are checked. On a `FakeDevice`
    that refuses memory the node is tried a second time, as in a run.

    function: a node, or the type id of an installed one.
    inputs: the node's inputs by name. Lists and dictionaries are copied first.

    Raises InputError for an input that is missing, unknown or wrong; what the node itself raises;
    InPlaceEditError, WrongOutputError and DeviceMemoryError as a run does. An `Expansion` is
    returned as it is: `run_workflow` runs it. What the node changed that belongs to the whole
    process (a global seed, the current folder) is set back, and told by a RuntimeWarning.
    """
    made, changes = run_and_tell(function, inputs)
    for one in changes:
        warnings.warn(f"{_callee(function).spec.id}: {one}", RuntimeWarning, stacklevel=2)
    return made


def run_and_tell(function: Any, inputs: dict[str, Any]) -> tuple[Any, list[str]]:
    """As `run_node`; what the node changed of the process comes as the second value."""
    callee = _callee(function)
    changes: list[str] = []
    spec = callee.spec
    context = inputs.pop(spec.context) if spec.context in inputs else None
    arguments = _arguments(callee, inputs)
    if spec.context is not None:
        arguments[spec.context] = context or RecordedContext()
    device, cache = current_device(), Cache(host=0)
    id = spec.id.rpartition(".")[2]
    if spec.is_async:
        result, _ = asyncio.run(call_async(callee, id, arguments, device, cache, changes.append))
    else:
        result, _ = call(callee, id, arguments, device, cache, changes.append)
    if not isinstance(result, Expansion):
        result = _as_declared(callee.node, result)
    return result, changes


def run_workflow(
    workflow: str | Path | Mapping[str, Any] | Workflow,
    *,
    parameters: Mapping[str, Any] | None = None,
    targets: Iterable[str] = (),
    nodes: Iterable[Node[..., Any] | ModuleType | str] = (),
    plugins: Mapping[str, str] | None = None,
    output_dir: str | Path | None = None,
    cache: Cache | None = None,
    models: ModelFolders | None = None,
    device: str | Device | None = None,
    check: bool = True,
) -> Outcome:
    """Run a workflow once, headless, with a cache in memory that is thrown away.

    workflow: a file, a document as plain data, or a `Workflow`.
    parameters: values for the workflow's parameters.
    targets: the outputs wanted, as "node.output"; their values are `outcome["node.output"]`.
    nodes: nodes, or modules with nodes, to use beside the installed ones, and in place of those
    with the same ids: the plugin under test need not be installed.
    plugins: the same for all that plugins bring by their hooks: the module with the hooks, by the
    name of the distribution, such as {"acme-nodes": "acme_nodes.plugin"}.
    output_dir: where output nodes write; a temporary folder, removed when the process ends, where
    none is given.
    device: the `FakeDevice` that is entered, or else the processor, where none is given.
    check: whether a failed node raises its NodeError; else the outcome tells of it.

    Raises WorkflowError where the workflow is wrong: then nothing has run; PluginError where a
    plugin cannot be described.
    """
    if isinstance(workflow, (str, Path)):
        workflow = Workflow.load(workflow)
    elif not isinstance(workflow, Workflow):
        workflow = Workflow.from_data(dict(workflow))
    described = [_described(*one) for one in (plugins or {}).items()]
    registry = _registry(described, _members(nodes))
    offers = [offer for one in described for offer in one.offers]
    with (
        offering(*offers),
        Engine(
            registry=registry,
            device=device or current_device(),
            cache=cache or Cache(device=current_device().budget()),
            models=models,
            output_dir=output_dir or temporary_folder(),
        ) as engine,
    ):
        outcome = engine.run(workflow, targets, parameters=parameters)
    return outcome.check() if check else outcome


def _registry(plugins: list[Catalogue], nodes: list[Node[..., Any]]) -> Registry:
    """What is installed, but for what these stand in for, and these."""
    own = {one.distribution for one in plugins}
    registry = Registry.installed()
    if plugins:
        others = [one for one in registry.catalogues.values() if one.distribution not in own]
        registry = Registry()
        for one in [*others, *plugins]:
            registry.add_catalogue(one)
    for one in plugins:
        if one.plugin in registry.failed:
            raise PluginError(f"{one.distribution}: {registry.failed[one.plugin]}")
    for member in nodes:
        registry._specs.pop(member.spec.id, None)
        registry.add(member)
    return registry


def _described(distribution: str, module: str) -> Catalogue:
    made = build_catalogue(distribution, module, distribution, _version(distribution, module))
    if made.error is not None:
        raise PluginError(f"{distribution} ({module}): {made.error}")
    return made


def _version(distribution: str, module: str) -> str:
    """That of the installed distribution, else of the project that the module lies in."""
    with contextlib.suppress(PackageNotFoundError):
        return version(distribution)
    root = package_root(module)
    if root is not None:
        with contextlib.suppress(OSError, tomllib.TOMLDecodeError):
            text = (root.parent / "pyproject.toml").read_text("utf-8")
            project = tomllib.loads(text).get("project", {})
            if project.get("name") == distribution and isinstance(project.get("version"), str):
                return str(project["version"])
    return NEWEST


def node_registry(*members: Node[..., Any] | ModuleType | str) -> Registry:
    """A registry of these nodes and no others, for an `Engine` or a `Graph` in a test.

    members: nodes, and modules (or their names) whose nodes are wanted.

    Raises DuplicateNodeError where two have the same id.
    """
    return Registry(_members(members))


def _members(members: Iterable[Node[..., Any] | ModuleType | str]) -> list[Node[..., Any]]:
    found: list[Node[..., Any]] = []
    for one in members:
        if isinstance(one, Node):
            found.append(one)
            continue
        module = import_module(one) if isinstance(one, str) else one
        declared = [
            member
            for member in vars(module).values()
            if isinstance(member, Node) and member.__module__ == module.__name__
        ]
        if not declared:
            raise InputError(f"{module.__name__} declares no node")
        found += declared
    return found


def _callee(function: Any) -> Callee:
    if isinstance(function, Node):
        registry = Registry([function])
        spec = registry.get(function.spec.id)
    elif isinstance(function, str):
        registry = Registry.installed()
        spec = registry.get(function)
        if spec is None:
            guess = registry.suggest(function)
            hint = f"; did you mean {guess!r}?" if guess else ""
            failed = "".join(
                f"\nThe plugin {name} could not be loaded: {why}"
                for name, why in registry.failed.items()
            )
            raise InputError(f"no installed node is called {full_id(function)!r}{hint}{failed}")
    else:
        raise InputError(
            "expected a function decorated with @node, or a type id, "
            f"got {describe_value(function)}"
        )
    assert spec is not None
    return Callees(registry).of(spec)


def _arguments(callee: Callee, inputs: Mapping[str, Any]) -> dict[str, Any]:
    spec = callee.spec
    arguments: dict[str, Any] = {}
    for name, value in inputs.items():
        one = spec.input(name)
        if one is not None:
            arguments[name] = _argument(callee, one, value)
        elif spec.extra is not None:
            arguments[name] = handed_over(value)
        else:
            guess = closest(name, [each.name for each in spec.inputs])
            hint = f" (did you mean {guess!r}?)" if guess else ""
            raise InputError(f"{spec.id} has no input {name!r}{hint}")
    for one in spec.inputs:
        if one.name not in arguments:
            if one.required:
                raise InputError(f"{spec.id}.{one.name}: expected {describe(one)}, got nothing")
            arguments[one.name] = handed_over(one.default)
    return arguments


def _argument(callee: Callee, spec: InputSpec, value: Any) -> Any:
    if spec.literal and isinstance(value, (bool, int, float, str, list, dict, type(None))):
        # A list may hold what only a link brings; then it is checked as a link's value is.
        expected = literal_problem(spec, value)
        if expected is not None and (callee.arguments[spec.name] is None or _is_plain(value)):
            raise InputError(
                f"{callee.spec.id}.{spec.name}: expected {expected}, got {describe_value(value)}"
            )
        if expected is None:
            if spec.kind == "float" and isinstance(value, int):
                return float(value)
            return handed_over(value)
    value = handed_over(value)
    check_argument(callee, callee.spec.id.rpartition(".")[2], spec.name, value)
    return value


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return isinstance(value, (bool, int, float, str, type(None)))


def _as_declared(node: Node[..., Any], outputs: tuple[Any, ...]) -> Any:
    """The outputs as the node returned them: one, none, or the NamedTuple it declares."""
    if not node.spec.named_outputs:
        return outputs[0] if outputs else None
    return get_type_hints(node.function)["return"](*outputs)
