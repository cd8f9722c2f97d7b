"""What several tests of the engine share: making engines, counting calls, a device that refuses."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from weft import Cache, Device, Engine, Event, Node, Problem, Workflow, WorkflowError


class MakeEngine(Protocol):
    """The fixture `engine`: an engine with the given nodes, closed when the test ends."""

    def __call__(
        self,
        *nodes: Node[..., Any],
        cache: Cache | None = None,
        device: str | Device = "cpu",
        output_dir: str | Path = "output",
    ) -> Engine: ...


class Calls(Counter[str]):
    """How often each node body was entered."""

    def note(self, name: str) -> None:
        self[name] += 1


class Listening(list[Event]):
    """A listener that keeps every event."""

    def __call__(self, event: Event) -> None:
        self.append(event)

    def names(self) -> list[str]:
        return [one.event for one in self]


def flow(nodes: Mapping[str, Any], **rest: Any) -> Workflow:
    """A workflow from plain data; nodes may leave their version out."""
    return Workflow.from_data({"weft": 1, "nodes": nodes, **rest})


def use(type: str, *, links: Mapping[str, str] | None = None, **values: Any) -> dict[str, Any]:
    """One node as plain data."""
    data: dict[str, Any] = {"type": type, "values": values}
    return data | ({"links": dict(links)} if links else {})


def problems(error: WorkflowError) -> dict[str, Problem]:
    """The problems by path."""
    return {one.path: one for one in error.problems}


def paths(found: Iterable[Problem]) -> list[str]:
    return sorted(one.path for one in found)
