"""Readers of model files: what turns a file with some suffix into named tensors.

They are offered by the hook `weft_file_readers`. Whatever the file holds, a reader checks its
numbers before it believes them, and runs nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from weft import InputError, offered
from weft_nodes.models.safetensors_file import Header, read_header

if TYPE_CHECKING:
    from torch import Tensor

ReadHeader: TypeAlias = Callable[[Path], Header]
ReadTensors: TypeAlias = "Callable[[Path, Iterable[str]], Iterator[tuple[str, Tensor]]]"


@dataclass(frozen=True, slots=True)
class FileReader:
    """How files with a suffix are read. Imports torch only to read tensors.

    title: what people call the format.
    read_header: the names, dtypes and shapes of all tensors, and the file's metadata. Raises
        InputError where the file is unusable.
    read_tensors: the tensors of some names, one after the other, in host memory and as they are
        stored. Raises InputError.
    """

    title: str
    read_header: ReadHeader
    read_tensors: ReadTensors


def _read_safetensors(path: Path, names: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            for name in names:
                yield name, file.get_tensor(name)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


SAFETENSORS = FileReader("safetensors", read_header, _read_safetensors)


def reader_of(path: Path) -> FileReader:
    """The reader for a file's suffix; that of safetensors where nobody offers one."""
    offer = offered("file_readers").get(path.suffix.lower())
    return SAFETENSORS if offer is None else offer.load(FileReader)
