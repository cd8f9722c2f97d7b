"""What a worker process answers besides running jobs, from threads of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from weft import (
    Engine,
    InputError,
    ModelFolders,
    WeftError,
    Workflow,
    WorkflowError,
    describe_model,
    describe_system,
    up_to_date,
)
from weft_web.workers.charts import draw

Send = Callable[[dict[str, Any]], None]


class Questions:
    """Answers each question on a thread, so that none waits for a job or for another question."""

    def __init__(self, engine: Engine, send: Send) -> None:
        self._engine = engine
        self._send = send
        self._answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "plan": self._plan,
            "migrate": self._migrate,
            "choices": self._choices,
            "chart": self._chart,
            "models": self._models,
            "cache": lambda data: engine.cache.report(),
            "clear_cache": self._clear,
            "system": lambda data: describe_system(engine.device),
        }

    def ask(self, number: int, question: str, data: Mapping[str, Any]) -> None:
        """Answer on another thread."""
        threading.Thread(
            target=self._answer, args=(number, question, data), name="weft-question", daemon=True
        ).start()

    def _answer(self, number: int, question: str, data: Mapping[str, Any]) -> None:
        answer: dict[str, Any] = {"answer": number}
        try:
            ask = self._answers.get(question)
            if ask is None:
                raise InputError(f"there is no question {question!r}")
            answer["data"] = ask(data)
        except WorkflowError as error:
            answer["error"] = str(error)
            answer["problems"] = [one.as_dict() for one in error.problems]
        except WeftError as error:
            answer["error"] = str(error)
        except BaseException as error:  # also SystemExit, from a plugin's module
            answer["error"] = f"{type(error).__name__}: {error}"
        try:
            self._send(answer)
        except (TypeError, ValueError) as error:
            self._send({"answer": number, "error": f"the answer cannot be sent: {error}"})

    def _clear(self, data: Mapping[str, Any]) -> dict[str, int]:
        freed = self._engine.cache.clear_tier(data.get("tier"))
        self._engine.device.release()
        return {"freed": freed}

    def _plan(self, data: Mapping[str, Any]) -> dict[str, Any]:
        workflow = Workflow.from_data(data["workflow"])
        before = _readable(data.get("before"))
        plan = self._engine.plan(workflow, data.get("targets", ()), before=before)
        return {
            "nodes": {
                id: {
                    "action": step.state,
                    "reason": None if step.state == "cached" else step.reason,
                    "where": step.reason if step.state == "cached" else None,
                }
                for id, step in plan.steps.items()
            }
        }

    def _migrate(self, data: Mapping[str, Any]) -> dict[str, Any]:
        workflow = up_to_date(Workflow.from_data(data["workflow"]), self._engine.registry)
        return {"workflow": workflow.data()}

    def _choices(self, data: Mapping[str, Any]) -> dict[str, Any]:
        registry = self._engine.registry
        spec = registry.get(str(data["type"]))
        if spec is None:
            raise InputError(f"there is no node type {data['type']!r}")
        one = spec.input(str(data["input"]))
        if one is None:
            raise InputError(f"{data['type']} has no input {data['input']!r}")
        if "enum" in one.schema:
            return {"choices": list(one.schema["enum"])}
        if "x-folder" in one.schema:
            return {"choices": self._engine.models.list(one.schema["x-folder"])}
        if "x-path" in one.schema:
            return {"choices": _files_in(self._engine.uploads)}
        if "x-choices" in one.schema:
            return {"choices": list(registry.load(spec).choices(one.name))}
        raise InputError(f"{data['type']}.{one.name} has no choices")

    def _chart(self, data: Mapping[str, Any]) -> dict[str, Any]:
        registry = self._engine.registry
        spec = registry.get(str(data["type"]))
        if spec is None or not spec.chart:
            raise InputError(f"{data['type']!r} has no chart")
        return draw(registry.load(spec), data["values"], data["linked"])

    def _models(self, data: Mapping[str, Any]) -> dict[str, Any]:
        models = self._engine.models
        found = []
        for folder in ModelFolders.subfolders:
            for name in models.list(folder):
                try:
                    path = models.find(folder, name)
                except InputError:
                    continue  # it went while we looked
                said = describe_model(path)
                found.append(
                    {
                        "folder": folder,
                        "name": name,
                        "bytes": _bytes(path),
                        "family": said.get("family"),
                        "title": said.get("title"),
                        "error": said.get("error"),
                    }
                )
        return {"models": found}


def _files_in(folder: Path | None) -> list[str]:
    if folder is None or not folder.is_dir():
        return []
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


def _readable(stored: Any) -> Workflow | None:
    """A workflow that was stored, maybe by an older version; None where it cannot be read now."""
    try:
        return None if stored is None else Workflow.from_data(stored)
    except WorkflowError:
        return None


def _bytes(path: Path) -> int | None:
    try:
        if path.is_dir():
            return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
        return path.stat().st_size
    except OSError:
        return None
