"""Reading animated WebP, GIF and PNG files, by Pillow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy

from weft import InputError
from weft_video.clip import MAX_FRAMES
from weft_video.files.stream import Pixels, fitting
from weft_video.files.timing import Shown, Wanted, likely_rate

if TYPE_CHECKING:
    from PIL import Image

# With what times are rounded to, in milliseconds.
UNITS = {"WEBP": (1,), "GIF": (10,), "PNG": (1, 10)}
# What Pillow raises for files that are damaged, cut off or something else.
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, struct.error)
# What browsers show a frame for that claims to last no time.
INSTANT = Fraction(1, 10)


def is_animation(path: Path) -> bool:
    """Whether the file is one that Pillow reads, by its first bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return (
        head.startswith((b"GIF87a", b"GIF89a", b"\x89PNG\r\n\x1a\n"))
        or (head[:4], head[8:]) == (b"RIFF", b"WEBP")
    )  # fmt: skip


class Animation:
    """An open file of several pictures."""

    def __init__(self, path: Path, picture: Image.Image, max_side: int) -> None:
        self._path = path
        self._picture = picture
        self.size = fitting(path, *picture.size, max_side)
        self._count = getattr(picture, "n_frames", 1)
        if self._count > MAX_FRAMES:
            raise InputError(
                f"{path} is too large: at most {MAX_FRAMES:,} frames, got {self._count:,}"
            )
        times = self._times()
        self._rate, self._repeats = likely_rate(times, UNITS[str(picture.format)])
        self.rate: Fraction | None = self._rate
        self.seconds: Fraction | None = sum(self._repeats) / self._rate

    def _times(self) -> list[Fraction]:
        """How long each frame is shown. Decodes once, since only then it is known."""
        found = []
        for _ in self._pictures():
            found.append(Fraction(self._picture.info.get("duration", 0)) / 1000 or INSTANT)
        return found

    def _pictures(self) -> Iterator[Image.Image]:
        for index in range(self._count):
            try:
                self._picture.seek(index)
                self._picture.load()
            except DAMAGED as error:
                raise InputError(
                    f"{self._path} is damaged or cut off: frame {index} of {self._count} cannot "
                    f"be read ({error})"
                ) from error
            yield self._picture

    def frames(self) -> Iterator[Shown[Image.Image]]:
        """Every frame with its time."""
        place = 0
        for picture, repeats in zip(self._pictures(), self._repeats, strict=True):
            clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
            # A copy: Pillow draws the next frame over this one.
            frame = picture.convert("RGBA" if clear else "RGB")
            for _ in range(repeats):
                yield Shown(frame, place / self._rate, 1 / self._rate)
                place += 1

    def pixels(self, frame: Image.Image) -> Pixels:
        """The pixels of a frame."""
        return numpy.array(frame if frame.size == self.size else frame.resize(self.size))

    def __enter__(self) -> Animation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._picture.close()


def read_animation(path: Path, wanted: Wanted, max_side: int) -> Animation:
    """Open a file of several pictures. Raises InputError where it is none, or too large."""
    from PIL import Image

    try:
        with ExitStack() as stack:
            picture = stack.enter_context(Image.open(path, formats=tuple(UNITS)))
            animation = Animation(path, picture, max_side)
            stack.pop_all()
            return animation
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path} is too large: {error}") from error
    except DAMAGED as error:
        raise InputError(f"{path} cannot be read as a moving picture: {error}") from error
