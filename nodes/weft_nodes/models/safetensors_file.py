"""Checks a safetensors file before any library touches it. Imports no torch.

A model file comes from strangers. Its header says how long it is, and then names tensors by byte
ranges; every one of those numbers may lie. `read_header` believes none: it bounds what it reads
before it reads it, and accepts only files in which every byte is accounted for once.

    8 bytes     length of the header, little endian
    header      JSON object: name -> {"dtype", "shape", "data_offsets"}, "__metadata__" -> texts
    data        the tensors, back to back
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from weft import InputError
from weft_nodes.models.foreign_files import explain

MAX_HEADER = 100_000_000  # bytes; the format's own limit
MAX_RANK = 64
METADATA = "__metadata__"

# How often a character may occur in a header. Parsed JSON takes tens of bytes per value, so a
# hostile header could otherwise grow into gigabytes. The largest real ones stay far below.
MAX_COUNTS = {b"{": 1_000_000, b"[": 2_000_000, b",": 4_000_000}

DTYPE_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor of a file. start and end are bytes from the beginning of the data."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Header:
    """What a safetensors file says about itself, checked."""

    path: Path
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]


def read_header(path: Path) -> Header:
    """The checked header of a safetensors file.

    Raises InputError for anything else, saying what is wrong with the file.
    """
    text, data_size = _header_text(path)
    document = _parse(path, text)
    metadata = _metadata(path, document.pop(METADATA, {}))
    tensors = {name: _entry(path, name, value) for name, value in document.items()}
    _check_coverage(path, tensors, data_size)
    return Header(path, tensors, metadata)


def _refuse(path: Path, expected: str, got: str) -> NoReturn:
    raise InputError(f"{path}: not a usable safetensors file: expected {expected}, got {got}")


def _header_text(path: Path) -> tuple[str, int]:
    """The header's text, and how many bytes of data follow it."""
    if not path.is_file():  # also keeps us from waiting for a pipe
        what = "a folder" if path.is_dir() else "no such file"
        raise InputError(f"{path}: expected a safetensors file, got {what}")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(9)
            length = int.from_bytes(start[:8], "little")
            if start[8:] != b"{" or length > size - 8:
                _refuse_start(path, start, length, size)
            if length > MAX_HEADER:
                _refuse(path, f"a header of at most {MAX_HEADER} bytes", f"{length} bytes")
            raw = b"{" + file.read(length - 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(raw) != length:
        _refuse(path, f"a header of {length} bytes", f"{len(raw)} bytes")
    for character, most in MAX_COUNTS.items():
        if (count := raw.count(character)) > most:
            _refuse(path, f"at most {most} of {character.decode()!r} in the header", str(count))
    try:
        return raw.decode("utf-8"), size - 8 - length
    except UnicodeDecodeError as error:
        _refuse(path, "a header in UTF-8", f"the byte {raw[error.start]:#04x} at {error.start}")


def _refuse_start(path: Path, start: bytes, length: int, size: int) -> NoReturn:
    """Refuse a file whose first nine bytes already say that it is something else, or cut short."""
    if (reason := explain(path)) is not None:
        raise InputError(f"{path}: {reason}")
    if size < 9:
        _refuse(path, "at least 9 bytes", f"{size} bytes")
    if length > size - 8:
        _refuse(path, f"a header that fits the file's {size} bytes", f"one of {length} bytes")
    _refuse(path, "a header that begins with '{'", repr(start[8:]))


def _parse(path: Path, text: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice = counts.most_common(1)[0][0]
            _refuse(path, "a header without duplicate keys", f"{_short(twice)} twice")
        return fields

    def constant(name: str) -> NoReturn:
        _refuse(path, "a JSON header", name)

    try:
        document = json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except RecursionError:
        _refuse(path, "a flat JSON header", "one nested too deeply")
    except ValueError as error:  # JSONDecodeError, and numbers of too many digits
        _refuse(path, "a JSON header", str(error)[:200])
    if not isinstance(document, dict):
        _refuse(path, "a JSON object as header", type(document).__name__)
    return document


def _metadata(path: Path, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        _refuse(path, f"{METADATA} to be an object", _short(value))
    for name, text in value.items():
        if not isinstance(text, str):
            _refuse(path, f"{METADATA} {_short(name)} to be a text", _short(text))
    return value


def _entry(path: Path, name: str, value: object) -> TensorEntry:
    where = f"tensor {_short(name)}"
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        _refuse(path, f"{where} to have dtype, shape and data_offsets", _short(value))
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPE_BITS:
        _refuse(path, f"{where} to have a known dtype", _short(dtype))
    if not _sizes(shape) or len(shape) > MAX_RANK:
        _refuse(path, f"{where} to have at most {MAX_RANK} sizes >= 0 as shape", _short(shape))
    if not _sizes(offsets) or len(offsets) != 2:
        _refuse(path, f"{where} to have two data_offsets >= 0", _short(offsets))
    start, end = offsets
    size = math.prod(shape) * DTYPE_BITS[dtype] // 8
    if end - start != size:
        _refuse(path, f"{where} to span {size} bytes ({dtype} {_short(shape)})", str(end - start))
    return TensorEntry(dtype, tuple(shape), start, end)


def _sizes(value: object) -> bool:
    """Whether this is a list of integers >= 0 that fit 64 bits; in JSON, true is no integer."""
    return isinstance(value, list) and all(
        type(item) is int and 0 <= item < 2**63 for item in value
    )


def _check_coverage(path: Path, tensors: Mapping[str, TensorEntry], size: int) -> None:
    """Every byte of the data belongs to exactly one tensor."""
    end = 0
    for name, entry in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if entry.start != end:
            what = "overlaps the one before it" if entry.start < end else "leaves a hole before it"
            _refuse(
                path,
                f"tensor {_short(name)} to start at byte {end} of the data",
                f"{entry.start}, which {what}",
            )
        end = entry.end
    if end > size:
        _refuse(path, f"{end} bytes of data", f"{size}; the file was cut short")
    if end < size:
        _refuse(path, f"{end} bytes of data", f"{size}; {size - end} bytes belong to no tensor")


def _short(value: object) -> str:
    """A value for a message; one from a stranger's file may be of any length."""
    if isinstance(value, list | dict) and len(value) > 20:
        return f"{type(value).__name__} of {len(value)} items"
    text = ascii(value)
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"
