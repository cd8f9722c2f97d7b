"""The frame tools, on clips whose frame i holds the number i."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from weft import InputError, pack_value, unpack_value
from weft.testing import FakeDevice
from weft_video.clip import Clip, exact_rate
from weft_video.nodes import clips, frames


def counting(count: int, rate: Fraction | int = 24, first: int = 0) -> Clip:
    values = torch.arange(first, first + count).float()
    return Clip(values[:, None, None, None].expand(count, 2, 3, 3).clone(), Fraction(rate))


def shown(clip: Clip) -> list[float]:
    flat = clip.frames.flatten(1)
    assert torch.equal(flat.amin(1), flat.amax(1)), "a frame is not flat any more"
    return [float(one) for one in flat[:, 0]]


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (24, Fraction(24)),
        (30.0, Fraction(30)),
        (12.5, Fraction(25, 2)),
        (1 / 3, Fraction(1, 3)),
    ],
)
def test_a_rate_is_exact(fps: float, rate: Fraction) -> None:
    made = clips.from_images(torch.zeros(2, 4, 4, 3), fps)
    assert made.rate == rate
    back = clips.to_images(made)
    assert exact_rate(back.fps) == rate
    assert back.frames == 2


def test_info_says_what_a_clip_measures() -> None:
    made = Clip(torch.zeros(36, 20, 30, 3), Fraction(24))
    assert clips.info(made) == (30, 20, 36, 24.0, 1.5)


def test_a_range_is_taken() -> None:
    clip = counting(10)
    assert shown(frames.range_of(clip, 3)) == [3, 4, 5, 6, 7, 8, 9]
    assert shown(frames.range_of(clip, 3, 2)) == [3, 4]
    third = frames.range_of(clip, 1, 3, 3)
    assert shown(third) == [1, 4, 7]
    assert third.rate == 8
    assert shown(frames.range_of(clip, 9, 5)) == [9]
    with pytest.raises(InputError, match="frames 0 to 9, got 10"):
        frames.range_of(clip, 10)


def test_backwards_and_back_and_forth() -> None:
    clip = counting(4)
    assert shown(frames.reverse(clip)) == [3, 2, 1, 0]
    assert shown(frames.boomerang(clip)) == [0, 1, 2, 3, 2, 1]
    assert shown(frames.boomerang(clip, repeat_ends=True)) == [0, 1, 2, 3, 3, 2, 1, 0]
    assert shown(frames.boomerang(counting(1))) == [0]
    assert shown(frames.boomerang(counting(2))) == [0, 1]
    assert shown(frames.loop(counting(2), 3)) == [0, 1, 0, 1, 0, 1]


def test_a_clip_that_would_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="at most 100,000 frames"):
        frames.loop(counting(11), 10_000)


def test_another_rate_takes_the_nearest_frames() -> None:
    clip = counting(8, 8)
    assert shown(frames.resample(clip, 4)) == [0, 2, 4, 6]
    assert shown(frames.resample(clip, 16))[:6] == [0, 1, 1, 2, 2, 3]
    slow = frames.resample(clip, 5)
    assert shown(slow) == [0, 2, 3, 5, 6]  # places 0, 1.6, 3.2, 4.8, 6.4
    assert slow.rate == 5
    assert torch.equal(frames.resample(clip, 8).frames, clip.frames)
    assert shown(frames.resample(counting(1, 24), 1)) == [0]


def test_another_rate_blends_between_frames() -> None:
    # A clip whose value is the place in it: blending is exact, but past the last frame.
    made = frames.resample(counting(8, 8), 20, "blend")
    assert shown(made) == pytest.approx([min(7, index * 0.4) for index in range(20)], abs=1e-5)
    same = frames.resample(counting(5, 24), 24, "blend")
    assert torch.equal(same.frames, counting(5).frames)


@pytest.mark.parametrize("rate", [24, Fraction(30000, 1001), Fraction(1, 3)])
@pytest.mark.parametrize("fps", [0.5, 7, 24, 59.94, 240])
def test_it_lasts_as_long_at_any_rate(rate: Fraction | int, fps: float) -> None:
    clip = counting(17, rate)
    for method in ("nearest", "blend"):
        made = frames.resample(clip, fps, method)
        assert made.rate == exact_rate(fps)
        if clip.seconds * fps >= 0.5:
            assert abs(made.seconds - clip.seconds) <= 0.5 / fps + 1e-9


def test_two_clips_cross() -> None:
    joined = frames.crossfade(counting(5), counting(4, first=10), 2)
    assert shown(joined) == pytest.approx([0, 1, 2, 3 + 7 / 3, 4 + 2 / 3 * 7, 12, 13])
    assert shown(frames.crossfade(counting(2), counting(2, first=8), 0)) == [0, 1, 8, 9]
    assert shown(frames.crossfade(counting(1), counting(1, first=8), 1)) == [4]


def test_clips_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InputError, match="one rate, got 24 and 25"):
        frames.crossfade(counting(5), counting(5, 25), 2)
    with pytest.raises(InputError, match=r"frames: at most 3, .* got 4"):
        frames.crossfade(counting(5), counting(3), 4)
    wide = Clip(torch.zeros(5, 2, 4, 3), Fraction(24))
    with pytest.raises(InputError, match="3 x 2 in 3 channels and 4 x 2 in 3 channels"):
        frames.crossfade(counting(5), wide, 2)


def test_no_tool_changes_or_shares_what_it_is_given() -> None:
    clip, other = counting(6), counting(6, first=9)
    made = [
        frames.range_of(clip),
        frames.reverse(clip),
        frames.boomerang(clip),
        frames.loop(clip, 1),
        frames.resample(clip, 24),
        frames.resample(clip, 24, "blend"),
        frames.crossfade(clip, other, 3),
    ]
    for one in made:
        one.frames.fill_(-1)
    assert shown(clip) == [0, 1, 2, 3, 4, 5]
    assert shown(other) == [9, 10, 11, 12, 13, 14]


@pytest.mark.parametrize(
    ("count", "places"), [(1, [0]), (3, [0, 1, 2]), (31, list(range(0, 31, 2)))]
)
def test_a_look_at_a_clip_takes_a_few_frames(count: int, places: list[int]) -> None:
    frames = torch.arange(count).float().view(-1, 1, 1, 1).expand(-1, 2, 2, 3) / 100
    shown = Clip(frames, Fraction(24)).weft_shown()
    assert [round(float(one.max()) * 100) for one in shown] == places


@pytest.mark.parametrize("lossless", [True, False])
def test_a_clip_comes_back_from_the_cache_bit_for_bit(lossless: bool) -> None:
    frames = torch.arange(256).float().div_(255).view(4, 8, 8, 1).expand(-1, -1, -1, 3)
    clip = Clip(frames if lossless else frames * 0.999, Fraction(30000, 1001))
    packed = pack_value(clip)
    again = unpack_value(packed, "cpu")
    assert isinstance(again, Clip)
    assert torch.equal(again.frames, clip.frames)
    assert (again.frames.dtype, again.rate) == (torch.float32, clip.rate)
    # A byte a value, where that is all there is to it.
    size = frames.numel() * (1 if lossless else 4)
    assert size < len(packed) < size + 1000


def test_a_clip_moves_between_devices() -> None:
    with FakeDevice() as device:
        clip = Clip(torch.rand(3, 4, 4, 3), Fraction(24))
        away = clip.weft_moved(device.name)
        assert away.frames.device.type == torch.device(device.name).type
        assert torch.equal(away.weft_moved("cpu").frames, clip.frames)
        assert away.rate == clip.rate
