"""Every error Weft raises on purpose.

    WeftError
    ├── WorkflowError          the document is wrong; carries every Problem at once
    ├── SpecError              a node's declaration is wrong
    │   └── DuplicateNodeError     two distributions claim one type id
    ├── PluginError            a plugin could not be loaded
    ├── InputError             something from outside (a file, a folder, a value) is unusable
    └── NodeError              a node failed while running; carries the node and the cause
        ├── InPlaceEditError       it changed one of its inputs
        ├── WrongOutputError       it returned something its signature does not declare
        └── DeviceMemoryError      the device had no room, even after eviction and a retry

    Cancelled (BaseException)  the run was cancelled; a node's `except Exception` cannot swallow it

Messages say what was expected, what came, and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


class WeftError(Exception):
    """Base of all errors that Weft raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a workflow, and where."""

    path: str
    message: str
    expected: str | None = None
    got: str | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.got is not None:
            text += f", got {self.got}" if self.expected is not None else f"; got {self.got}"
        if self.suggestion is not None:
            text += f" (did you mean {self.suggestion!r}?)"
        return text

    def as_dict(self) -> dict[str, str]:
        """The problem as JSON data, without the fields that say nothing."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class WorkflowError(WeftError):
    """A workflow cannot run; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem], source: str | None = None) -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        head = f"{source}: " if source else ""
        head += "1 problem" if count == 1 else f"{count} problems"
        super().__init__("\n  ".join([head, *map(str, self.problems)]))


class SpecError(WeftError):
    """A node's signature cannot be turned into a spec."""


class DuplicateNodeError(SpecError):
    """Two distributions register the same type id."""


class PluginError(WeftError):
    """A plugin could not be loaded."""


class InputError(WeftError):
    """Something that came from outside cannot be used: a file, a folder, a value."""


class NodeError(WeftError):
    """A node failed. The original exception is `__cause__`."""

    def __init__(self, node: str, type_id: str, message: str) -> None:
        self.node = node
        self.type_id = type_id
        self.message = message
        super().__init__(f"nodes.{node} ({type_id}): {message}")


class InPlaceEditError(NodeError):
    """A node changed one of its inputs in place."""


class WrongOutputError(NodeError):
    """A node returned something that its signature does not declare."""


class DeviceMemoryError(NodeError):
    """The device had no room, even after eviction and one retry."""


class Cancelled(BaseException):
    """The run was cancelled. Derives from BaseException so that nodes cannot swallow it."""
