"""The check of safetensors files: hostile ones are refused, quickly and in words."""

from __future__ import annotations

import json
import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from weft import InputError
from weft_nodes.models.safetensors_file import MAX_HEADER, read_header


def file_of(header: Any, data: bytes = b"", *, length: int | None = None) -> bytes:
    """A file with this header, which is JSON data or raw bytes."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def tensor(start: int, end: int, dtype: Any = "U8", shape: Any = None) -> dict[str, Any]:
    offsets = [start, end]
    return {"dtype": dtype, "shape": [end - start] if shape is None else shape} | {
        "data_offsets": offsets
    }


GOOD = file_of({"a": tensor(0, 4), "b": tensor(4, 8, "F32", [1, 1])}, b"12345678")
ZIP = b"PK\x03\x04" + b"\0" * 60
PICKLE = b"\x80\x02}q\x00X\x05\x00\x00\x00state" + b"\0" * 40

HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "seven bytes": (b"\x02\0\0\0\0\0\0", "at least 9 bytes"),
    "length without header": (struct.pack("<Q", 2), "at least 9 bytes"),
    "header of 2**63 bytes": (file_of(b"{}", length=2**63), "9223372036854775808"),
    "header of 2**64-1 bytes": (file_of(b"{}", length=2**64 - 1), "one of 18446744073709551615"),
    "header one byte too long": (file_of(b"{}", length=3), "fits the file's 10 bytes"),
    "header of no bytes": (file_of(b"{}", length=0), "JSON|bytes"),
    "header cut in the middle": (GOOD[:30], "fits the file"),
    "data cut short": (GOOD[:-1], "cut short"),
    "data missing": (GOOD[:-8], "cut short"),
    "data too long": (GOOD + b"x", "1 bytes belong to no tensor"),
    "no brace": (file_of(b"[1, 2, 3]"), "begins with '{'"),
    "space before the brace": (file_of(b" {}"), "begins with '{'"),
    "not UTF-8": (file_of(b'{"\xff": 1}'), "UTF-8.*0xff at 2"),
    "not JSON": (file_of(b"{nonsense}"), "JSON header"),
    "two documents": (file_of(b"{}{}"), "JSON header"),
    "NaN": (file_of(b'{"a": NaN}'), "NaN"),
    "a number of many digits": (file_of(b'{"a": ' + b"9" * 5000 + b"}"), "JSON header"),
    "duplicate tensor": (
        file_of(b'{"a": ' + json.dumps(tensor(0, 0)).encode() + b', "a": 1}'),
        "'a' twice",
    ),
    "duplicate field": (
        file_of(b'{"a": {"dtype": "U8", "dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}'),
        "'dtype' twice",
    ),
    "duplicate metadata": (file_of(b'{"__metadata__": {}, "__metadata__": {}}'), "twice"),
    "deep nesting": (file_of(b'{"a":' * 50_000), "nested too deeply"),
    "deep lists": (file_of(b'{"a": ' + b"[" * 100_000), "nested too deeply"),
    "tensor is a list": (file_of({"a": []}), "dtype, shape and data_offsets"),
    "field missing": (file_of({"a": {"dtype": "U8", "shape": [0]}}), "dtype, shape and data"),
    "field too many": (file_of({"a": tensor(0, 0) | {"x": 1}}), "dtype, shape and data"),
    "unknown dtype": (file_of({"a": tensor(0, 1, "PICKLE")}, b"1"), "known dtype"),
    "dtype is a list": (file_of({"a": tensor(0, 1, ["F32"])}, b"1"), "known dtype"),
    "negative size": (file_of({"a": tensor(0, 1, shape=[-1, -1])}, b"1"), "sizes >= 0"),
    "fractional size": (file_of({"a": tensor(0, 1, shape=[1.0])}, b"1"), "sizes >= 0"),
    "true as size": (file_of({"a": tensor(0, 1, shape=[True])}, b"1"), "sizes >= 0"),
    "null as shape": (file_of({"a": tensor(0, 1) | {"shape": None}}, b"1"), "sizes >= 0"),
    "huge size": (file_of({"a": tensor(0, 1, shape=[2**63])}, b"1"), "sizes >= 0"),
    "product beyond 64 bits": (file_of({"a": tensor(0, 0, shape=[2**62] * 8)}), "to span"),
    "product that wraps to 0": (file_of({"a": tensor(0, 0, shape=[2**32, 2**32])}), "to span"),
    "too many axes": (file_of({"a": tensor(0, 1, shape=[1] * 65)}, b"1"), "at most 64 sizes"),
    "shape of 3 million items": (
        file_of({"a": tensor(0, 1, shape=[1] * 3_000_000)}, b"1"),
        "list of 3000000 items",
    ),
    "span too short": (file_of({"a": tensor(0, 3, "F32", [1])}, b"123"), "span 4 bytes"),
    "span too long": (file_of({"a": tensor(0, 5, "F32", [1])}, b"12345"), "span 4 bytes"),
    "offsets reversed": (file_of({"a": tensor(0, 1) | {"data_offsets": [1, 0]}}, b"1"), "to span"),
    "negative offset": (file_of({"a": tensor(-1, 0, shape=[1])}, b"1"), "data_offsets >= 0"),
    "three offsets": (file_of({"a": tensor(0, 1) | {"data_offsets": [0, 1, 1]}}), "two data_off"),
    "offsets beyond the file": (file_of({"a": tensor(0, 2**40)}, b"1"), "cut short"),
    "overlap": (file_of({"a": tensor(0, 4), "b": tensor(2, 6)}, b"123456"), "overlaps"),
    "same bytes twice": (file_of({"a": tensor(0, 4), "b": tensor(0, 4)}, b"1234"), "overlaps"),
    "hole": (file_of({"a": tensor(0, 2), "b": tensor(4, 6)}, b"123456"), "leaves a hole"),
    "hole at the start": (file_of({"a": tensor(2, 4)}, b"1234"), "leaves a hole"),
    "metadata is a list": (file_of({"__metadata__": []}), "to be an object"),
    "metadata with a number": (file_of({"__metadata__": {"format": 1}}), "to be a text"),
    "a million braces": (file_of(b"{" + b'"a":{},' * 1_000_001), "at most 1000000 of '{'"),
    "pickle": (PICKLE, "unpickling runs whatever code"),
    "zip": (ZIP, "as torch.save writes"),
    "GGUF": (b"GGUF" + b"\0" * 60, "GGUF"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    "web page": (b"<!DOCTYPE html><html><head></head></html>", "web page"),
    "zeros": (b"\0" * 100, "begins with '{'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(tmp_path: Path, name: str) -> None:
    content, message = HOSTILE[name]
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    start = time.perf_counter()
    with pytest.raises(InputError, match=message) as caught:
        read_header(path)
    assert time.perf_counter() - start < 10
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_header_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:  # sparse: it takes no room on the disk
        file.write(struct.pack("<Q", MAX_HEADER + 1) + b"{")
        file.truncate(MAX_HEADER + 100)
    tracemalloc.start()
    with pytest.raises(InputError, match=f"at most {MAX_HEADER} bytes"):
        read_header(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_header(tmp_path / "none.safetensors")
    with pytest.raises(InputError, match="a folder"):
        read_header(tmp_path)


def test_good_files(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(GOOD)
    header = read_header(path)
    assert header.tensors["b"].shape == (1, 1)
    assert (header.tensors["b"].start, header.tensors["b"].end) == (4, 8)
    path.write_bytes(file_of(b"{}      "))
    assert not read_header(path).tensors
    # The length of this header, 640 bytes, reads like the start of a pickle.
    path.write_bytes(file_of(b"{}" + b" " * 638))
    assert not read_header(path).tensors


def test_what_the_library_writes(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    tensors = {
        str(dtype): torch.ones(2, 3, dtype=dtype)
        for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool)
    }
    tensors |= {"scalar": torch.tensor(1.0), "none": torch.zeros(0, 5)}
    save_file(tensors, path, {"kind": "test \u00e9"})
    header = read_header(path)
    assert header.metadata == {"kind": "test \u00e9"}
    assert {name: entry.shape for name, entry in header.tensors.items()} == {
        name: tuple(value.shape) for name, value in tensors.items()
    }


def _flip(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(len(content))] = chance.randrange(256)


def _insert(content: bytearray, chance: random.Random) -> None:
    content.insert(chance.randrange(len(content)), chance.randrange(256))


def _delete(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content))]


def _cut(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def _repeat(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    content[start:start] = content[start : start + chance.randrange(40)]


MUTATIONS: list[Callable[[bytearray, random.Random], None]] = [
    *[_flip] * 4, _insert, _delete, _cut, _repeat,
]  # fmt: skip


def test_mutations_are_read_or_refused(tmp_path: Path) -> None:
    """What is accepted after random damage, the library can read too."""
    chance = random.Random(7)
    path = tmp_path / "model.safetensors"
    save_file(
        {"w": torch.ones(2, 3), "b": torch.zeros(3, dtype=torch.float16), "e": torch.zeros(0)},
        path,
        {"format": "pt"},
    )
    original = path.read_bytes()
    accepted = 0
    for _ in range(2000):
        content = bytearray(original)
        for _ in range(chance.choice((1, 1, 2, 5))):
            if content:
                chance.choice(MUTATIONS)(content, chance)
        path.write_bytes(content)
        try:
            header = read_header(path)
        except InputError:
            continue
        accepted += 1
        with safe_open(str(path), framework="pt") as file:
            assert set(file.keys()) == set(header.tensors)
    assert 40 < accepted < 1000
