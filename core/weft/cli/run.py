"""`weft run`: from a file and a command line to outputs and an exit code."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from weft.cli.documents import STDIN, plugin_problems
from weft.cli.view import RunView
from weft.engine import Engine, Job, default_cache
from weft.errors import WorkflowError
from weft.files import ModelFolders, cache_dir
from weft.named_files import file_problems
from weft.plan import Memory
from weft.registry import Registry
from weft.validate import check
from weft.workflow import Workflow

if TYPE_CHECKING:
    from weft.cli.run_line import RunLine
    from weft.graph import Graph


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line of `weft run` says, besides the file's own parameters."""

    file: str
    settings: Sequence[str] = ()
    output_dir: Path = Path("output")
    device: str = "auto"
    models: Sequence[Path] = ()
    cache: bool = True
    cache_dir: Path | None = None
    dry_run: bool = False
    locked: bool = False
    lock: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False


def run(options: Options, line: RunLine) -> int:
    """Run the file. Raises WeftError where it, or the command line, is wrong."""
    if options.verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    if options.cache_dir is not None:
        os.environ["WEFT_CACHE_DIR"] = str(options.cache_dir)
    workflow, registry = line.read(options.file, options.settings)
    models = ModelFolders.default(options.models, registry.model_folders)
    if (options.locked or options.lock is not None) and line.workflow is not None:
        from weft.cli.lock import locked_models

        models = locked_models(
            options.file, options.lock, line.workflow, registry, models, run=workflow
        )
    if options.dry_run:
        from weft.cli.dry_run import dry_run

        dry_run(options, workflow, registry, models)
        return 0
    with _engine(options, registry, models) as engine:
        checked_graph(engine, workflow, options.file)
        return _run(engine, workflow, options)


def _engine(options: Options, registry: Registry, models: ModelFolders) -> Engine:
    from weft.devices import choose_device

    device = choose_device(options.device)
    return Engine(
        registry=registry,
        device=device,
        cache=default_cache(device, disk=options.cache),
        models=models,
        output_dir=options.output_dir,
    )


def checked_graph(engine: Engine, workflow: Workflow, source: str) -> Graph:
    """The graph of a workflow. Raises WorkflowError with every problem."""
    try:
        return engine.graph(workflow)
    except WorkflowError:
        # The engine looks for files only once the rest is right; a person wants all at once.
        problems, graph = check(workflow, engine.registry)
        problems += file_problems(graph, engine.models)
        problems += plugin_problems(problems, engine.registry)
        raise WorkflowError(problems, source) from None


def memory_of(file: str) -> Memory | None:
    """What earlier runs of the file were like; stdin has no earlier runs."""
    return None if file == STDIN else Memory.of(str(Path(file).absolute()), cache_dir())


def _run(engine: Engine, workflow: Workflow, options: Options) -> int:
    job = Job()
    view = RunView(
        job.log, job.cancel, json=options.json, quiet=options.quiet, verbose=options.verbose
    )
    with view:
        outcome = engine.run(workflow, job=job, memory=memory_of(options.file))
    return view.report(outcome)
