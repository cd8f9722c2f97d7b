"""How the site shows docstrings: lines `name: what it means` become a list.

An extension of griffe, which reads the code for mkdocstrings without importing it.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

FIELD = re.compile(r"^(\w+(?:, \w+)*): (.+)$")


class Fields(griffe.Extension):
    """Rewrites the docstring of everything that has one."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for every module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """A docstring as Markdown.

    >>> print(as_markdown("Do it.\\n\\nsize: how large,\\n    in pixels.\\nseed: where it starts."))
    Do it.
    <BLANKLINE>
    - **size**: how large, in pixels.
    - **seed**: where it starts.
    """
    # `[B, H, W, C]` and `[channels][3]` are shapes, and no links.
    text = "\n".join(map(_without_links, text.splitlines()))
    made: list[str] = []
    in_fields = in_code = False
    for line in text.splitlines():
        field = FIELD.match(line)
        code = line.startswith((">>> ", "... ", "    ")) and not in_fields
        if field and not in_code:
            if not in_fields and made and made[-1].strip():
                made.append("")
            names = ", ".join(f"**{one}**" for one in field[1].split(", "))
            made.append(f"- {names}: {field[2]}")
            in_fields = True
        elif in_fields and line.startswith("  "):
            made[-1] += " " + line.strip()
        else:
            if in_fields and line.strip():
                made.append("")
            in_fields = False
            made.append(line)
        in_code = code
    return "\n".join(made)


def _without_links(line: str) -> str:
    if line.startswith((">>> ", "... ", "    ")):
        return line
    parts = line.split("`")
    return "`".join(
        part.replace("[", r"\[") if place % 2 == 0 else part for place, part in enumerate(parts)
    )
