"""Where a checkpoint comes from: one file of tensors, or a folder in the diffusers layout.

Both are opened by reading headers and configs only. Imports no torch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft import InputError
from weft_nodes.models.json_file import read_json_object
from weft_nodes.models.readers import reader_of
from weft_nodes.models.safetensors_file import Header, TensorEntry, read_header


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor in a file: which file, under which name, and what its header says of it."""

    header: Header
    name: str

    @property
    def entry(self) -> TensorEntry:
        """Its dtype, shape and place."""
        return self.header.tensors[self.name]


@dataclass(frozen=True, eq=False)
class SingleFile:
    """A checkpoint in one file: safetensors, or what a plugin reads."""

    path: Path
    header: Header

    def under(self, prefix: str) -> dict[str, Stored]:
        """The tensors whose names begin with the prefix, by the rest of their names."""
        return {
            name.removeprefix(prefix): Stored(self.header, name)
            for name in self.header.tensors
            if name.startswith(prefix)
        }


@dataclass(frozen=True, eq=False)
class Folder:
    """A checkpoint in the diffusers layout: model_index.json and one folder per component."""

    path: Path
    index: Mapping[str, Any]

    def config(self, part: str, name: str = "config.json") -> dict[str, Any]:
        """The config of a component."""
        return read_json_object(self.path / part / name)

    def tensors(self, part: str) -> dict[str, Stored]:
        """The tensors of a component, by name."""
        return {
            name: Stored(header, name)
            for header in map(read_header, self._weights(part))
            for name in header.tensors
        }

    def _weights(self, part: str) -> list[Path]:
        """A component's files: a whole one before shards, full precision before fp16."""
        folder = self.path / part
        names = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
        for pattern in (
            r"(diffusion_pytorch_)?model\.safetensors",
            r"(diffusion_pytorch_)?model\.fp16\.safetensors",
            r"(diffusion_pytorch_)?model-\d{5}-of-\d{5}\.safetensors",
        ):
            if found := [folder / name for name in names if re.fullmatch(pattern, name)]:
                return found
        pickles = [name for name in names if name.endswith((".bin", ".ckpt", ".pt"))]
        hint = "; pickled weights are not read, because unpickling runs code" if pickles else ""
        raise InputError(
            f"{folder}: expected the component's weights as model.safetensors or "
            f"diffusion_pytorch_model.safetensors, got {', '.join(names[:8]) or 'nothing'}{hint}"
        )


Source = SingleFile | Folder


def open_source(path: Path) -> Source:
    """Opens a checkpoint by its headers. Raises InputError where it is none."""
    if path.is_dir():
        if not (path / "model_index.json").is_file():
            raise InputError(
                f"{path}: expected a safetensors file, or a folder in the diffusers layout; "
                "got a folder without model_index.json"
            )
        return Folder(path, read_json_object(path / "model_index.json"))
    return SingleFile(path, reader_of(path).read_header(path))


def describe(source: Source) -> str:
    """What a checkpoint looks like, for messages about one that nobody recognises."""
    if isinstance(source, Folder):
        return f"a diffusers folder of class {str(source.index.get('_class_name'))[:80]!r}"
    names = source.header.tensors
    groups = Counter(_group(name) for name in names)
    shown = ", ".join(f"{group} ({count})" for group, count in groups.most_common(6))
    more = ", ..." if len(groups) > 6 else ""
    own = source.header.metadata.get("weft.family")
    family = f" of the family {own[:80]!r}" if own is not None else ""
    return f"{len(names)} tensors{family}: {shown}{more}" if names else "a file of no tensors"


def _group(name: str) -> str:
    """The first two parts of a tensor's name."""
    parts = name.split(".")
    return ascii(".".join(parts[:2]) + (".*" if len(parts) > 2 else ""))[1:-1][:60]


def shapes(tensors: Mapping[str, Stored]) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor."""
    return {name: stored.entry.shape for name, stored in tensors.items()}


def first_few(names: Iterable[str], most: int = 5) -> str:
    """Some names, for a message."""
    names = sorted(names)
    more = f", ... ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(ascii(name)[1:-1][:100] for name in names[:most]) + more
