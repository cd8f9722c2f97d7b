"""Reads arrays as `numpy.savez` writes them, and no pickled object in them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy
import torch
from torch import Tensor

from weft import InputError
from weft_nodes import FileReader, Header, TensorEntry


def read_header(path: Path) -> Header:
    """Names and shapes. Raises InputError for anything but arrays of float32."""
    try:
        with numpy.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: expected arrays as numpy.savez writes them: {error}") from error
    if any(one.dtype != numpy.float32 for one in arrays.values()):
        raise InputError(f"{path}: expected arrays of float32")
    entries = {name: TensorEntry("F32", one.shape, 0, one.nbytes) for name, one in arrays.items()}
    return Header(path, entries, {})


def read_tensors(path: Path, names: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
    """The arrays of some names, as tensors."""
    with numpy.load(path, allow_pickle=False) as file:
        for name in names:
            yield name, torch.from_numpy(file[name])


READER = FileReader("NumPy arrays", read_header, read_tensors)
