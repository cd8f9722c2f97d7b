"""Says what a file that is not safetensors seems to be, by its content, and what to do about it."""

from __future__ import annotations

from pathlib import Path

PICKLE = (
    "this is a pickled PyTorch file (.ckpt, .pt, .bin); only safetensors files are read, because "
    "unpickling runs whatever code the file contains; convert it with a tool that you trust, or "
    "get the .safetensors version of the model"
)
SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", PICKLE + " (it is a zip archive, as torch.save writes)"),
    (b"GGUF", "this is a GGUF file; only safetensors files are read"),
    (
        b"version https://git-lfs",
        "this is a Git LFS pointer, not the model itself; fetch the file with `git lfs pull`",
    ),
    (b"<", "this looks like a web page, not a model; the download may have needed a log-in"),
)


def explain(path: Path) -> str | None:
    """What the file seems to be, as the reason for a refusal; None where nothing fits.

    Ask only about a file that is known not to be safetensors: a header of 640 bytes begins with
    the same two bytes as a pickle.
    """
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        return "the file is empty; expected a safetensors file"
    if start[0] == 0x80 and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return PICKLE
    return next((text for sign, text in SIGNS if start.lstrip().startswith(sign)), None)
