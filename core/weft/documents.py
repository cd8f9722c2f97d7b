"""Reading and writing the text of a workflow file."""

from __future__ import annotations

import json
import math
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from weft.errors import Problem, WorkflowError

MAX_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 64
MAX_DUPLICATES = 20  # that are told
PNG_KEY = "weft"


def read_document(path: Path) -> object:
    """The JSON data of a workflow file, or of the workflow inside a PNG.

    Raises WorkflowError where the file cannot be read, is too large, or holds no JSON.
    """
    source = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            _refuse(source, f"{size:,} bytes is too large", f"at most {MAX_BYTES:,} bytes")
        raw = path.read_bytes()
    except OSError as error:
        _refuse(source, f"the file cannot be read: {error.strerror or error}")
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return parse_json(_text_in_png(path), source)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(source, "the file is not UTF-8 text", "JSON in UTF-8", f"byte {error.start}")
    return parse_json(text, source)


def parse_json(text: str, source: str | None = None, *, max_depth: int = MAX_DEPTH) -> object:
    """JSON data, refusing duplicate keys, NaN and infinity, and deep nesting.

    Raises WorkflowError that says where.
    """
    duplicates: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(items)
        if len(data) != len(items):
            seen: set[str] = set()
            again = (key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            duplicates.extend(islice(again, MAX_DUPLICATES - len(duplicates)))
        return data

    try:
        data: object = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError:
        _refuse(source, "the JSON is nested too deeply", f"at most {max_depth} levels")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        _refuse(source, f"the file is not JSON: {error.msg} at {where}")
    except ValueError as error:
        _refuse(source, str(error))
    if duplicates:
        raise WorkflowError(
            [Problem("", f"the key {key!r} stands twice in one object") for key in duplicates],
            source,
        )
    if depth(data) > max_depth:
        _refuse(source, "the JSON is nested too deeply", f"at most {max_depth} levels")
    if "\\ud" in text or "\\uD" in text:
        _refuse_surrogates(data, source)
    return data


def _int(text: str) -> int:
    # Not `int` itself: while the parser stays in C, no other thread of a server gets to run.
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the file is not JSON: {text} is too large for a number")
    return number


def _refuse_surrogates(data: object, source: str | None) -> None:
    """Refuse an escape such as `\\ud800` alone: half a character, which no file can hold."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        _refuse(source, f"{half} is a lone surrogate: half a character")


def _constant(name: str) -> NoReturn:
    raise ValueError(f"the file is not JSON: {name} is no JSON number")


def depth(data: object) -> int:
    """How deeply the containers of JSON data are nested. Iterative: depth is the input's."""
    level, layer = 0, [data]
    while layer := [one for one in layer if isinstance(one, (dict, list))]:
        level += 1
        layer = [
            child for one in layer for child in (one.values() if isinstance(one, dict) else one)
        ]
    return level


def _text_in_png(path: Path) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            text = getattr(picture, "text", {}).get(PNG_KEY)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
        _refuse(str(path), f"the picture cannot be read: {error}")
    if text is None:
        _refuse(str(path), "the picture carries no workflow", f"a text chunk named {PNG_KEY!r}")
    return str(text)


def _refuse(
    source: str | None, message: str, expected: str | None = None, got: str | None = None
) -> NoReturn:
    raise WorkflowError([Problem("", message, expected=expected, got=got)], source)


ORDER = ["weft", "nodes", "parameters", "requires", "subgraphs", "inputs", "outputs", "view"]
NODE_ORDER = ["type", "version", "title", "mode", "values", "links"]


def canonical(data: dict[str, Any]) -> str:
    """The canonical text: keys sorted, one block per node, layout last, a newline at the end."""
    return _write(_ordered_graph(data), "") + "\n"


def _ordered_graph(data: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in [one for one in ORDER if one in data]:
        value = data[key]
        if key == "nodes":
            value = {id: _ordered_node(value[id]) for id in sorted(value)}
        elif key == "subgraphs":
            value = {name: _ordered_graph(value[name]) for name in sorted(value)}
        elif key == "view":
            value = _trimmed(_sorted(value))
        else:
            value = _sorted(value)
        result[key] = value
    return result


def _ordered_node(node: dict[str, Any]) -> dict[str, Any]:
    return {key: _sorted(node[key]) for key in NODE_ORDER if key in node}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(one) for one in value]
    return value


def _trimmed(value: Any) -> Any:
    """Layout numbers to a hundredth of a pixel: a drag never writes fifteen digits."""
    if isinstance(value, dict):
        return {key: _trimmed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_trimmed(one) for one in value]
    if isinstance(value, float) and math.isfinite(value):
        rounded = round(value, 2)
        return int(rounded) if rounded.is_integer() else rounded
    return value


def _write(value: Any, indent: str) -> str:
    if isinstance(value, dict) and value:
        inner = indent + "  "
        lines = [f"{inner}{_scalar(key)}: {_write(one, inner)}" for key, one in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
        inner = indent + "  "
        return "[\n" + ",\n".join(inner + _write(one, inner) for one in value) + f"\n{indent}]"
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(one) for one in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
