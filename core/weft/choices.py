"""Choices that are made when they are asked for: model files, the person's files, and lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from weft.constraints import Choices
from weft.errors import InputError, Problem
from weft.spec import InputSpec, NodeSpec
from weft.suggest import closest
from weft.workflow import short

if TYPE_CHECKING:
    from weft.files import ModelFolders
    from weft.graph import Graph
    from weft.node import Node
    from weft.registry import Registry


def choices_of(
    spec: NodeSpec, name: str, registry: Registry, models: ModelFolders
) -> Sequence[str] | None:
    """What an input may be set to; None where it does not offer choices.

    Raises PluginError where the node that is to be asked cannot be imported.
    """
    one = spec.input(name)
    if one is None:
        return None
    if "enum" in one.schema:
        return [str(choice) for choice in one.schema["enum"]]
    if "x-folder" in one.schema:
        return models.list(one.schema["x-folder"])
    if "x-choices" in one.schema:
        ask = _asked(registry.load(spec), name)
        return list(ask()) if ask is not None else None
    return None


def choice_problems(graph: Graph, registry: Registry, models: ModelFolders) -> list[Problem]:
    """Literals that name a file or a choice that is not there."""
    problems = []
    asking: dict[int, tuple[InputSpec, ...]] = {}
    for node in graph.nodes.values():
        spec = node.spec
        inputs = asking.get(id(spec))
        if inputs is None:
            inputs = asking[id(spec)] = tuple(_asking(spec))
        for one in inputs:
            value = node.values.get(one.name)
            if isinstance(value, str):
                problem = _problem(spec, one, value, registry, models)
                if problem is not None:
                    message, expected, guess = problem
                    path = f"nodes.{node.id}.{one.name}"
                    problems.append(Problem(path, message, expected, short(value), guess))
    return problems


def _asking(spec: NodeSpec) -> Iterator[InputSpec]:
    marks = ("x-folder", "x-choices", "x-path")
    return (one for one in spec.inputs if any(mark in one.schema for mark in marks))


def _problem(
    spec: NodeSpec, one: InputSpec, value: str, registry: Registry, models: ModelFolders
) -> tuple[str, str, str | None] | None:
    if "x-path" in one.schema:
        if not value or Path(value).is_file():
            return None
        return "there is no such file", "the path of a file", None
    if "x-folder" in one.schema:
        folder = one.schema["x-folder"]
        try:
            models.find(folder, value)
        except InputError:
            there = models.list(folder)
            looked = ", ".join(str(root / folder) for root in models.roots)
            return f"no such model file; looked in {looked}", _some(there), closest(value, there)
        return None
    known = choices_of(spec, one.name, registry, models) or ()
    if value in known:
        return None
    return "is none of the choices", _some(known), closest(value, known)


def _some(names: Sequence[str]) -> str:
    if not names:
        return "a file, but there is none"
    shown = ", ".join(repr(name) for name in names[:8])
    return f"one of {shown}" + (" …" if len(names) > 8 else "")


def _asked(node: Node[..., Any], name: str) -> Callable[[], Sequence[str]] | None:
    hint = get_type_hints(node.function, include_extras=True).get(name)
    for part in (hint, *get_args(hint)):
        if get_origin(part) is Annotated:
            for extra in get_args(part)[1:]:
                if isinstance(extra, Choices) and extra.ask is not None:
                    return extra.ask
    return None
