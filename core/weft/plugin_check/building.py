"""In a child: building the wheel of a project by the hooks of its build backend (PEP 517)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any


def build_wheel(question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One line: {"wheel": path}, or {"missing": why} where the backend is not installed."""
    folder = Path(question["folder"])
    os.chdir(folder)
    sys.path[:0] = [str(folder / one) for one in question["backend_path"]]
    module, _, attribute = question["backend"].partition(":")
    try:
        backend: Any = import_module(module)
    except ImportError as error:
        yield {"missing": f"{module} cannot be imported: {error}"}
        return
    for part in filter(None, attribute.split(".")):
        backend = getattr(backend, part)
    try:
        name = backend.build_wheel(question["out"], {}, None)
    except (Exception, SystemExit) as error:
        yield {"error": f"{type(error).__name__}: {error}"}
        return
    yield {"wheel": str(Path(question["out"]) / name)}
