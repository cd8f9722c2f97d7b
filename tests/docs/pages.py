"""Reading the code blocks of a Markdown page."""

from __future__ import annotations

import importlib.util
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)?(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One block of code.

    title: the file that it is the content of, or what the page says instead ("by hand"); "" where
    it has none.
    line: of the page, from 1, where its text starts.
    """

    page: str
    language: str
    title: str
    text: str
    line: int

    @property
    def is_file(self) -> bool:
        """Whether it is the content of a file."""
        return "." in self.title


def blocks(page: str) -> list[Block]:
    """The blocks of a page, a path from the root of the repository, in order."""
    text = (ROOT / page).read_text("utf-8")
    found = []
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("text")) + 1
        code = textwrap.dedent(match["text"])
        found.append(Block(page, match["language"] or "", match["title"] or "", code, line))
    return found


def sections(page: str) -> Iterator[tuple[str, str]]:
    """The sections of a page that describes objects: the object's or section's name, and text."""
    text = (ROOT / page).read_text("utf-8")
    parts = re.split(r"(?m)^(?:## |::: weft\.hookspecs\.)(.+)$", text)
    return zip(parts[1::2], parts[2::2], strict=True)


def pages() -> list[str]:
    """All pages of the site."""
    return sorted(str(path.relative_to(ROOT)) for path in DOCS.rglob("*.md"))


def site_module(name: str) -> ModuleType:
    """A module of the site itself, such as "site_hooks"; MkDocs loads them by path as well."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
