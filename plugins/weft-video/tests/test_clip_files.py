"""Clips to files and back: pixels, rates, counts, opacity, and what a file says of itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from weft import Context, InputError, Workflow
from weft_video.clip import Clip, exact_rate
from weft_video.files.provenance import workflow_in
from weft_video.nodes import files

Save = Callable[..., None]
WORKFLOW = Workflow.from_data(
    {"weft": 1, "nodes": {"umlaut": {"type": "text.encode", "version": 1, "values": {"text": "ä"}}}}
)


class Recorder(Context):
    """A context with nothing behind it that keeps what a node gives out."""

    def __init__(self, folder: Path) -> None:
        super().__init__(output_dir=folder, workflow=json.loads(WORKFLOW.dumps()))
        self.items: list[dict[str, Any]] = []

    def output(self, item: dict[str, Any]) -> None:
        self.items.append(item)


def moving(count: int = 12, height: int = 48, width: int = 64) -> Tensor:
    """Soft colours that wander, exactly on the 8-bit levels."""
    time = torch.arange(count)[:, None, None] / 6
    y = torch.arange(height)[None, :, None] / 20
    x = torch.arange(width)[None, None, :] / 20
    red, green, blue = (x + time).sin() + 0 * y, (y - time).cos() + 0 * x, (x + y + time).sin()
    frames = torch.stack([red, green, blue], dim=-1) / 2 + 0.5
    return (frames * 255).round() / 255


def numbered(count: int, width: int = 32, height: int = 32) -> Tensor:
    """Frame i is grey of level 4 i, which no codec mistakes for another."""
    levels = torch.arange(count) * 4 / 255
    return levels[:, None, None, None].expand(count, height, width, 3).clone()


def numbers(clip: Clip) -> list[int]:
    """Which frames of `numbered` a clip shows."""
    return [round(float(one.mean()) * 255 / 4) for one in clip.frames]


def psnr(one: Tensor, two: Tensor) -> float:
    """Peak signal-to-noise ratio in dB."""
    assert one.shape == two.shape
    return -10 * math.log10(float((one - two).square().mean()) + 1e-12)


def saved(folder: Path, save: Save, clip: Clip, **more: Any) -> Path:
    context = Recorder(folder)
    save(clip, context, **more)
    (item,) = context.items
    path = Path(item["path"])
    count, height, width = clip.frames.shape[:3]
    assert (item["frames"], item["width"], item["height"]) == (count, width, height)
    assert item["fps"] == float(clip.rate)
    assert item["bytes"] == path.stat().st_size
    return path


def loaded(path: Path, **more: Any) -> files.Loaded:
    return files.load(str(path), Context.null(), **more)


WAYS: list[tuple[Save, dict[str, Any], str]] = [
    (files.save, {"codec": "h264"}, ".mp4"),
    (files.save, {"codec": "vp9"}, ".webm"),
    (files.save, {"codec": "ffv1"}, ".mkv"),
    (files.save_webp, {}, ".webp"),
    (files.save_webp, {"lossless": True}, ".webp"),
    (files.save_gif, {}, ".gif"),
]


@pytest.mark.parametrize("fps", [8, 12.5, 24, 29.97])
@pytest.mark.parametrize(
    ("save", "options"), [(files.save, {"codec": "ffv1"}), (files.save_webp, {"lossless": True})]
)
def test_what_is_lossless_comes_back_to_the_last_bit(
    save: Save, options: dict[str, Any], fps: float, tmp_path: Path
) -> None:
    clip = Clip(moving(), exact_rate(fps))
    back = loaded(saved(tmp_path, save, clip, **options)).clip
    assert torch.equal(back.frames, clip.frames)
    assert back.rate == clip.rate


# 38 dB are an error of 3 levels of 255, as codecs make at these qualities. Read with the colour
# matrix of the other standard, or the other range, this clip would come back at 28 dB.
@pytest.mark.parametrize(
    ("save", "options"),
    [
        (files.save, {"codec": "h264"}),
        (files.save, {"codec": "h264", "colour": "4:4:4"}),
        (files.save, {"codec": "vp9"}),
        (files.save_webp, {"quality": 90}),
    ],
)
def test_what_is_lossy_comes_back_nearly(
    save: Save, options: dict[str, Any], tmp_path: Path
) -> None:
    clip = Clip(moving(), exact_rate(23.976))
    back = loaded(saved(tmp_path, save, clip, **options)).clip
    assert psnr(back.frames, clip.frames) > 38
    assert (back.frames - clip.frames).mean().abs() < 1 / 255, "it is lighter or darker"
    assert back.rate == clip.rate == Fraction(24000, 1001)


def test_more_quality_is_nearer_and_larger(tmp_path: Path) -> None:
    clip = Clip(moving(), Fraction(24))
    for save in (files.save, files.save_webp):
        low, high = (saved(tmp_path, save, clip, quality=one) for one in (20, 90))
        assert low.stat().st_size < high.stat().st_size
        frames = [loaded(one).clip.frames for one in (low, high)]
        assert psnr(frames[0], clip.frames) < psnr(frames[1], clip.frames)


def test_colour_stays_in_its_place(tmp_path: Path) -> None:
    """Half a pixel to one side, as where nobody says where colour was put, would be 37 dB."""
    frames = torch.nn.functional.avg_pool2d(moving(4, 96, 128).permute(0, 3, 1, 2), 2)
    clip = Clip(frames.permute(0, 2, 3, 1), Fraction(24))
    for codec in ("h264", "vp9"):
        back = loaded(saved(tmp_path, files.save, clip, codec=codec, quality=100)).clip
        assert psnr(back.frames, clip.frames) > 41


def test_a_gif_of_few_colours_keeps_them(tmp_path: Path) -> None:
    frames = torch.zeros(6, 40, 40, 3)
    frames[:, 10:20, 10:20] = torch.tensor([200, 30, 40]) / 255
    for index in range(6):
        frames[index, 25:30, 5 * index : 5 * index + 10] = torch.tensor([0, 255, 128]) / 255
    clip = Clip(frames, Fraction(25))
    back = loaded(saved(tmp_path, files.save_gif, clip, colours=8, dither=False)).clip
    assert torch.equal(back.frames, frames)
    assert back.rate == 25


def test_a_gif_of_many_colours_has_one_palette(tmp_path: Path) -> None:
    path = saved(tmp_path, files.save_gif, Clip(moving(), Fraction(12)))
    back = loaded(path).clip
    # 255 colours in a cube of 256^3 are about 40 levels apart: an error of 12 levels is 26 dB.
    assert psnr(back.frames, moving()) > 26
    assert len(torch.unique(back.frames.view(-1, 3), dim=0)) <= 255


@pytest.mark.parametrize(("save", "options", "suffix"), WAYS)
def test_the_same_clip_gives_the_same_bytes_and_carries_its_workflow(
    save: Save, options: dict[str, Any], suffix: str, tmp_path: Path
) -> None:
    clip = Clip(moving(5), Fraction(24))
    first, second = (saved(tmp_path, save, clip, prefix="a/b", **options) for _ in range(2))
    assert first == tmp_path / f"a/b_00001{suffix}"
    assert second == tmp_path / f"a/b_00002{suffix}"
    assert first.read_bytes() == second.read_bytes()
    assert workflow_in(first) == WORKFLOW
    assert torch.equal(clip.frames, moving(5)), "the clip was changed"


@pytest.mark.parametrize("save", [files.save_webp, files.save_gif])
def test_frames_alike_are_stored_once_and_come_back(save: Save, tmp_path: Path) -> None:
    frames = numbered(6, 16, 16)[[1, 1, 1, 2, 0, 4, 4, 5, 5, 5]] * 8
    clip = Clip(frames, Fraction(24))
    back = loaded(saved(tmp_path, save, clip)).clip
    assert len(back.frames) == 10
    assert back.rate == 24


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    for save, options, _ in WAYS:
        back = loaded(saved(tmp_path, save, Clip(moving(1), Fraction(10)), **options)).clip
        assert len(back.frames) == 1


@pytest.mark.parametrize("codec", ["h264", "vp9", "ffv1"])
def test_a_part_is_what_was_asked_for(codec: str, tmp_path: Path) -> None:
    path = saved(tmp_path, files.save, Clip(numbered(60), Fraction(20)), codec=codec)
    assert numbers(loaded(path, count=4).clip) == [0, 1, 2, 3]
    assert numbers(loaded(path, start=0.5, count=3).clip) == [10, 11, 12]
    assert numbers(loaded(path, start=2.5, count=3).clip) == [50, 51, 52]  # by seeking
    assert numbers(loaded(path, start=2.9).clip) == [58, 59]
    every = loaded(path, every=7).clip
    assert numbers(every) == [0, 7, 14, 21, 28, 35, 42, 49, 56]
    assert every.rate == Fraction(20, 7)


def test_another_rate_shows_what_a_player_would(tmp_path: Path) -> None:
    path = saved(tmp_path, files.save, Clip(numbered(20), Fraction(20)), codec="ffv1")
    slower = loaded(path, fps=8).clip
    assert slower.rate == 8
    assert numbers(slower) == [0, 2, 5, 7, 10, 12, 15, 17]
    faster = loaded(path, fps=50, start=0.1, count=6).clip
    assert numbers(faster) == [2, 2, 2, 3, 3, 4]
    both = loaded(path, fps=10, every=3).clip
    assert numbers(both) == [0, 6, 12, 18]
    assert both.rate == Fraction(10, 3)


def written(
    path: Path, frames: Tensor, times: list[int], pixels: str = "bgr0", turn: int = 0
) -> Path:
    """A video with frames at times of its own, in hundredths of a second."""
    import av

    h264 = path.suffix == ".mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264" if h264 else "ffv1", rate=100)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        if turn:
            stream.set_display_rotation(turn)
        for one, time in zip(frames, times, strict=True):
            pixel = (one * 255).round().to(torch.uint8).numpy()
            frame = av.VideoFrame.from_ndarray(pixel, format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = time, Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_rate_that_varies_is_made_even(tmp_path: Path) -> None:
    path = written(tmp_path / "phone.mkv", numbered(4), [0, 10, 50, 60])
    assert numbers(loaded(path).clip) == [0, 1, 2, 3]
    assert numbers(loaded(path, fps=10, count=6).clip) == [0, 1, 1, 1, 1, 2]
    assert numbers(loaded(path, fps=10, count=2, start=0.3).clip) == [1, 1]


@pytest.mark.parametrize("suffix", [".mov", ".avi", ".ts", ".flv", ".mpg", ".h264"])
def test_other_containers_are_read(suffix: str, tmp_path: Path) -> None:
    import av

    path = tmp_path / f"other{suffix}"
    with av.open(str(path), "w") as container:
        codec = "mpeg2video" if suffix == ".mpg" else "libx264"
        stream: Any = container.add_stream(codec, rate=25)
        stream.width = stream.height = 32
        for level in range(30):
            pixels = torch.full((32, 32, 3), 4 * level, dtype=torch.uint8).numpy()
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    clip = loaded(path).clip
    assert clip.rate == 25
    assert numbers(clip) == [*range(30)]


def test_a_picture_taken_sideways_comes_upright(tmp_path: Path) -> None:
    frames = torch.zeros(3, 32, 48, 3)
    frames[:, :16, :24] = 1  # white at the upper left
    path = written(tmp_path / "phone.mp4", frames, [0, 4, 8], "yuv420p", turn=90)
    upright = loaded(path).clip.frames
    assert upright.shape == (3, 48, 32, 3)
    # Counter-clockwise: what was on the left is at the bottom.
    assert upright[0, 24:, :16].mean() > 0.9
    assert upright[0, :24].mean() < 0.1


def test_frames_are_reduced_to_the_longest_side(tmp_path: Path) -> None:
    clip = Clip(moving(4, 40, 80), Fraction(24))
    for save, options, _ in WAYS:
        small = loaded(saved(tmp_path, save, clip, **options), max_side=40).clip.frames
        assert small.shape == (4, 20, 40, 3)
        area = torch.nn.functional.avg_pool2d(clip.frames.permute(0, 3, 1, 2), 2)
        # Half a pixel out of place would be 24 dB.
        assert psnr(small, area.permute(0, 2, 3, 1)) > (24 if save is files.save_gif else 30)


def test_more_than_eight_bits_are_kept(tmp_path: Path) -> None:
    import av
    import numpy

    ramp = numpy.arange(64 * 64, dtype=numpy.uint16).reshape(64, 64) * 16
    path = tmp_path / "deep.mkv"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("ffv1", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "gbrp16le"
        frame = av.VideoFrame.from_ndarray(numpy.stack([ramp] * 3, -1), format="rgb48le")
        container.mux(stream.encode(frame.reformat(format="gbrp16le")))
        container.mux(stream.encode())
    back = loaded(path).clip.frames[0, ..., 1]
    expected = torch.from_numpy(ramp.astype(numpy.float32) / 65535)
    torch.testing.assert_close(back, expected, atol=1.5 / 65535, rtol=0)


def see_through() -> Tensor:
    opacity = torch.zeros(4, 32, 32, 1)
    for index in range(4):
        opacity[index, 8:24, 4 * index : 4 * index + 12] = 1
    return torch.cat([torch.full((4, 32, 32, 3), 0.6), opacity], dim=-1)


def test_opacity_comes_back_as_a_mask(tmp_path: Path) -> None:
    frames = see_through()
    clip = Clip(frames, Fraction(20))
    for save, options in ((files.save_webp, {"lossless": True}), (files.save_gif, {})):
        back = loaded(saved(tmp_path, save, clip, **options))
        assert torch.equal(back.mask, frames[..., 3])
        assert back.clip.frames.shape == (4, 32, 32, 3)
    opaque = loaded(saved(tmp_path, files.save_webp, Clip(moving(), Fraction(20))))
    assert opaque.mask.shape == (12, 48, 64)
    assert opaque.mask.min() == 1


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    context = Context.null(output_dir=tmp_path)
    with pytest.raises(InputError, match=r"even sides, got 33 x 24 pixels; resize to 32 x 24"):
        files.save(Clip(moving(2, 24, 33), Fraction(24)), context)
    with pytest.raises(InputError, match="keeps opacity"):
        files.save(Clip(see_through(), Fraction(24)), context)
    with pytest.raises(InputError, match="at most 50 frames per second, got 60"):
        files.save_gif(Clip(moving(2), Fraction(60)), context)
    with pytest.raises(InputError, match="NaN"):
        files.save(Clip(moving(2) * math.nan, Fraction(24)), context)
    with pytest.raises(InputError, match=r"\.\."):
        files.save_webp(Clip(moving(2), Fraction(24)), context, prefix="../out")
    assert not list(tmp_path.rglob("*")), "something was left"
    odd = Clip(moving(2, 23, 33), Fraction(24))
    for save, options in ((files.save, {"codec": "vp9"}), (files.save, {"colour": "4:4:4"})):
        assert loaded(saved(tmp_path, save, odd, **options)).clip.frames.shape == (2, 23, 33, 3)
