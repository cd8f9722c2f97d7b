"""Nodes that choose, order and mix the frames of clips."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Annotated, Literal

from weft import InputError, Range, node
from weft_video.clip import Clip, Fps, check_room, exact_rate

Place = Annotated[int, Range(0, 10_000_000)]


@node("video:clip.range", title="Range of frames")
def range_of(
    clip: Clip,
    start: Place = 0,
    count: Place = 0,
    every: Annotated[int, Range(1, 10_000)] = 1,
) -> Clip:
    """Take some of the frames of a clip.

    clip: the clip.
    start: the first frame, counted from 0.
    count: how many frames, at most; 0 takes all that follow.
    every: take every n-th frame; the clip then has an n-th of the rate, and lasts as long.
    """
    there = len(clip.frames)
    if start >= there:
        raise InputError(f"start: the clip has frames 0 to {there - 1}, got {start}")
    places = range(start, there, every)
    taken = clip.picked(places[:count] if count else places)
    return Clip(taken.frames, clip.rate / every)


@node("video:clip.reverse", title="Reverse clip")
def reverse(clip: Clip) -> Clip:
    """Play a clip backwards.

    clip: the clip.
    """
    return clip.with_frames(clip.frames.flip(0))


@node("video:clip.boomerang", title="Boomerang")
def boomerang(clip: Clip, repeat_ends: bool = False) -> Clip:
    """Play a clip forwards and then backwards, so that it can go on for ever.

    clip: the clip, of T frames.
    repeat_ends: show the first and the last frame twice in each round: 2 T frames. Without, no
        frame is shown twice in a row, and there are 2 T - 2.
    """
    there = len(clip.frames)
    back = range(there - 1, -1, -1) if repeat_ends else range(there - 2, 0, -1)
    return clip.picked([*range(there), *back])


@node("video:clip.loop", title="Repeat clip")
def loop(clip: Clip, times: Annotated[int, Range(1, 10_000)] = 2) -> Clip:
    """Play a clip several times.

    clip: the clip.
    times: how often in all.
    """
    check_room(len(clip.frames) * times, clip.frames.shape[2], clip.frames.shape[1])
    return clip.picked([*range(len(clip.frames))] * times)


@node("video:clip.resample", title="Change frame rate")
def resample(clip: Clip, fps: Fps = 24.0, method: Literal["nearest", "blend"] = "nearest") -> Clip:
    """Change the rate of a clip; it lasts as long as before, to the nearest frame.

    Frame k of the result shows the clip at k / fps seconds.

    clip: the clip.
    fps: frames per second.
    method: nearest takes the frame that is nearest in time; blend mixes the two it lies between,
        which is smoother and blurs what moves.
    """
    import torch

    rate, there = exact_rate(fps), len(clip.frames)
    count = max(1, floor(there * rate / clip.rate + Fraction(1, 2)))
    check_room(count, clip.frames.shape[2], clip.frames.shape[1])
    places = [index * clip.rate / rate for index in range(count)]
    if method == "nearest":
        nearest = [min(there - 1, floor(place + Fraction(1, 2))) for place in places]
        return Clip(clip.picked(nearest).frames, rate)
    left = [min(there - 1, floor(place)) for place in places]
    right = [min(there - 1, one + 1) for one in left]
    parts = [float(place - one) for place, one in zip(places, left, strict=True)]
    weight = torch.tensor(parts, device=clip.frames.device)[:, None, None, None]
    return Clip(torch.lerp(clip.picked(left).frames, clip.picked(right).frames, weight), rate)


@node("video:clip.crossfade", title="Crossfade")
def crossfade(first: Clip, second: Clip, frames: Place = 12) -> Clip:
    """Play one clip and then another, with a soft change between them.

    first: the clip that is played first.
    second: the clip that follows, of the same size and rate.
    frames: how many frames of both are shown at once, one fading into the other; 0 cuts hard.
    """
    import torch

    one, two = first.frames, second.frames
    if one.shape[1:] != two.shape[1:]:
        sizes = " and ".join(
            f"{each.shape[2]} x {each.shape[1]} in {each.shape[3]} channels" for each in (one, two)
        )
        raise InputError(f"clips to join have one size and as many channels, got {sizes}")
    if first.rate != second.rate:
        raise InputError(
            f"clips to join have one rate, got {float(first.rate):g} and {float(second.rate):g} "
            "frames per second; change the rate of one"
        )
    if frames > min(len(one), len(two)):
        raise InputError(
            f"frames: at most {min(len(one), len(two))}, since the clips have {len(one)} and "
            f"{len(two)}; got {frames}"
        )
    check_room(len(one) + len(two) - frames, one.shape[2], one.shape[1])
    two = two.to(one.device)
    before, after = one[: len(one) - frames], two[frames:]
    steps = torch.arange(1, frames + 1, device=one.device, dtype=one.dtype) / (frames + 1)
    mixed = torch.lerp(one[len(one) - frames :], two[:frames], steps[:, None, None, None])
    return first.with_frames(torch.cat([before, mixed, after]))
