"""Literals that name files: model files by name, the person's own by path or as an upload."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from weft.confine import confined
from weft.errors import InputError, Problem
from weft.spec import InputSpec, NodeSpec
from weft.suggest import closest
from weft.workflow import short

if TYPE_CHECKING:
    from weft.files import ModelFolders
    from weft.graph import Graph


def input_file(name: str, uploads: Path | None) -> Path:
    """The person's own file that a literal of `Choices.uploads()` names.

    uploads: the one folder whose files may be named, and read; None where `name` is any path.
    Raises InputError for a name that leads out of the folder.
    """
    return Path(name) if uploads is None else confined(uploads, name)


def file_problems(graph: Graph, models: ModelFolders, uploads: Path | None = None) -> list[Problem]:
    """Files that are named but not there. Imports no node.

    uploads: as for `input_file`.
    """
    problems = []
    naming: dict[int, list[InputSpec]] = {}
    for node in graph.nodes.values():
        inputs = naming.get(id(node.spec))
        if inputs is None:
            inputs = naming[id(node.spec)] = _naming(node.spec)
        for one in inputs:
            value = node.values.get(one.name)
            if isinstance(value, str):
                problems += _problems(f"nodes.{node.id}.{one.name}", one, value, models, uploads)
    return problems


def _naming(spec: NodeSpec) -> list[InputSpec]:
    return [one for one in spec.inputs if "x-folder" in one.schema or "x-path" in one.schema]


def _problems(
    path: str, one: InputSpec, value: str, models: ModelFolders, uploads: Path | None
) -> list[Problem]:
    folder = one.schema.get("x-folder")
    if folder is None:
        if not value or _is_there(value, uploads):
            return []
        expected = "the path of a file" if uploads is None else "the name of an uploaded file"
        return [Problem(path, "there is no such file", expected, short(value))]
    try:
        models.find(folder, value)
    except InputError:
        there = models.list(folder)
        looked = ", ".join(str(root / folder) for root in models.roots)
        message = f"no such model file; looked in {looked}"
        return [Problem(path, message, _some(there), short(value), closest(value, there))]
    return []


def _is_there(name: str, uploads: Path | None) -> bool:
    try:
        return input_file(name, uploads).is_file()
    except (InputError, OSError, ValueError):
        return False


def _some(names: list[str]) -> str:
    if not names:
        return "a file, but there is none"
    shown = ", ".join(repr(name) for name in names[:8])
    return f"one of {shown}" + (" …" if len(names) > 8 else "")
