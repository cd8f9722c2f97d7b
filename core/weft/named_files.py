"""Literals that name files: model files by name, the person's own by path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from weft.errors import InputError, Problem
from weft.spec import InputSpec, NodeSpec
from weft.suggest import closest
from weft.workflow import short

if TYPE_CHECKING:
    from weft.files import ModelFolders
    from weft.graph import Graph


def file_problems(graph: Graph, models: ModelFolders) -> list[Problem]:
    """Files that are named but not there. Imports no node."""
    problems = []
    naming: dict[int, list[InputSpec]] = {}
    for node in graph.nodes.values():
        inputs = naming.get(id(node.spec))
        if inputs is None:
            inputs = naming[id(node.spec)] = _naming(node.spec)
        for one in inputs:
            value = node.values.get(one.name)
            if isinstance(value, str):
                problems += _problems(f"nodes.{node.id}.{one.name}", one, value, models)
    return problems


def _naming(spec: NodeSpec) -> list[InputSpec]:
    return [one for one in spec.inputs if "x-folder" in one.schema or "x-path" in one.schema]


def _problems(path: str, one: InputSpec, value: str, models: ModelFolders) -> list[Problem]:
    folder = one.schema.get("x-folder")
    if folder is None:
        if not value or Path(value).is_file():
            return []
        return [Problem(path, "there is no such file", "the path of a file", short(value))]
    try:
        models.find(folder, value)
    except InputError:
        there = models.list(folder)
        looked = ", ".join(str(root / folder) for root in models.roots)
        message = f"no such model file; looked in {looked}"
        return [Problem(path, message, _some(there), short(value), closest(value, there))]
    return []


def _some(names: list[str]) -> str:
    if not names:
        return "a file, but there is none"
    shown = ", ".join(repr(name) for name in names[:8])
    return f"one of {shown}" + (" …" if len(names) > 8 else "")
