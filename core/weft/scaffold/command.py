"""`weft plugin new`."""

from __future__ import annotations

from pathlib import Path

import typer

from weft.scaffold.names import names_of
from weft.scaffold.project import write_project


def new(name: str, parent: Path, namespace: str | None, author: str | None) -> int:
    """Make a project and say what to do with it. Raises InputError."""
    names = names_of(name, namespace)
    folder = write_project(names, parent, author)
    typer.echo(f"made {folder}, with node types {names.namespace}:...")
    typer.echo("\nnext, in a virtual environment:")
    for line in (
        f"cd {_quoted(folder)}",
        "pip install -e '.[test]'",
        "pytest",
        "weft plugin check",
        f"weft run {names.package}/workflows/gradient.json",
        "python -m build",
    ):
        typer.echo(f"  {line}")
    return 0


def _quoted(folder: Path) -> str:
    import shlex

    return shlex.quote(str(folder))
