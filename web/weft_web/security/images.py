"""Small pictures of large ones, from files of which nothing is believed.

    header only -> what would decoding cost? -- little --> here, one at a time
                                             -- much ----> a process of its own, bounded by the
                                                           system in memory and time
                                             -- too much -> refused

Run by itself (`python -m weft_web.security.images FILE SIZE PIXELS`) it is that process: it
prints the small picture, or its refusal and leaves with 3.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import NoReturn

from PIL import Image, ImageOps, PngImagePlugin

from weft_web.errors import ApiError
from weft_web.security.turns import Turns
from weft_web.settings import MIB, Limits

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
SIZES = (64, 128, 256, 512, 1024)
MIME = "image/webp"
CHEAP = 48 * MIB  # of memory, estimated; up to here the server itself decodes
MAX_EDGE = 32_768
MAX_EXIF = 65_536
SECONDS = 10
REFUSED = 3

# Bytes per pixel that decoding takes at its peak: Pillow keeps four for colour, a palette is
# converted as a whole, WebP's decoder has two canvases, a progressive JPEG all its coefficients.
# MPO is what Pillow calls a JPEG with further pictures in it, as cameras and phones write them.
_COSTS = {"PNG": 8, "JPEG": 12, "MPO": 12, "WEBP": 16, "GIF": 10}

# What a picture may carry besides its pixels, unpacked. Set for the process: the server has no
# other use for Pillow.
PngImagePlugin.MAX_TEXT_CHUNK = 4 * MIB
PngImagePlugin.MAX_TEXT_MEMORY = 16 * MIB
Image.MAX_IMAGE_PIXELS = None  # checked here, before; Pillow's own check may only warn

_turns = Turns(1)


class BadImageError(Exception):
    """A picture that is refused; the message says why."""


async def make_thumbnail(path: Path, size: int, limits: Limits) -> bytes:
    """A WebP picture of at most `size` by `size`, of the first frame. Takes turns.

    Raises ApiError 422 where the file is no picture that can be shown.
    """
    async with _turns():
        return await asyncio.to_thread(thumbnail, path, size, limits)


def thumbnail(path: Path, size: int, limits: Limits) -> bytes:
    """As `make_thumbnail`, in the calling thread."""
    try:
        if _cost(path, limits.pixels) <= CHEAP:
            return _shrunk(path, size, limits.pixels)
        return _in_a_process(path, size, limits.pixels)
    except BadImageError as error:
        raise ApiError(422, "unusable_image", f"no thumbnail can be made: {error}") from error


def _cost(path: Path, pixels: int) -> int:
    """The bytes that decoding would take, after its header. Raises BadImageError."""
    with _opened(path, pixels) as image:
        return image.width * image.height * _COSTS[str(image.format)] + path.stat().st_size


def _opened(path: Path, pixels: int) -> Image.Image:
    """The picture, of bounded size, nothing of it decoded."""
    try:
        with path.open("rb") as file:
            _check_size(_webp_size(file.read(30)), pixels)
        image = Image.open(path, formats=FORMATS)
    except BadImageError:
        raise
    except Exception as error:  # a decoder may raise anything over bytes that lie
        raise BadImageError(_unreadable(error)) from error
    try:
        _check_size(image.size, pixels)
    except BadImageError:
        image.close()
        raise
    return image


def _check_size(size: tuple[int, int], pixels: int) -> None:
    width, height = size
    if width * height > pixels or max(size) > MAX_EDGE:
        raise BadImageError(
            f"it is {width} by {height}; at most {pixels} pixels and {MAX_EDGE} to an edge are read"
        )


def _webp_size(head: bytes) -> tuple[int, int]:
    """The size of a WebP picture, whose decoder takes its memory already when it is opened."""
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return 0, 0
    kind, word = head[12:16], int.from_bytes
    if kind == b"VP8X":
        return word(head[24:27], "little") + 1, word(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = word(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return word(head[26:28], "little") & 0x3FFF, word(head[28:30], "little") & 0x3FFF
    raise BadImageError("it is no WebP picture")


def _shrunk(path: Path, size: int, pixels: int) -> bytes:
    try:
        with _opened(path, pixels) as image:
            image.draft(None, (size * 2, size * 2))  # a JPEG is decoded smaller from the start
            image.load()
            _check_size(image.size, pixels)  # a GIF's first frame may be larger than its canvas
            small = _plain(image, size)
        target = BytesIO()
        small.save(target, "WEBP", quality=80, method=4)
        return target.getvalue()
    except BadImageError:
        raise
    except Exception as error:
        raise BadImageError(_unreadable(error)) from error


def _plain(image: Image.Image, size: int) -> Image.Image:
    """The picture, small, upright and in a mode that WebP knows."""
    exif = image.info.get("exif", b"")
    if image.mode.startswith("I"):  # 16 bits, of which WebP keeps 8
        image = image.convert("F").point(lambda value: value / 257).convert("L")
    elif image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    image.thumbnail((size, size), reducing_gap=2.0)
    if isinstance(exif, bytes) and len(exif) <= MAX_EXIF:
        with contextlib.suppress(Exception):  # a wrong note on the side costs only the turn
            ImageOps.exif_transpose(image, in_place=True)
    transparent = image.mode in ("LA", "RGBA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def _in_a_process(path: Path, size: int, pixels: int) -> bytes:
    # -P: nothing is imported from the folder that the server happens to run in.
    command = [sys.executable, "-P", "-m", __name__, str(path.resolve()), str(size), str(pixels)]
    # A decoder that a file has taken over finds no token there.
    environment = {name: value for name, value in os.environ.items() if "WEFT" not in name}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False,
            env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise BadImageError(f"decoding it takes more than {SECONDS} seconds") from error
    if done.returncode == REFUSED:
        raise BadImageError(done.stderr.decode("utf-8", "replace")[:300].strip())
    if done.returncode:
        raise BadImageError("decoding it takes too much memory or time")
    return done.stdout


def _unreadable(error: BaseException) -> str:
    # A decoder's own words may quote the file or its path.
    kind = "truncated" if "truncated" in str(error) else "damaged, or of a kind that is not read"
    return f"the file is {kind} (read are {', '.join(FORMATS)})"


def _bound(memory: int) -> None:
    """Have the system end this process when it takes more. Windows knows no such limits."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(10)


def main() -> NoReturn:
    """The process of its own."""
    path, size, pixels = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    try:
        _bound(512 * MIB + min(_cost(path, pixels), pixels * max(_COSTS.values())))
        small = _shrunk(path, size, pixels)
    except BadImageError as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    sys.stdout.buffer.write(small)
    sys.exit(0)


if __name__ == "__main__":
    main()
