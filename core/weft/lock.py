"""A lock: the environment that a workflow was made to run in, exactly, as a file beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from pydantic import Field, ValidationError

from weft.errors import InputError, Problem, WorkflowError
from weft.lock_content import code_of, content_of, digest_of_parts, distributions_of
from weft.lock_data import (
    Data,
    DistributionName,
    LockedDistribution,
    LockedFile,
    LockedPlatform,
    LockedPython,
    LockedTorch,
    LockedWorkflow,
    Plain,
)
from weft.workflow import Workflow, short

if TYPE_CHECKING:
    from weft.files import ModelFolders
    from weft.lock_files import LockedModels
    from weft.registry import Registry

FORMAT = 1  # of the file
MAX_BYTES = 64 * 1024 * 1024
SUFFIX = ".lock.json"
DOCUMENTS = (".json", ".png")  # what a workflow's file ends with, and its lock's does not


class Lock(Data):
    """The distributions, code, models and input files of a workflow. Immutable.

    format: version of the file format.
    workflow: what the file says.
    torch: None where no torch is installed.
    distributions: by normalised name: Weft, those the nodes come from, and all that they require.
    code: the fingerprint of the code behind each node type, and behind each offer that a value
        chooses, as "group:name".
    models: by folder, then name.
    inputs: files of the person's own, by the name that the workflow gives them.
    """

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT, strict=True, alias="weft-lock")] = FORMAT
    workflow: LockedWorkflow
    python: LockedPython
    platform: LockedPlatform
    torch: LockedTorch | None = None
    distributions: dict[DistributionName, LockedDistribution]
    code: dict[Plain, Plain] = Field(default_factory=dict)
    models: dict[Plain, dict[Plain, LockedFile]] = Field(default_factory=dict)
    inputs: dict[Plain, LockedFile] = Field(default_factory=dict)

    @classmethod
    def of(
        cls,
        workflow: Workflow,
        registry: Registry,
        models: ModelFolders,
        more: Iterable[tuple[str, str]] = (),
    ) -> Lock:
        """The lock of a workflow, as this environment is. Imports no node and no torch.

        more: models, as (folder, name), that the workflow does not name and a run may.
        Raises WorkflowError with everything that is wrong with the workflow, InputError where a
        model of `more` is not there.
        """
        from weft.installed import distributions_here, platform_here, python_here, torch_here
        from weft.lock_files import locked_file, named_files
        from weft.named_files import file_problems
        from weft.validate import check

        problems, graph = check(workflow, registry)
        problems += file_problems(graph, models)
        if problems:
            raise WorkflowError(problems)
        held: dict[str, dict[str, LockedFile]] = {}
        inputs: dict[str, LockedFile] = {}
        named = [(folder, name) for _, folder, name in named_files(graph, registry)]
        try:
            for folder, name in [*named, *more]:
                if folder is None:
                    inputs[name] = locked_file(Path(name))
                else:
                    held.setdefault(folder, {})[name] = locked_file(models.find(folder, name))
            roots = distributions_of(workflow, registry, reads_models=bool(held))
            return cls(
                workflow=content_of(workflow),
                python=python_here(),
                platform=platform_here(),
                torch=torch_here(),
                distributions=distributions_here(roots),
                code=code_of(workflow, registry),
                models=held,
                inputs=inputs,
            )
        except ValidationError as error:
            text = "; ".join(map(str, _problems(error)))
            raise InputError(f"the workflow cannot be locked: {text}") from None

    @classmethod
    def read(cls, path: str | Path) -> Lock:
        """Read a lock. Raises WorkflowError that says what is wrong with the file."""
        path = Path(path)
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            _refuse(path, "there is no lock; `weft lock` writes one")
        except (OSError, ValueError) as error:
            _refuse(path, f"the lock cannot be read: {getattr(error, 'strerror', None) or error}")
        if len(raw) > MAX_BYTES:
            _refuse(path, "the lock is too large", f"at most {MAX_BYTES:,} bytes")
        try:
            return cls.loads(raw.decode("utf-8-sig"), str(path))
        except UnicodeDecodeError as error:
            _refuse(path, "the lock is not UTF-8 text", "JSON in UTF-8", f"byte {error.start}")

    @classmethod
    def loads(cls, text: str, source: str | None = None) -> Lock:
        """Read a lock from JSON text. Raises WorkflowError."""
        from weft.documents import parse_json

        data = parse_json(text, source)
        if not isinstance(data, dict) or "weft-lock" not in data:
            _refuse(source, "this is no lock", expected='an object with "weft-lock"')
        try:
            lock = cls.model_validate(data)
        except ValidationError as error:
            raise WorkflowError(list(_problems(error)), source) from None
        if lock.workflow.sha256 != digest_of_parts(lock.workflow.parts):
            _refuse(source, "its parts do not belong together, as after a merge; make it anew")
        return lock

    def dumps(self) -> str:
        """The canonical text: the same for the same lock, sorted, a line for each value."""
        data = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        for name, one in self.distributions.items():
            data["distributions"][name]["version"] = one.version  # also where that is null
        for name in [one for one in ("code", "models", "inputs") if not data[one]]:
            del data[name]
        data = {key: _sorted(value) for key, value in data.items()}
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    def write(self, path: str | Path) -> None:
        """Write the canonical text to a file, whole or not at all. Raises InputError."""
        from weft.files import write_atomically

        write_atomically(Path(path), self.dumps().encode())

    def differences(
        self,
        workflow: Workflow,
        registry: Registry,
        models: ModelFolders,
        run: Workflow | None = None,
    ) -> list[Problem]:
        """Everything in which this environment, or the workflow, is not as locked; [] if nothing.

        run: the workflow with what a caller sets, where it differs from the file's. What it names
        is compared, and a model that the lock does not hold is a difference.
        """
        from weft.lock_differences import differences

        return differences(self, workflow, registry, models, run or workflow)

    def guard(self, models: ModelFolders) -> LockedModels:
        """The model folders for an engine that is to read nothing but what is locked."""
        from weft.lock_files import LockedModels

        return LockedModels(models.roots, self.models)

    def requirements(self) -> str:
        """The distributions as pip reads them with `-r`: `name==version` lines.

        What came from a folder cannot be had by name: a comment says so.
        """
        lines = [f"# {self.python}, {self.platform}"]
        if self.torch is not None:
            lines.append(f"# torch is the build {self.torch}")
        for name, one in sorted(self.distributions.items()):
            if one.version is None:
                lines.append(f"# {name} was not installed, though something requires it")
            elif one.origin in ("folder", "editable"):
                lines.append(f"# {name}=={one.version} was installed from a folder")
            else:
                lines.append(requirement(name, one))
        return "\n".join(lines) + "\n"


def requirement(name: str, one: LockedDistribution) -> str:
    """What pip is told to install exactly that."""
    if one.origin is not None and one.origin not in ("folder", "editable"):
        return f"{name} @ {one.origin}"
    return f"{name}=={one.version}"


def lock_path(file: str | Path) -> Path:
    """Where the lock of a workflow file is: beside it, `flow.lock.json` for `flow.json`."""
    path = Path(file)
    stem = path.stem if path.suffix.lower() in DOCUMENTS else path.name
    return path.with_name(stem + SUFFIX)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value


def _problems(error: ValidationError) -> Iterator[Problem]:
    for one in error.errors(include_url=False)[:100]:
        path = ".".join(str(part) for part in one["loc"] if part != "[key]")
        if path == "weft-lock":
            expected, got = str(FORMAT), short(one["input"])
            yield Problem(path, "unknown version of the lock's format", expected, got)
        elif one["type"] == "extra_forbidden":
            yield Problem(path, "unknown field")
        elif one["type"] == "missing":
            yield Problem(path, "is missing")
        else:
            expected = one["msg"].removeprefix("Input should be ").removeprefix("String should ")
            yield Problem(path, "wrong value", expected, short(one["input"]))


def _refuse(
    source: str | Path | None, message: str, expected: str | None = None, got: str | None = None
) -> NoReturn:
    raise WorkflowError([Problem("", message, expected, got)], str(source) if source else None)


def model_name(text: str) -> tuple[str, str]:
    """(folder, name) of "checkpoints/model.safetensors". Raises InputError."""
    folder, slash, name = text.partition("/")
    if not (folder and slash and name):
        raise InputError(
            f"{text!r} names no model; expected FOLDER/NAME, as checkpoints/a.safetensors"
        )
    return folder, name
