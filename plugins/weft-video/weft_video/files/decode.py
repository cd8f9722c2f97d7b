"""Reading video files, by FFmpeg's libraries through PyAV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy

from weft import InputError
from weft_video.files.stream import MAX_FRAME_PIXELS, Pixels, fitting
from weft_video.files.timing import Shown, Wanted

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

# Files of pictures and sound. FFmpeg knows others, such as playlists, which name further files.
FORMATS = "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,ivf,nut,mxf,h264,hevc,obu,y4m"
# Formats whose headers state how long they last. Of others FFmpeg guesses, by size and bit rate.
STATED = {"mov", "matroska", "avi"}
MATROSKA_DURATION = re.compile(r"(\d{1,6}):(\d\d):(\d\d\.\d{1,12})")
# Colour matrices by FFmpeg's number; a file that names none is taken as players take it.
MATRIX = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020"}
HD_HEIGHT = 720
# swscale's BICUBIC, FULL_CHR_H_INT, FULL_CHR_H_INP, ACCURATE_RND and BITEXACT: its defaults save
# time, make whole frames a level darker and differ from one machine to the next.
FINE = 0x4 | 0x2000 | 0x4000 | 0x40000 | 0x80000


class Video:
    """An open video file."""

    def __init__(self, path: Path, wanted: Wanted, max_side: int) -> None:
        self._path = path
        self._stack = ExitStack()
        self._start = wanted.start
        with self._stack as stack:
            file = stack.enter_context(path.open("rb"))
            self._container = stack.enter_context(_opened(file))
            if not self._container.streams.video:
                raise InputError(f"{path} holds no moving picture")
            self._stream = stream = self._container.streams.video[0]
            context = stream.codec_context
            if context is None:
                raise InputError(f"{path} cannot be read: nobody here knows how it is coded")
            fitting(path, context.width, context.height, 0)
            self._max_side = max_side
            self.size = fitting(path, context.width, context.height, max_side)
            stream.thread_type = "AUTO"
            # A stream may change its size on the way: the decoder itself refuses then.
            context.options = {"max_pixels": str(MAX_FRAME_PIXELS)}
            self.rate = _positive(stream.average_rate) or _positive(stream.guessed_rate)
            self.seconds = _promised(self._container)
            self.texts: dict[str, str] = dict(self._container.metadata)
            self._stack = stack.pop_all()

    def frames(self) -> Iterator[Shown[VideoFrame]]:
        """Every frame with its time, from a little before the start on."""
        end = Fraction(0)
        for index, (frame, time) in enumerate(self._timed()):
            if frame.is_corrupt:
                raise InputError(f"{self._path} is damaged: frame {index} cannot be read whole")
            one = Shown(frame, time, self._lasts(frame))
            end = one.time + one.seconds
            yield one
        self._check_whole(end)

    def _timed(self) -> Iterator[tuple[VideoFrame, Fraction]]:
        """Every frame with the time it is shown at, counted from the first one of the file."""
        first = self._stream.start_time
        if self._start > 1 and first is not None and self._stream.time_base is not None:
            self._seek(first + int((self._start - 1) / self._stream.time_base))
            early = next(self._decoded(first), None)
            # Where a file has no index, seeking may end anywhere.
            exact = early is not None and early[1] <= self._start - 1
            self._seek(first + int((self._start - 1) / self._stream.time_base) if exact else first)
        yield from self._decoded(first)

    def _seek(self, target: int) -> None:
        self._container.seek(target, stream=self._stream, backward=True)

    def _decoded(self, first: int | None) -> Iterator[tuple[VideoFrame, Fraction]]:
        for count, frame in enumerate(self._container.decode(self._stream)):
            if frame.pts is not None and frame.time_base is not None:
                first = frame.pts if first is None else first
                yield frame, (frame.pts - first) * Fraction(frame.time_base)
            elif self.rate is not None:
                yield frame, count / self.rate
            else:
                raise InputError(f"{self._path} does not say when its frames are shown")

    def _lasts(self, frame: VideoFrame) -> Fraction:
        if frame.duration and frame.time_base is not None:
            return frame.duration * Fraction(frame.time_base)
        return 1 / self.rate if self.rate is not None else Fraction(0)

    def _check_whole(self, end: Fraction) -> None:
        """Refuse a file that ends earlier than it says: it was cut off."""
        if self.seconds is None or self.rate is None:
            return
        if end < self.seconds - Fraction(3, 2) / self.rate:
            raise InputError(
                f"{self._path} is damaged or cut off: it says that it lasts "
                f"{float(self.seconds):.2f} seconds, and ends after {float(end):.2f}; set count to "
                "read what is there"
            )

    def pixels(self, frame: VideoFrame) -> Pixels:
        """The pixels of a frame, upright: 8 bits deep, or 16 where the file has more than 8."""
        fitting(self._path, frame.width, frame.height, 0)
        width, height = fitting(self._path, frame.width, frame.height, self._max_side)
        deep = any(part.bits > 8 for part in frame.format.components)
        clear = frame.format.name.startswith(("rgba", "bgra", "argb", "abgr", "gbrap", "yuva"))
        form = ("rgba64le" if deep else "rgba") if clear else ("rgb48le" if deep else "rgb24")
        matrix = MATRIX.get(frame.colorspace)
        if matrix is None:
            matrix = "ITU709" if frame.height >= HD_HEIGHT else "ITU601"
        array: Any = frame.reformat(
            width,
            height,
            form,
            src_colorspace=matrix,
            interpolation=FINE,
        ).to_ndarray()
        turned = frame.rotation // 90 if frame.rotation % 90 == 0 else 0
        return numpy.ascontiguousarray(numpy.rot90(array, turned)) if turned else array

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import av

        self._stack.close()
        if isinstance(error, (av.FFmpegError, UnicodeError)):
            raise InputError(f"{self._path} is damaged: {_said(error)}") from error


def read_video(path: Path, wanted: Wanted, max_side: int) -> Video:
    """Open a video file. Raises InputError where it is none, or too large."""
    import av

    try:
        return Video(path, wanted, max_side)
    except (av.FFmpegError, OSError, UnicodeError) as error:
        raise InputError(f"{path} cannot be read as a moving picture: {_said(error)}") from error


def _opened(file: Any) -> InputContainer:
    """Open a file that has been opened: FFmpeg is given no name, and opens nothing itself."""
    import av

    options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
    opened: InputContainer = av.open(file, "r", options=options, metadata_errors="replace")
    return opened


def _positive(rate: Fraction | None) -> Fraction | None:
    return rate if rate is not None and Fraction(1, 1000) <= rate <= 100_000 else None


def _promised(container: InputContainer) -> Fraction | None:
    """How long the picture lasts, by the header. Sound may last longer, and does not count."""
    stream = container.streams.video[0]
    if not STATED & set(container.format.name.split(",")):
        return None
    if stream.duration is not None and stream.duration > 0 and stream.time_base is not None:
        return stream.duration * stream.time_base
    told = MATROSKA_DURATION.fullmatch(stream.metadata.get("DURATION", ""))
    if told is None:
        return None
    hours, minutes, seconds = (Fraction(one) for one in told.groups())
    return hours * 3600 + minutes * 60 + seconds


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
