"""Reads JSON that comes from outside: bounded, and an InputError where it is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from weft import InputError

CONFIG_LIMIT = 1_000_000  # bytes; real configs have a few thousand
VOCABULARY_LIMIT = 64_000_000


def read_json_object(path: Path, limit: int = CONFIG_LIMIT) -> dict[str, Any]:
    """The JSON object in a file."""
    if not path.is_file():
        raise InputError(f"{path}: expected a JSON file, got no such file")
    try:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(raw) > limit:
        raise InputError(f"{path}: expected at most {limit} bytes of JSON, got more")
    return parse_json_object(raw, str(path))


def parse_json_object(text: str | bytes, where: str) -> dict[str, Any]:
    """The JSON object in a text; `where` names it in errors."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise InputError(f"{where}: expected JSON, got one nested too deeply") from None
    except ValueError as error:  # malformed, or not UTF-8
        raise InputError(f"{where}: expected JSON, got {str(error)[:200]}") from None
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected a JSON object, got {type(value).__name__}")
    return value
