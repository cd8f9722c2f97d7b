"""Names that come from outside, and the files they may name: one rule for every such path.

A name is relative, written with forward slashes, and means the same file on every system: what
Windows reads as a drive, a device or a stream is refused on Linux as well. Parts that begin with
a dot are Weft's own (temporary files, previews), so no name from outside reaches them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO, NoReturn

from weft.errors import InputError

MAX_PART = 240  # bytes; file systems take 255, and a number or a suffix may still be added
MAX_NAME = 1000  # bytes
MAX_PARTS = 32

# Control characters, halves of surrogates, and marks that turn text around in a listing; then
# what Windows refuses in names or reads as a stream or a drive.
_FORBIDDEN = re.compile(
    '[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff<>:"|?*\\\\]'
)
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³]) *(\..*)?",
    re.IGNORECASE | re.DOTALL,
)


def confined(root: Path, name: str, *, links_out: bool = False) -> Path:
    """The path of `name` in the folder `root`; neither has to exist.

    links_out: whether a link in the folder may lead out of it, as in a person's own folder of
    models, which no name from outside can put a link into. The name itself never can.
    Raises InputError for anything that is no name, or that leads out of the folder.
    """
    _check_name(name)
    path = root / name
    if not links_out:
        try:
            inside = path.resolve().is_relative_to(root.resolve())
        except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle
            inside = False
        if not inside:
            _refuse(name, "it leads out of the folder through a link")
    return path


def open_new(root: Path, name: str) -> BinaryIO:
    """Create the file `name` in the folder `root` and open it for writing; makes sub-folders.

    Raises InputError as `confined` does, and where there is already something of that name:
    neither a file nor a link is ever written through.
    """
    path = confined(root, name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o666)
    except OSError as error:
        if path.exists() or path.is_symlink():
            raise InputError(f"there is already something named {name!r}") from error
        raise InputError(f"{name!r} cannot be written: {error.strerror or error}") from error
    return os.fdopen(handle, "wb")


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name:
        _refuse(name, "it is empty")
    if (found := _FORBIDDEN.search(name)) is not None:
        _refuse(name, f"it contains {found[0]!a}")
    if name.startswith("/"):
        _refuse(name, "it is absolute")
    parts = name.split("/")
    if len(name.encode()) > MAX_NAME or len(parts) > MAX_PARTS:
        _refuse(name, f"it is longer than {MAX_NAME} bytes or {MAX_PARTS} parts")
    for part in parts:
        _check_part(name, part)


def _check_part(name: str, part: str) -> None:
    if not part or part.isspace():
        _refuse(name, "a part of it is empty")
    if part.startswith("."):
        _refuse(name, f"{_short(part)} begins with a dot")
    if part.endswith((".", " ")) or part.startswith(" "):
        _refuse(name, f"{_short(part)} begins with a space or ends with a dot or a space")
    if len(part.encode()) > MAX_PART:
        _refuse(name, f"a part of it is longer than {MAX_PART} bytes")
    if _DEVICE.fullmatch(part):
        _refuse(name, f"{_short(part)} is a device on Windows")


def _refuse(name: object, why: str) -> NoReturn:
    raise InputError(
        f"{_short(name)} cannot be used: {why}; expected a name such as 'cat.png' or "
        "'folder/cat.png', which stays inside the folder"
    )


def _short(value: object) -> str:
    # ascii: a message must be printable, whatever the name holds.
    text = ascii(value)
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"
