"""Refusals, and the HTTP answers they become: `{"error": {"code", "message", "problems"}}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft import Problem


class ApiError(Exception):
    """A request that is refused.

    status: the HTTP status. code: a word for programs, such as "invalid_workflow".
    message: for people: what was expected, what came, and where.
    problems: what is wrong with a workflow. more: further fields of the answer's "error".
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        problems: Sequence[Problem] = (),
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.problems = tuple(problems)
        self.headers = headers or {}
        self.more = more

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, **self.more}
        if self.problems:
            error["problems"] = [one.as_dict() for one in self.problems]
        return {"error": error}


def not_found(what: str, name: str) -> ApiError:
    """404."""
    return ApiError(404, "not_found", f"there is no {what} {name!r}")


def conflict(message: str, **more: Any) -> ApiError:
    """409: the request is right, but not in the present state."""
    return ApiError(409, "conflict", message, **more)


class StorageFullError(Exception):
    """The disk, or the database's bound, is full. Becomes 507; reads go on, the queue pauses."""
