"""Video files as content: the same clip, options and texts give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from typing import Any, Literal

import numpy
from PIL import Image

from weft import InputError
from weft_video.files.decode import FINE

Codec = Literal["h264", "vp9", "ffv1"]
# x264 cuts its work by the number of threads, and its bytes depend on it: so it is no machine's.
THREADS = 4
BT709 = 1
LIMITED = 1  # luma in 16..235, as players expect
BITEXACT = {"fflags": "+bitexact"}  # no random ids, no date


@dataclass(frozen=True, slots=True)
class Form:
    """How a codec is used.

    encoder: FFmpeg's name. container: FFmpeg's name of the file format.
    constant_quality: (best, worst) of the codec's own measure, at quality 100 and 0.
    """

    encoder: str
    container: str
    suffix: str
    mime: str
    options: Mapping[str, str]
    constant_quality: tuple[float, float] | None = None
    muxing: Mapping[str, str] = field(default_factory=dict)


FORMS: dict[Codec, Form] = {
    "h264": Form(
        "libx264", "mp4", ".mp4", "video/mp4", {"preset": "medium"}, (8, 48),
        {"movflags": "use_metadata_tags"},
    ),
    "vp9": Form(
        "libvpx-vp9", "webm", ".webm", "video/webm",
        {"b": "0", "deadline": "good", "cpu-used": "2"}, (11, 63),
    ),
    "ffv1": Form(
        "ffv1", "matroska", ".mkv", "video/matroska",
        {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"},
    ),
}  # fmt: skip


def encoded(
    pictures: Iterable[Image.Image],
    size: tuple[int, int],
    rate: Fraction,
    codec: Codec,
    quality: int,
    colour: Literal["4:2:0", "4:4:4"] = "4:2:0",
    texts: Mapping[str, str] | None = None,
) -> bytes:
    """The content of a video file.

    size: width and height of the pictures.
    quality: 1 to 100; ffv1 keeps every pixel and takes none.
    texts: what the file says of itself, by name.

    Raises InputError for a size or a rate that the codec does not have.
    """
    import av

    form = FORMS[codec]
    pixels = _pixel_format(codec, size, colour)
    options = dict(form.options)
    if form.constant_quality is not None:
        best, worst = form.constant_quality
        options["crf"] = f"{worst + (best - worst) * quality / 100:g}"
    buffer = BytesIO()
    try:
        muxing = BITEXACT | dict(form.muxing)
        with av.open(buffer, "w", format=form.container, options=muxing) as container:
            container.metadata.update(texts or {})
            stream: Any = container.add_stream(form.encoder, rate=rate)
            stream.width, stream.height = size
            stream.pix_fmt = pixels
            stream.codec_context.thread_count = THREADS
            if pixels.startswith("yuv"):
                # Where swscale puts colour. Unnamed, players and FFmpeg itself would take it for
                # half a pixel further left.
                options["chroma_sample_location"] = "center"
                stream.codec_context.colorspace = stream.codec_context.color_trc = BT709
                stream.codec_context.color_primaries = BT709
                stream.codec_context.color_range = LIMITED
            stream.codec_context.options = options
            for index, picture in enumerate(pictures):
                frame = _frame(picture, pixels)
                frame.pts, frame.time_base = index, 1 / rate
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    except av.FFmpegError as error:
        raise InputError(
            f"{codec} cannot hold {size[0]} x {size[1]} pixels at {float(rate):g} frames per "
            f"second: {error.strerror or error}"
        ) from error
    return buffer.getvalue()


def _pixel_format(codec: Codec, size: tuple[int, int], colour: str) -> str:
    if codec == "ffv1":
        return "bgr0"
    if codec == "h264" and colour == "4:2:0" and (size[0] % 2 or size[1] % 2):
        raise InputError(
            f"h264 with colour 4:2:0 needs even sides, got {size[0]} x {size[1]} pixels; resize "
            f"to {size[0] // 2 * 2 or 2} x {size[1] // 2 * 2 or 2}, or choose colour 4:4:4 or "
            "another codec"
        )
    return "yuv444p" if colour == "4:4:4" else "yuv420p"


def _frame(picture: Image.Image, pixels: str) -> Any:
    from av import VideoFrame

    if picture.mode == "RGBA":
        raise InputError(
            "no codec here keeps opacity; take three channels, or save an animated WebP or GIF"
        )
    frame = VideoFrame.from_ndarray(numpy.asarray(picture.convert("RGB")), format="rgb24")
    if not pixels.startswith("yuv"):
        return frame.reformat(format=pixels)
    return frame.reformat(
        format=pixels, dst_colorspace="ITU709", dst_color_range="MPEG", interpolation=FINE
    )
