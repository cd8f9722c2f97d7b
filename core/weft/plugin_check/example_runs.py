"""In a child: checking and running one example workflow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weft.cache import Cache
from weft.engine import Engine
from weft.errors import WeftError, WorkflowError
from weft.files import ModelFolders
from weft.graph import Graph
from weft.named_files import file_problems
from weft.registry import Registry
from weft.workflow import Workflow


def run_example(question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Lines {"checked": ..., "problems": [...]}, then {"status": ..., "errors": [...]}."""
    path = Path(question["file"])
    registry = Registry.installed()
    try:
        workflow = Workflow.load(path)
        canonical = workflow.dumps().encode() == path.read_bytes()
        problems, graph = Graph.checked(workflow, registry)
        folders = ModelFolders.default(shipped=registry.model_folders)
        missing = [] if problems else file_problems(graph, folders)
    except WeftError as error:
        found = error.problems if isinstance(error, WorkflowError) else [error]
        yield {"problems": [str(one) for one in found], "canonical": True, "missing": []}
        return
    yield {
        "problems": [str(one) for one in problems],
        "canonical": canonical,
        "missing": [str(one) for one in missing],
        "nodes": len(workflow.nodes),
    }
    if problems or missing:
        return
    with tempfile.TemporaryDirectory(prefix="weft-check-", ignore_cleanup_errors=True) as folder:
        yield _run(workflow, graph, registry, Path(folder))


def _run(workflow: Workflow, graph: Graph, registry: Registry, folder: Path) -> dict[str, Any]:
    targets = () if graph.roots else tuple(graph.nodes)
    try:
        with Engine(registry=registry, device="cpu", cache=Cache(), output_dir=folder) as engine:
            outcome = engine.run(workflow, targets)
    except WeftError as error:
        return {"status": "failed", "errors": [str(error)], "seconds": 0.0}
    return {
        "status": outcome.status,
        "errors": [str(one) for one in outcome.errors],
        "seconds": outcome.seconds,
    }
