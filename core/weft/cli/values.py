"""From a text on the command line to the value that an input takes."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from weft.spec import InputSpec

ROOM = 8  # levels of nesting that the document has around a value


def value_of(text: str, spec: InputSpec | None) -> Any:
    """The value that a text on the command line stands for.

    An input that takes texts takes this one as it is: `5` stays "5". Any other takes JSON. Where
    an input takes both, JSON is tried first. Raises ValueError that says what was expected.
    """
    from weft.documents import MAX_DEPTH, depth
    from weft.literals import describe, literal_problem

    if is_text(spec):
        return text
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        value = text
    if depth(value) > MAX_DEPTH - ROOM:
        raise ValueError(f"at most {MAX_DEPTH - ROOM} levels of nesting")
    if spec is None or (not spec.schema and spec.kind in ("any", "json")):
        return value
    if literal_problem(spec, value) is None:
        return value
    if literal_problem(spec, text) is None:
        return text
    raise ValueError(describe(spec))


def is_text(spec: InputSpec | None) -> bool:
    """Whether an input takes texts and nothing else."""
    return spec is not None and spec.schema.get("type") == "string"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def expected(spec: InputSpec) -> str:
    """What an input takes, in words; also where the words are those of a text."""
    from weft.literals import describe

    if "x-folder" in spec.schema:
        return f"the name of a file in {spec.schema['x-folder']!r}"
    return "the path of a file" if "x-path" in spec.schema else describe(spec)
