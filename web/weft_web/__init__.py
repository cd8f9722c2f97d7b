"""The server and the browser editor of Weft. The shipped workflows lie in this package.

What a plugin needs that brings routes or a worker pool is here, and imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weft_web.api.routing import Header, Reply, Route
    from weft_web.api.schemas import Answer, Request
    from weft_web.errors import ApiError
    from weft_web.settings import Settings
    from weft_web.workers.pool import (
        AskError,
        Assignment,
        Content,
        Ended,
        Sink,
        WorkerPool,
        WorkerStatus,
    )

_LAZY = {
    "Answer": "weft_web.api.schemas",
    "ApiError": "weft_web.errors",
    "AskError": "weft_web.workers.pool",
    "Assignment": "weft_web.workers.pool",
    "Content": "weft_web.workers.pool",
    "Ended": "weft_web.workers.pool",
    "Header": "weft_web.api.routing",
    "Reply": "weft_web.api.routing",
    "Request": "weft_web.api.schemas",
    "Route": "weft_web.api.routing",
    "Settings": "weft_web.settings",
    "Sink": "weft_web.workers.pool",
    "WorkerPool": "weft_web.workers.pool",
    "WorkerStatus": "weft_web.workers.pool",
}

__all__ = [
    "Answer",
    "ApiError",
    "AskError",
    "Assignment",
    "Content",
    "Ended",
    "Header",
    "Reply",
    "Request",
    "Route",
    "Settings",
    "Sink",
    "WorkerPool",
    "WorkerStatus",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'weft_web' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
