"""Nodes between pictures and clips."""

from __future__ import annotations

from typing import NamedTuple

from weft import Image, node
from weft_video.clip import Clip, Fps, exact_rate


class Frames(NamedTuple):
    """The frames of a clip as a batch of pictures."""

    image: Image
    fps: float
    frames: int


class Info(NamedTuple):
    """The measures of a clip."""

    width: int
    height: int
    frames: int
    fps: float
    seconds: float


@node("video:clip.from_images", lane="inline", title="Images to clip")
def from_images(image: Image, fps: Fps = 24.0) -> Clip:
    """Take a batch of pictures as the frames of a clip.

    image: the frames, in order.
    fps: frames per second; 23.976, 29.97 and the like mean the exact 24000/1001, 30000/1001, ...
    """
    return Clip(image, exact_rate(fps))


@node("video:clip.to_images", lane="inline", title="Clip to images")
def to_images(clip: Clip) -> Frames:
    """Take the frames of a clip as a batch of pictures, for any node that works on pictures.

    clip: the clip.
    """
    return Frames(clip.frames, float(clip.rate), len(clip.frames))


@node("video:clip.info", lane="inline", title="Clip info")
def info(clip: Clip) -> Info:
    """How large, how long and how fast a clip is.

    clip: the clip.
    """
    count, height, width = clip.frames.shape[:3]
    return Info(width, height, count, float(clip.rate), clip.seconds)
