"""`weft lock`, and holding `weft run --locked` to what it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from weft.cli.documents import STDIN, read_workflow
from weft.cli.shell import complain, print_document, print_json, say
from weft.errors import InputError, Problem, WorkflowError
from weft.files import ModelFolders
from weft.lock import Lock, lock_path, model_name
from weft.registry import Registry
from weft.workflow import Workflow

STDOUT = "-"
DIFFERENT = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line of `weft lock` says."""

    file: str
    models: Sequence[Path] = ()
    also: Sequence[str] = ()
    output: str | None = None
    check: bool = False
    requirements: bool = False
    json: bool = False


def lock(options: Options) -> int:
    """Write the lock, or compare or print it; the exit code. Raises WeftError."""
    if options.check and options.requirements:
        raise InputError("--check compares and --requirements prints: only one of them")
    if options.check and options.output == STDOUT:
        raise InputError("--check reads a lock, and --output - names none")
    path = _path(options)
    if options.requirements and path is not None and path.exists():
        return _print_requirements(Lock.read(path), options)
    if options.check and path is not None and not path.exists():
        return _compared(options, path, [_missing(options.file)])
    workflow, registry = read_workflow(options.file), Registry.installed()
    models = ModelFolders.default(options.models, registry.model_folders)
    if options.check and path is not None:
        return _compared(options, path, Lock.read(path).differences(workflow, registry, models))
    try:
        made = Lock.of(workflow, registry, models, map(model_name, options.also))
    except WorkflowError as error:
        raise WorkflowError(error.problems, options.file) from None
    if options.requirements:
        return _print_requirements(made, options)
    if path is None:
        print_document(made.dumps())
        return 0
    return _write(made, path, options)


def _path(options: Options) -> Path | None:
    """Where the lock is; None for stdout."""
    if options.output == STDOUT or (options.file == STDIN and options.requirements):
        return None
    if options.output is None and options.file == STDIN:
        raise InputError("a workflow on stdin has no folder for its lock: name one with --output")
    path = lock_path(options.file) if options.output is None else Path(options.output)
    if options.file != STDIN and path.exists() and path.samefile(options.file):
        raise InputError(f"{path} is the workflow itself: its lock would take its place")
    return path


def _write(made: Lock, path: Path, options: Options) -> int:
    try:
        changed = path.read_text("utf-8") != made.dumps()
    except (OSError, ValueError):
        changed = True
    if changed:
        made.write(path)
    missing = [name for name, one in made.distributions.items() if one.version is None]
    counts = {
        "distributions": len(made.distributions) - len(missing),
        "models": sum(map(len, made.models.values())),
        "inputs": len(made.inputs),
    }
    if options.json:
        print_json({"lock": str(path), "changed": changed, "missing": missing, **counts})
        return 0
    if missing:
        say(f"warning: required, and not installed: {', '.join(missing)}")
    said = f"{_count(counts['distributions'], 'distribution')}, {_count(counts['models'], 'model')}"
    said += f", {_count(counts['inputs'], 'input file')}"
    say(f"{'wrote' if changed else 'unchanged:'} {path}: {said}")
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _print_requirements(made: Lock, options: Options) -> int:
    text = made.requirements()
    if options.json:
        lines = [one for one in text.splitlines() if not one.startswith("#")]
        print_json({"requirements": lines})
    else:
        print_document(text)
    return 0


def _compared(options: Options, path: Path, problems: Sequence[Problem]) -> int:
    if options.json:
        shown = [one.as_dict() for one in problems]
        print_json({"lock": str(path), "holds": not problems, "problems": shown})
    elif problems:
        complain(WorkflowError(problems, str(path)))
    else:
        say(f"{path} holds")
    return DIFFERENT if problems else 0


def _missing(file: str) -> Problem:
    return Problem("", f"there is no lock; `weft lock {file}` writes one")


def locked_models(
    file: str,
    path: Path | None,
    workflow: Workflow,
    registry: Registry,
    models: ModelFolders,
    *,
    run: Workflow,
) -> ModelFolders:
    """The model folders that a locked run may read from.

    path: of the lock; None for the one beside the file.
    workflow, run: as the file says it, and as the command line sets it.
    Raises WorkflowError with everything that is not as locked.
    """
    if path is None and file == STDIN:
        raise InputError("a workflow on stdin has no lock beside it: name one with --lock")
    path = path or lock_path(file)
    if not path.exists():
        raise WorkflowError([_missing(file)], str(path))
    held = Lock.read(path)
    problems = held.differences(workflow, registry, models, run)
    if problems:
        raise WorkflowError(problems, f"{file} is not as {path} says")
    return held.guard(models)
