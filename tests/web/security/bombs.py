"""Pictures and JSON texts that are small to send and large to open. Run by itself it is the
process that opens them: it prints what became of each, and how much memory it took at its peak.
"""

from __future__ import annotations

import json
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image, PngImagePlugin

from weft_web.errors import ApiError
from weft_web.security.bodies import parse
from weft_web.security.images import thumbnail
from weft_web.settings import MIB, Limits

GOOD = "good"
REFUSED = "refused"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int = 8, color: int = 2, *more: bytes) -> bytes:
    """A PNG of that size, all black, whose data is made row by row."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    row = b"\0" * (1 + (width * channels * depth + 7) // 8)
    packer = zlib.compressobj(1)
    rows = height if width * height <= 64_000_000 else 1  # never looked at where it is too large
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(768)) if color == 3 else b""
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + palette
        + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )  # fmt: skip


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """A picture as Pillow writes it."""
    target = BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def small(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    """A small picture."""
    return Image.new(mode, size)


def vp8x(width: int, height: int) -> bytes:
    """A WebP that says its canvas is of that size, and has a small picture in it."""
    body = saved(small(), "WEBP", lossless=True)[12:]
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    data = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + body
    return b"RIFF" + struct.pack("<I", len(data)) + data


def large_jpeg(**options: object) -> bytes:
    """A JPEG of 48 million pixels."""
    return saved(Image.new("L", (8000, 6000)), "JPEG", quality=10, **options)


def many_frames(count: int) -> bytes:
    """An animated GIF."""
    frames = [Image.new("P", (64, 64), number % 200) for number in range(count)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], optimize=False)


def wide_frame() -> bytes:
    """A GIF whose first frame is far larger than its canvas."""
    gif = bytearray(saved(small("P"), "GIF"))
    at = gif.index(b",", 13 + 3 * 2 ** ((gif[10] & 7) + 1))
    gif[at + 5 : at + 9] = struct.pack("<HH", 60000, 60000)
    return bytes(gif)


def many_texts(size: int, count: int) -> bytes:
    """A PNG with texts that unpack to `size` bytes each."""
    packed = zlib.compress(b"a" * size, 9)
    return png(8, 8, 8, 2, *[chunk(b"zTXt", b"k%d\0\0" % n + packed) for n in range(count)])


def with_exif(data: bytes) -> bytes:
    """A PNG with a note of its own making on the side."""
    return png(40, 30, 8, 2, chunk(b"eXIf", data))


def exif_of_many() -> bytes:
    """A note with 60,000 entries."""
    entry = struct.pack("<HHII", 0x0112, 3, 1, 6)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + entry * 60_000


def noise(size: int) -> bytes:
    """Bytes that look like nothing."""
    return bytes((n * 7919 >> 3) & 0xFF for n in range(size))


def pictures() -> Iterator[tuple[str, bytes, str]]:
    """25 pictures: a name, the file, what becomes of it."""
    ico = b"\0\0\1\0\1\0" + bytes(8) + struct.pack("<II", 64, 22) + bytes(64)
    info = PngImagePlugin.PngInfo()
    info.add_itxt("weft", "{}" * 100_000)
    yield "ordinary png", saved(small(), "PNG"), GOOD
    yield "png with a workflow", saved(small(), "PNG", pnginfo=info), GOOD
    yield "png 16 bit", saved(Image.new("I;16", (40, 30)), "PNG"), GOOD
    yield "png of 64 million pixels", png(8000, 8000), GOOD
    yield "png rgba of 64 million", png(8000, 8000, 8, 6), GOOD
    yield "png of 1 bit, 49 million", png(7000, 7000, 1, 0), GOOD
    yield "png of 400 million pixels", png(20_000, 20_000, 1, 0), REFUSED
    yield "png of 4 thousand million", png(65_000, 65_000, 1, 3), REFUSED
    yield "png of one long row", png(60_000, 1), REFUSED
    yield "png of no size", png(0, 0), REFUSED
    yield "png with texts of 2 GB", many_texts(20 * MIB, 100), REFUSED
    yield "png with 100 texts of 1 MB", many_texts(MIB, 100), REFUSED
    yield (
        "png with a large profile",
        png(40, 30, 8, 2, chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(100 * MIB), 9))),
        REFUSED,
    )
    yield "png with 60,000 notes", with_exif(exif_of_many()), GOOD
    yield "png with a note of nothing", with_exif(noise(2000)), GOOD
    yield "truncated png", saved(Image.effect_noise((80, 80), 90), "PNG")[:2000], REFUSED
    yield "jpeg of 48 million pixels", large_jpeg(), GOOD
    yield "progressive jpeg of 48 million", large_jpeg(progressive=True), GOOD
    yield "jpeg that is html", b"\xff\xd8\xff<script>alert(1)</script>", REFUSED
    yield "gif of 2,000 frames", many_frames(2000), GOOD
    yield "gif with a frame of 3,600 million", wide_frame(), REFUSED
    yield "webp that says 268 million", vp8x(16_383, 16_383), REFUSED
    yield "tiff", saved(small(), "TIFF"), REFUSED
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', REFUSED
    yield "ico", ico, REFUSED


def texts(size: int) -> Iterator[tuple[str, bytes, str]]:
    """30 bodies of up to `size` bytes: a name, the body, what becomes of it."""

    def full(one: bytes, start: bytes = b"[", end: bytes = b"0]") -> bytes:
        return start + one * ((size - len(start) - len(end)) // len(one)) + end

    keys = b",".join(b'"%d":0' % number for number in range(size // 11))
    yield "an object", b'{"a": [1, 2.5, "x", null, true]}', GOOD
    yield "umlauts", '{"größe": "猫"}'.encode(), GOOD
    yield "64 deep", b"[" * 64 + b"]" * 64, GOOD
    yield "65 deep", b"[" * 65 + b"]" * 65, REFUSED
    yield "a million deep", b"[" * 1_000_000 + b"]" * 1_000_000, REFUSED
    yield "objects in objects", b'{"a":' * 500_000 + b"1" + b"}" * 500_000, REFUSED
    yield "deep and open", b"[" * size, REFUSED
    yield "empty lists", full(b"[],"), REFUSED
    yield "empty objects", full(b"{},"), REFUSED
    yield "objects of one", full(b'{"a":0},'), REFUSED
    yield "small numbers", full(b"1,"), REFUSED
    yield "fractions", full(b"1.5,"), REFUSED
    yield "large numbers", full(b"123456789012345678,"), REFUSED
    yield "600,000 numbers", b"[" + b"12345678901," * 600_000 + b"0]", GOOD
    yield "short texts", full(b'"ab",'), REFUSED
    yield "many keys", b"{" + keys + b"}", REFUSED
    yield "a key twice", b'{"a": 1, "a": 2}', REFUSED
    yield "a key all the time", b"{" + b'"a":1,' * 100_000 + b'"a":1}', REFUSED
    yield "one text", full(b"a", b'"', b'"'), GOOD
    yield "one text with a wide character", full(b"a", '"😀'.encode(), b'"'), REFUSED
    yield "wide characters", b'"' + "😀".encode() * (size // 12) + b'"', GOOD
    yield "escapes", full(b"\\u0041", b'"', b'"'), GOOD
    yield "half characters", b'"\\ud800"', REFUSED
    yield "a number of a million digits", b"1" * 1_000_000, REFUSED
    yield "infinity", b"1e999", REFUSED
    yield "not a number", b'{"a": NaN}', REFUSED
    yield "no utf-8", b'"\xff\xfe"', REFUSED
    yield "utf-16", '{"a": 1}'.encode("utf-16"), REFUSED
    yield "two values", b"{}{}", REFUSED
    yield "one byte too many", b" " * size + b"1", REFUSED


def peak() -> int:
    """The most memory this process ever had, in bytes. Linux only."""
    # Not ru_maxrss: that begins with what the parent had.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    """Open every bomb in a folder, one after the other."""
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    limits = Limits()
    before = peak()
    for path in sorted(folder.iterdir()):
        start = time.monotonic()
        try:
            if kind == "pictures":
                thumbnail(path, 256, limits)
            else:
                parse(path.read_bytes(), limits)
            became = GOOD
        except ApiError as error:
            became = REFUSED if error.status < 500 and len(error.message) < 600 else "wrong"
        print(
            json.dumps([path.name, became, peak() - before, time.monotonic() - start]), flush=True
        )


if __name__ == "__main__":
    main()
