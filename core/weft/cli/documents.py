"""Workflow files: reading them, `weft validate`, `weft format` and `weft schema`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from weft.cli.shell import WRONG, complain, last_line, print_document, print_json, say
from weft.errors import InputError, Problem, WorkflowError
from weft.registry import Registry
from weft.workflow import Workflow

STDIN = "-"
PNG = b"\x89PNG\r\n\x1a\n"


def read_workflow(file: str) -> Workflow:
    """The workflow in a JSON file, in a PNG, or on stdin where the file is `-`.

    Raises WorkflowError with every problem of the document.
    """
    if file != STDIN:
        return Workflow.load(file)
    from weft.documents import MAX_BYTES

    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise WorkflowError([Problem("", "too large", f"at most {MAX_BYTES:,} bytes")], "stdin")
    try:
        return Workflow.loads(raw.decode("utf-8-sig"), "stdin")
    except UnicodeDecodeError as error:
        problem = Problem("", "is not UTF-8 text", "JSON in UTF-8", f"byte {error.start}")
        raise WorkflowError([problem], "stdin") from None


def validate(file: str, models: Sequence[Path], *, as_json: bool) -> int:
    """`weft validate`: every problem at once."""
    problems, count = _problems(file, models)
    if as_json:
        print_json({"valid": not problems, "problems": [one.as_dict() for one in problems]})
    elif problems:
        complain(WorkflowError(problems, file))
    else:
        say(typer.style("valid: ", fg="green", bold=True) + f"{file}, {count} nodes")
    return WRONG if problems else 0


def _problems(file: str, models: Sequence[Path]) -> tuple[Sequence[Problem], int]:
    from weft.files import ModelFolders
    from weft.named_files import file_problems
    from weft.validate import check

    try:
        workflow = read_workflow(file)
    except WorkflowError as error:
        return error.problems, 0
    registry = Registry.installed()
    problems, graph = check(workflow, registry)
    folders = ModelFolders.default(models, registry.model_folders)
    problems += file_problems(graph, folders) + plugin_problems(problems, registry)
    return problems, len(workflow.nodes)


def plugin_problems(problems: Sequence[Problem], registry: Registry) -> list[Problem]:
    """Where node types are unknown, the plugins that failed to load and may hold them."""
    if not any(one.path.endswith(".type") for one in problems):
        return []
    return [
        Problem(f"plugins.{name}", f"failed to load: {last_line(reason)}")
        for name, reason in registry.failed.items()
    ]


def format_file(file: str, *, check: bool, write: bool, requires: bool) -> int:
    """`weft format`: the canonical form; depends on the file alone unless `requires` is wanted."""
    if write and check:
        raise InputError("--check looks and --write writes: only one of them")
    workflow = read_workflow(file)
    before = None if file == STDIN else Path(file).read_bytes()
    if requires:
        from weft.requires import with_requirements

        workflow = with_requirements(workflow, Registry.installed())
    text = _canonical(workflow, file)
    if not (check or write):
        print_document(text)
        return 0
    if before is None or before.startswith(PNG):
        raise InputError(f"{file} is no file that can be formatted in place; expected a .json file")
    changed = before != text.encode()
    if check and changed:
        say(f"{file} is not in its canonical form; `weft format --write` brings it there")
    if write and changed:
        from weft.files import write_atomically

        write_atomically(Path(file), text.encode())
        say(f"formatted {file}")
    return 1 if check and changed else 0


def _canonical(workflow: Workflow, file: str) -> str:
    try:
        text = workflow.dumps()
        text.encode()
    except ValueError as error:
        # A number past the range of floats, or half of a surrogate pair.
        problem = Problem("", f"the document holds what JSON in UTF-8 cannot: {error}")
        raise WorkflowError([problem], file) from None
    return text


def schema() -> None:
    """`weft schema`: the JSON Schema of the workflow file."""
    data = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    print_document(json.dumps(data | Workflow.model_json_schema(), indent=2) + "\n")
