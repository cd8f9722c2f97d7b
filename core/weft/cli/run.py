"""`weft run`: from a file and a command line to outputs and an exit code."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from weft.cli.documents import STDIN, plugin_problems, read_workflow
from weft.cli.interrupts import Interrupts
from weft.cli.json_lines import JsonLines, claimed_stdout
from weft.cli.parameters import with_settings
from weft.cli.progress import Display, display, duration
from weft.cli.shell import FAILED, INTERRUPTED, say
from weft.engine import Engine, Job, Outcome, default_cache
from weft.errors import WorkflowError
from weft.events import Event, NodeFailed
from weft.files import ModelFolders, cache_dir
from weft.named_files import file_problems
from weft.plan import Memory
from weft.registry import Registry
from weft.validate import check
from weft.workflow import Workflow

if TYPE_CHECKING:
    from weft.cli.run_line import Line
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
    json: bool = False
    quiet: bool = False
    verbose: bool = False


def run(options: Options, line: Line) -> int:
    """Run the file. Raises WeftError where it, or the command line, is wrong."""
    if options.verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    if options.cache_dir is not None:
        os.environ["WEFT_CACHE_DIR"] = str(options.cache_dir)
    workflow = line.workflow or read_workflow(options.file)
    registry = line.registry or Registry.installed()
    workflow = with_settings(workflow, registry, line.given, options.settings)
    models = ModelFolders.default(options.models, registry.model_folders)
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
    failures: list[NodeFailed] = []
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts(job.cancel))
        writer = None
        if options.json:
            stream = stack.enter_context(claimed_stdout())
            writer = JsonLines(job.log, stream, job.cancel)
        shown = display(quiet=options.quiet, lines=options.json)
        stack.callback(shown.close)
        job.log.listen(_Listener(writer, shown, failures))
        try:
            outcome = engine.run(workflow, job=job, memory=memory_of(options.file))
        finally:
            shown.close()
            if writer is not None:
                writer()
    _report(outcome, failures, options)
    if outcome.status == "cancelled" or (interrupts.signal and outcome.status != "done"):
        gone = writer is not None and writer.broken
        return FAILED if gone else interrupts.exit_code or INTERRUPTED
    return FAILED if outcome.status == "failed" else 0


class _Listener:
    """Hands events on. One listener, so that no fault of a display loses a failure."""

    def __init__(
        self, writer: JsonLines | None, shown: Display, failures: list[NodeFailed]
    ) -> None:
        self._writer = writer
        self._shown = shown
        self._failures = failures

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeFailed):
            self._failures.append(event)
        if self._writer is not None:
            self._writer(event)
        self._shown(event)


def _report(outcome: Outcome, failures: Sequence[NodeFailed], options: Options) -> None:
    for failure in failures:
        head = typer.style(f"nodes.{failure.node}", fg="red", bold=True)
        say(f"{head} ({failure.type}): {failure.error}")
        if options.verbose and failure.traceback:
            say(failure.traceback.rstrip())
    if failures and not options.verbose:
        say("--verbose (-v) shows the traceback")
    if not options.quiet:
        say(_summary(outcome))
    if not options.json:
        for node, items in outcome.outputs.items():
            for item in items:
                typer.echo(_shown(node, item))


def _shown(node: str, item: dict[str, object]) -> str:
    if "path" in item:
        return str(item["path"])
    text = item.get("text")
    return f"{node}: {text if text is not None else json.dumps(item, default=str)}"


def _summary(outcome: Outcome) -> str:
    states = [one["state"] for one in outcome.nodes.values()]
    counts = [
        f"{states.count(state)} {state}"
        for state in ("ran", "cached", "failed", "skipped")
        if state in states
    ]
    detail = f": {', '.join(counts)}" if counts else ""
    return f"{outcome.status} in {duration(outcome.seconds)}{detail}"
