"""What the modules of a plugin import, read from their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Imported:
    """One import.

    module: its full dotted name; names: what is taken from it, where it says `from`.
    optional: whether the code goes on where it is missing.
    """

    module: str
    names: tuple[str, ...]
    path: Path
    line: int
    optional: bool = False

    @property
    def top(self) -> str:
        """The top-level package."""
        return self.module.partition(".")[0]


def imports_of(path: Path) -> Iterator[Imported]:
    """Every import of a module but those from its own package and those for type checkers only."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # describing the plugin fails on it, and says so
    yield from _inside(tree.body, path, False)


def _inside(body: list[ast.stmt], path: Path, optional: bool) -> Iterator[Imported]:
    for statement in body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield Imported(alias.name, (), path, statement.lineno, optional)
        elif isinstance(statement, ast.ImportFrom):
            if statement.level == 0 and statement.module:
                names = tuple(alias.name for alias in statement.names)
                yield Imported(statement.module, names, path, statement.lineno, optional)
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from _inside(statement.orelse, path, optional)
        elif isinstance(statement, ast.Try):
            may_fail = optional or any(_catches_imports(one) for one in statement.handlers)
            yield from _inside(statement.body, path, may_fail)
            rest = [each for one in statement.handlers for each in one.body]
            yield from _inside(rest, path, optional)
            yield from _inside([*statement.orelse, *statement.finalbody], path, optional)
        else:
            for field in ("body", "orelse", "cases"):
                inner = getattr(statement, field, None)
                if isinstance(inner, list):
                    flat = (
                        [each for one in inner for each in getattr(one, "body", [one])]
                        if (field == "cases")
                        else inner
                    )
                    yield from _inside(flat, path, optional)


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    text = "" if handler.type is None else ast.unparse(handler.type)
    known = ("ImportError", "ModuleNotFoundError", "Exception")
    return not text or any(name in text for name in known)
