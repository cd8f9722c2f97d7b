"""Files that are no clips, or only half of one, or meant to harm: refused in words, and at once."""

from __future__ import annotations

import random
import struct
import zlib
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest
import torch

from weft import Context, InputError
from weft_nodes.images.encode import pictures
from weft_video import clip as clips
from weft_video.clip import Clip, check_room, exact_rate
from weft_video.files import encode
from weft_video.files.animate import gif, webp
from weft_video.nodes import files

SUFFIXES = {"h264": ".mp4", "vp9": ".webm", "ffv1": ".mkv"}


def noisy(count: int = 10) -> Clip:
    """Pictures that do not compress, so that every part of a file matters."""
    drawn = torch.rand(count, 32, 32, 3, generator=torch.Generator().manual_seed(0))
    return Clip(drawn, Fraction(10))


def contents() -> dict[str, bytes]:
    """A good file of every format, by its suffix."""
    clip = noisy()
    shown = list(pictures(clip.frames))
    made = {
        SUFFIXES[codec]: encode.encoded(shown, (32, 32), clip.rate, codec, 60)
        for codec in encode.FORMS
    }
    made[".webp"] = webp(shown, clip.rate, 0, 60, False, {})
    made[".gif"] = gif(shown, clip.rate, 0, 255, False, {})
    return made


GOOD = contents()


def load(path: Path, content: bytes | str) -> Clip:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return files.load(str(path), Context.null()).clip


@pytest.mark.parametrize("suffix", sorted(GOOD))
def test_a_file_that_was_cut_off_is_refused(suffix: str, tmp_path: Path) -> None:
    whole = GOOD[suffix]
    assert len(load(tmp_path / f"whole{suffix}", whole).frames) == 10
    for share in (0.01, *(index / 24 for index in range(1, 20))):
        with pytest.raises(InputError, match=rf"cut{suffix}.* (damaged|cannot be read|no frames)"):
            load(tmp_path / f"cut{suffix}", whole[: int(len(whole) * share)])


@pytest.mark.parametrize("suffix", sorted(GOOD))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(suffix: str, tmp_path: Path) -> None:
    chance = random.Random(suffix)
    for _ in range(25):
        content = bytearray(GOOD[suffix])
        for _ in range(chance.choice([1, 4, 16])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            frames = load(tmp_path / f"damaged{suffix}", bytes(content)).frames
        except InputError:
            continue
        assert 0 <= frames.min() <= frames.max() <= 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a text",
        "ffconcat version 1.0\nfile 'secret.mkv'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mkv\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "RIFF\x10\x00\x00\x00WEBPVP8 ",
        "GIF89a",
        "\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_clip_is_refused_and_names_no_other_file(content: str, tmp_path: Path) -> None:
    """Playlists and the like would have FFmpeg open what they name."""
    (tmp_path / "secret.mkv").write_bytes(GOOD[".mkv"])
    for suffix in (".mp4", ".m3u8", ".ffconcat", ".sdp"):
        with pytest.raises(InputError, match="cannot be read as a moving picture"):
            load(tmp_path / f"given{suffix}", content.encode("latin-1"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in (str(tmp_path / "none.mp4"), str(tmp_path), "x" * 5000, "", "http://127.0.0.1/a"):
        with pytest.raises(InputError, match="there is no file"):
            files.load(name, Context.null())


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    import wave

    buffer = BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "none"))
        sound.writeframes(bytes(1600))
    with pytest.raises(InputError, match="moving picture"):
        load(tmp_path / "sound.wav", buffer.getvalue())


def test_huge_frames_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99)))
    with pytest.raises(InputError, match="too large"):
        load(tmp_path / "bomb.png", bomb)
    with pytest.raises(InputError, match="too large"):
        load(tmp_path / "bomb.gif", GOOD[".gif"][:6] + bytes([255] * 4) + GOOD[".gif"][10:])


def test_more_frames_than_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MAX_PIXELS", 5 * 32 * 32)
    for suffix in SUFFIXES.values():
        path = tmp_path / f"long{suffix}"
        with pytest.raises(InputError, match=r"at most 5 frames of 32 x 32 pixels, got 1\d; take"):
            load(path, GOOD[suffix])
        assert len(files.load(str(path), Context.null(), count=5).clip.frames) == 5


def test_a_stream_that_changes_its_size_is_refused(tmp_path: Path) -> None:
    import av

    parts = []
    for side in (32, 48):
        buffer = BytesIO()
        with av.open(buffer, "w", format="h264") as container:
            stream = container.add_stream("libx264", rate=10, options={"bf": "0"})
            stream.width = stream.height = side
            for _ in range(4):
                container.mux(stream.encode(av.VideoFrame(side, side, "yuv420p")))
            container.mux(stream.encode())
        parts.append(buffer.getvalue())
    with pytest.raises(InputError, match=r"changes its size from 32 x 32 to 48 x 48 at frame 4"):
        load(tmp_path / "changing.h264", b"".join(parts))


def test_a_start_after_the_end_is_refused(tmp_path: Path) -> None:
    for suffix, content in GOOD.items():
        path = tmp_path / f"short{suffix}"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"start: .* lasts 1\.00 seconds, got 7"):
            files.load(str(path), Context.null(), start=7.0)


def test_rates_and_clips_that_make_no_sense_are_refused() -> None:
    for fps in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="a frame rate is a number above 0"):
            exact_rate(fps)
    with pytest.raises(InputError, match="a frame rate is above 0"):
        Clip(torch.zeros(1, 2, 2, 3), Fraction(0))
    with pytest.raises(InputError, match="a clip has frames"):
        Clip(torch.zeros(0, 2, 2, 3), Fraction(24))
    with pytest.raises(InputError, match="at most 100,000 frames"):
        check_room(100_001, 1, 1)


def test_cancelling_stops_the_reading(tmp_path: Path) -> None:
    import threading

    from weft import Cancelled

    path = tmp_path / "whole.mkv"
    path.write_bytes(GOOD[".mkv"])
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        files.load(str(path), Context(cancelled=stop))
