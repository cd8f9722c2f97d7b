"""What all checks look at: the plugin, what describing it gave, and where its parts are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from weft.catalogues import IMPORT_LIMIT
from weft.plugin_check.children import Answer, ask
from weft.plugin_check.target import Point, Target
from weft.plugins import Catalogue
from weft.sources import source_files
from weft.spec import NodeSpec

JUNK = {"__pycache__", ".DS_Store", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache"}


@dataclass(frozen=True, slots=True)
class Description:
    """What importing one entry point gave.

    data: what the child told beside the catalogue; {} where it did not come back.
    """

    point: Point
    catalogue: Catalogue
    data: dict[str, Any]

    @property
    def failed(self) -> bool:
        """Whether it could not be described."""
        return self.catalogue.error is not None


class Review:
    """A plugin under review, and what is worked out once for several checks."""

    def __init__(self, target: Target) -> None:
        self.target = target

    @cached_property
    def descriptions(self) -> list[Description]:
        """Of every entry point; each is imported in a child process."""
        return [_describe(self.target, point) for point in self.target.points]

    @property
    def sound(self) -> list[Description]:
        """Those that could be described."""
        return [one for one in self.descriptions if not one.failed]

    @cached_property
    def specs(self) -> list[NodeSpec]:
        """All nodes of the plugin."""
        return [spec for one in self.sound for spec in one.catalogue.nodes]

    @cached_property
    def node_facts(self) -> dict[str, dict[str, Any]]:
        """What the child told of every node, by its type id."""
        return {id: fact for one in self.sound for id, fact in one.data["nodes"].items()}

    def where(self, spec: NodeSpec) -> str:
        """The line where a node is declared."""
        fact = self.node_facts.get(spec.id)
        return self.line(fact["file"], fact["line"]) if fact else spec.id

    def line(self, path: str, number: int) -> str:
        """A line of a file, as people and editors write it."""
        return f"{self.target.shown(path)}:{number}"

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Every module of the plugin's packages, by dotted name."""
        found: dict[str, Path] = {}
        for top in self.target.packages:
            found |= source_files(top)
        return found

    def class_line(self, module: str, name: str) -> str:
        """The line where a class of the plugin is declared."""
        path = self.modules.get(module)
        if path is None:
            return module
        for statement in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(statement, ast.ClassDef) and statement.name == name:
                return self.line(str(path), statement.lineno)
        return self.target.shown(path)

    def files(self) -> Iterator[Path]:
        """Every file in the plugin's packages but what Python and editors leave there."""
        for place in self.target.packages.values():
            if place.is_file():
                yield place
                continue
            for path in sorted(place.rglob("*")):
                inside = path.relative_to(place).parts
                if path.is_file() and not JUNK & set(inside) and path.suffix != ".pyc":
                    yield path

    def traced(self, text: str) -> str:
        """The last line of the plugin's own in a traceback; "" where there is none."""
        places = list(self.target.packages.values())
        found = ""
        for path, number in re.findall(r'File "([^"]+)", line (\d+)', text):
            if any(Path(path).is_relative_to(one) for one in places):
                found = self.line(path, int(number))
        return found


def _describe(target: Target, point: Point) -> Description:
    question = {
        "point": point.name,
        "module": point.module,
        "distribution": target.name,
        "version": target.installed.version if target.installed is not None else "0",
    }
    answer = ask("describe", question, patience=IMPORT_LIMIT)
    if answer.lines and answer.status == 0:
        data = dict(answer.lines[0])
        return Description(point, Catalogue.loads(data.pop("catalogue")), data)
    return Description(point, _lost(target, point, answer), {})


def _lost(target: Target, point: Point, answer: Answer) -> Catalogue:
    error = f"{answer.said}\n{answer.end}".strip()
    return Catalogue(point.name, target.name, "0", error=error)
