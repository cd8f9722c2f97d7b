"""Which architecture a file is of, told from its header before anything in it is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from weft import InputError
from weft_nodes.models.safetensors_file import Header, read_header
from weft_upscale.libraries import spandrel

DTYPES = {
    "BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8, "I16": torch.int16,
    "I32": torch.int32, "I64": torch.int64, "F16": torch.float16, "BF16": torch.bfloat16,
    "F32": torch.float32, "F64": torch.float64,
}  # fmt: skip
MOST_TENSORS = 20_000
MOST_BYTES = 8 << 30  # the largest known upscaler, AuraSR, has 2.5 GB
NUMBER = re.compile(r"(?:^|[._])(\d+)(?=[._]|$)")

# By spandrel's names. It also reads these, but they do not upscale a picture on its own.
REFUSED = {
    "LaMa": "an inpainting model: it fills holes, and needs a mask",
    "GFPGAN": "a face restorer: it takes one aligned face of 512 x 512 pixels, no whole picture",
    "RestoreFormer": "a face restorer: it takes one aligned face of 512 x 512 pixels, no whole "
    "picture",
}

# Other files that end up in the folder, by something in a tensor's name.
OTHERS = (
    (r"^model\.diffusion_model\.|^first_stage_model\.", "a diffusion checkpoint"),
    (r"lora_(up|down|A|B)\b|\.lora\.", "a LoRA"),
    (r"^(decoder|encoder)\.(up|down)(_blocks)?\.\d", "a VAE"),
    (
        r"weight_orig$|weight_u$|^classifier\.\d",
        "the discriminator of a GAN, which only judges",
    ),
    (r"^(down_blocks|input_blocks|transformer_blocks|double_blocks)\.", "a diffusion network"),
)


def recognise(path: Path) -> tuple[Any, Header]:
    """spandrel's architecture for a file, and the file's checked header.

    Raises InputError where the file is no safetensors file, or none of an upscaler.
    """
    header = read_header(path)
    _check_sizes(header)
    known = spandrel()
    shapes = {
        name: torch.empty(entry.shape, dtype=DTYPES[entry.dtype], device="meta")
        for name, entry in header.tensors.items()
    }
    try:
        state = known.canonicalize_state_dict(shapes)
        found = next(
            (
                one.architecture
                for one in known.MAIN_REGISTRY.architectures("detection")
                if one.detect(state)
            ),
            None,
        )
    except Exception as error:  # the library trusts the names and shapes that it looks at
        raise InputError(f"{path}: no usable upscaler: {first_words(error)}") from error
    if found is None:
        raise InputError(f"{path}: expected an upscaler, got {_guess(header)}")
    if found.id in REFUSED:
        raise InputError(f"{path}: expected an upscaler, got {found.name}, {REFUSED[found.id]}")
    return found, header


def first_words(error: BaseException) -> str:
    """The beginning of an error's text; that of a library may list every tensor of a file."""
    text = " ".join(str(error).split()) or "it says no more"
    return f"{type(error).__name__}: {text[:300]}{'...' if len(text) > 300 else ''}"


def _check_sizes(header: Header) -> None:
    count = len(header.tensors)
    if not 0 < count <= MOST_TENSORS:
        raise InputError(f"{header.path}: expected 1 to {MOST_TENSORS} tensors, got {count}")
    size = max(entry.end for entry in header.tensors.values())
    if size > MOST_BYTES:
        raise InputError(f"{header.path}: expected at most {MOST_BYTES} bytes, got {size}")
    # spandrel builds as many blocks as the largest number in a name says.
    most = 4 * count + 64
    for name, entry in header.tensors.items():
        where = f"{header.path}: tensor {ascii(name)[:120]}"
        if entry.dtype not in DTYPES:
            raise InputError(f"{where}: expected one of {', '.join(DTYPES)}, got {entry.dtype}")
        if 0 in entry.shape or len(entry.shape) > 8:
            raise InputError(f"{where}: expected a shape with values in it, got {entry.shape}")
        if any(len(number) > 6 or int(number) > most for number in NUMBER.findall(name)):
            raise InputError(f"{where}: expected no number above {most} in a file of {count}")


def _guess(header: Header) -> str:
    for pattern, what in OTHERS:
        if any(re.search(pattern, name) for name in header.tensors):
            return f"what looks like {what}"
    names = ", ".join(ascii(name)[:60] for name in sorted(header.tensors)[:3])
    return f"{len(header.tensors)} tensors of no known architecture: {names}, ..."
