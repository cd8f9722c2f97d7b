"""Nodes that make texts of texts."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from weft import InputError, Text, node

LongText = Annotated[str, Text(multiline=True)]
FIELD = re.compile(r"\{\{|\}\}|\{(\w+)\}|[{}]")


@node("text.join", lane="inline", title="Join texts")
def join(texts: list[str], separator: str = ", ", skip_empty: bool = True) -> str:
    """Join texts to one.

    texts: the texts, in order.
    separator: what stands between them.
    skip_empty: leave out texts of nothing but blanks.
    """
    return separator.join(one for one in texts if one.strip() or not skip_empty)


@node("text.replace", lane="inline", title="Replace text")
def replace(text: LongText, find: str, replacement: str = "") -> str:
    """Replace every place where a text occurs.

    text: the text to search.
    find: what to look for, letter by letter.
    replacement: what comes in its place.
    """
    if not find:
        raise InputError("find must not be empty: it says what to replace")
    return text.replace(find, replacement)


@node("text.format", lane="inline", title="Format text")
def format(template: LongText, **values: Any) -> str:
    """Fill values into a text: `{name}` becomes the input of that name.

    Values are texts, numbers, or true and false. `{{` and `}}` stand for the braces themselves.

    template: the text with names in braces.
    """

    def fill(match: re.Match[str]) -> str:
        found = match[0]
        if found in ("{{", "}}"):
            return found[0]
        name = match[1]
        if name is None:
            raise InputError(f"a single {found!r} stands at {match.start()}; write it twice")
        if name not in values:
            given = ", ".join(sorted(values)) or "none"
            raise InputError(f"the template asks for {name!r}, which is not given; given: {given}")
        return _shown(name, values[name])

    return FIELD.sub(fill, template)


@node("text.split_lines", lane="inline", title="Split text into lines")
def split_lines(text: LongText) -> list[str]:
    """The lines of a text as a list, such as one prompt in each.

    text: the text; blanks around a line and empty lines are left out.
    """
    return [line.strip() for line in text.splitlines() if line.strip()]


@node("text.compare", lane="inline", title="Compare texts")
def compare(
    text: str,
    other: str = "",
    operation: Literal["equals", "differs from", "contains", "starts with"] = "equals",
) -> bool:
    """Compare two texts.

    text: the first text.
    other: the second text.
    operation: what is asked; upper and lower case differ.
    """
    if operation == "contains":
        return other in text
    if operation == "starts with":
        return text.startswith(other)
    return (text == other) == (operation == "equals")


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, (int, str)):
        return str(value)
    raise InputError(f"{name!r} must be a text or a number, got a {type(value).__name__}")
