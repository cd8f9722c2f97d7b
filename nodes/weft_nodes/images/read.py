"""Reading picture files that may be anything: bounded before decoding, and never half-read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from weft import InputError

# What is read. Pillow knows more, but some of it starts other programs or nests other files.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 8192 * 8192
ALPHA_MODES = ("RGBA", "RGBa", "LA", "La", "PA")
# Integers of 32 bits and floats have no agreed white.
NO_RANGE = ("I", "F")
# How bright people find red, green and blue (Rec. ITU-R BT.601).
LUMA = (0.299, 0.587, 0.114)


def read_image(path: Path) -> tuple[Tensor, Tensor]:
    """The picture in a file, upright: image [1, H, W, 3], and its opacity as mask [1, H, W].

    Raises InputError where the file is missing, too large, damaged or no picture.
    """
    if not _is_file(path):
        raise InputError(f"there is no file {str(path)[:500]!r}")
    too_large = f"{path} is too large: at most {MAX_PIXELS:,} pixels are read"
    try:
        with Image.open(path, formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise InputError(f"{too_large}, got {width} x {height}")
            opened.load()
            return _tensors(ImageOps.exif_transpose(opened), path)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(too_large) from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is no picture; expected one of {', '.join(FORMATS)}") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise InputError(f"{path} cannot be read as a picture: {error}") from error


def read_mask(path: Path, channel: Literal["brightness", "opacity"]) -> Tensor:
    """One channel of the picture in a file, upright, as mask [1, H, W]. Raises InputError."""
    image, opacity = read_image(path)
    if channel == "opacity":
        return opacity
    red, green, blue = image.unbind(-1)
    if torch.equal(red, green) and torch.equal(green, blue):
        return red.clone()  # grey: to the last bit
    return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name longer than names can be
        return False


def _tensors(picture: Image.Image, path: Path) -> tuple[Tensor, Tensor]:
    if picture.mode in NO_RANGE:
        raise InputError(
            f"{path} holds pixels of 32 bits, whose white nobody knows; save it with 8 or 16 bits"
        )
    if picture.mode.startswith("I;16"):
        grey = _scaled(picture, 65535)
        return grey[None, :, :, None].repeat(1, 1, 1, 3), torch.ones(1, *grey.shape)
    if picture.mode in ALPHA_MODES or "transparency" in picture.info:
        pixels = _scaled(picture.convert("RGBA"), 255)
        return pixels[None, :, :, :3].contiguous(), pixels[None, :, :, 3].contiguous()
    pixels = _scaled(picture.convert("RGB"), 255)
    return pixels[None], torch.ones(1, *pixels.shape[:2])


def _scaled(picture: Image.Image, white: int) -> Tensor:
    return torch.from_numpy(numpy.asarray(picture).astype(numpy.float32) / white)
