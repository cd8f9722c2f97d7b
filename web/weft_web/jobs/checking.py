"""Checking a workflow before it is stored: everything wrong at once, without importing a node."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft import (
    Graph,
    InputError,
    ModelFolders,
    Problem,
    Registry,
    Workflow,
    WorkflowError,
)

MAX_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that an input names. `folder`: of the models; None for a person's upload."""

    path: str
    name: str
    folder: str | None


@dataclass(frozen=True, slots=True)
class Valid:
    """A workflow that could run, its parameters set. `text`: the canonical one, of `data`."""

    workflow: Workflow
    data: Mapping[str, Any]
    text: str
    files: tuple[NamedFile, ...]


def size(data: object) -> int:
    """How many nodes JSON data seems to hold: enough to choose how to treat it. Never raises."""
    if not isinstance(data, Mapping):
        return 0
    subgraphs = data.get("subgraphs")
    graphs = [data, *(subgraphs.values() if isinstance(subgraphs, Mapping) else ())]
    nodes = [one.get("nodes") for one in graphs if isinstance(one, Mapping)]
    return sum(len(one) for one in nodes if isinstance(one, Mapping))


def read(data: object, parameters: Mapping[str, Any], limit: int) -> Workflow:
    """The workflow of JSON data with parameters set. Raises WorkflowError."""
    count = size(data)
    if count > limit:
        raise WorkflowError(
            [Problem("nodes", "too many nodes", f"at most {limit:,}", f"{count:,}")]
        )
    try:
        workflow = Workflow.from_data(data)
        return workflow.with_parameters(parameters) if parameters else workflow
    except RecursionError:
        raise WorkflowError([Problem("", "the JSON is nested too deeply")]) from None


def checked(workflow: Workflow, targets: Sequence[str], registry: Registry) -> Valid:
    """The workflow, if nothing is wrong with it but perhaps its files. Raises WorkflowError.

    No node may be of an older version. Imports nothing, opens nothing.
    """
    try:
        problems, graph = Graph.checked(workflow, registry)
        problems = problems + _failed_plugins(problems, registry)
        problems += _target_problems(graph, targets) if not problems else []
        if problems:
            raise WorkflowError(problems[:MAX_SHOWN])
        data = workflow.data()
        return Valid(workflow, data, workflow.dumps(), tuple(_files(graph)))
    except RecursionError:
        raise WorkflowError([Problem("", "the workflow is nested too deeply")]) from None


def _failed_plugins(problems: Sequence[Problem], registry: Registry) -> list[Problem]:
    """Where node types are unknown, the plugins that failed to load and may hold them."""
    if not any(one.path.endswith(".type") for one in problems):
        return []
    return [Problem(f"plugins.{name}", "failed to load") for name in registry.failed]


def _target_problems(graph: Graph, targets: Sequence[str]) -> list[Problem]:
    if not targets and not graph.roots:
        message = "nothing to run: there is no output node and no target was named"
        return [Problem("nodes", message)]
    problems: list[Problem] = []
    for target in targets:
        try:
            graph.named(target)
        except WorkflowError as error:
            problems += error.problems
    return problems


def _files(graph: Graph) -> Iterator[NamedFile]:
    for node in graph.nodes.values():
        for one in node.spec.inputs:
            value = node.values.get(one.name)
            if not isinstance(value, str):
                continue
            path = f"nodes.{node.id}.{one.name}"
            if "x-folder" in one.schema:
                yield NamedFile(path, value, str(one.schema["x-folder"]))
            elif "x-path" in one.schema and value:
                yield NamedFile(path, value, None)


def model_problems(files: Sequence[NamedFile], models: ModelFolders) -> list[Problem]:
    """The model files that are not there. Says nothing of where this machine keeps them."""
    problems: list[Problem] = []
    there: dict[str, str] = {}  # listed once: a workflow may name thousands of files
    for one in files:
        if one.folder is None or _is_there(models, one.folder, one.name):
            continue
        if one.folder not in there:
            there[one.folder] = _some(_listed(models, one.folder))
        message = f"there is no such model file in {one.folder!r}"
        problems.append(Problem(one.path, message, there[one.folder], shown(one.name)))
    return problems[:MAX_SHOWN]


def _is_there(models: ModelFolders, folder: str, name: str) -> bool:
    try:
        return models.lookup(folder, name) is not None
    except (InputError, OSError, ValueError):
        return False


def _listed(models: ModelFolders, folder: str) -> list[str]:
    try:
        return models.list(folder)
    except OSError:
        return []


def upload_problem(one: NamedFile) -> Problem:
    """The problem of a file that nobody uploaded."""
    return Problem(one.path, "there is no such upload", "the name of an upload", shown(one.name))


def _some(names: Sequence[str]) -> str:
    if not names:
        return "a file, but there is none"
    return f"one of {', '.join(map(repr, names[:8]))}" + (" …" if len(names) > 8 else "")


def shown(value: str, limit: int = 60) -> str:
    """A text in at most `limit` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"
