"""Ways from one noise, or one prompt, to the next, in as many steps as there are frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from weft import InputError
from weft_nodes.kinds import Conditioning

Ease = Literal["linear", "smooth"]


def stations(
    stops: int, frames: int, *, loop: bool, ease: Ease = "linear"
) -> list[tuple[int, int, float]]:
    """For each frame the two stops it lies between, and how far it is from the first of them.

    From the first stop to the last, both included; with `loop` on to the first again, which the
    frame after the last one would show. ease: "smooth" slows down at each stop, by 3 t^2 - 2 t^3.
    """
    found = []
    for index in range(frames):
        if loop:
            place = index * stops / frames
        else:
            place = index * (stops - 1) / (frames - 1) if frames > 1 else 0.0
        left = min(math.floor(place), stops - 1)
        part = place - left
        if ease == "smooth":
            part = part * part * (3 - 2 * part)
        found.append((left, (left + 1) % stops if loop else min(left + 1, stops - 1), part))
    return found


def slerp(one: Tensor, two: Tensor, part: float) -> Tensor:
    """From one Gaussian noise to another along the arc between them (Shoemake 1985).

    A straight line between two noises of n values passes near the middle of their sphere, at a
    norm about 0.7 times too small, where no noise lies (White 2016, arXiv:1609.04468).
    """
    if part == 0:
        return one
    a, b = one.flatten().double(), two.flatten().double()
    cosine = float((a @ b) / (a.norm() * b.norm()))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    if angle < 1e-6 or math.pi - angle < 1e-6:  # no arc, or every arc: the straight line
        return torch.lerp(one, two, part)
    left = math.sin((1 - part) * angle) / math.sin(angle)
    right = math.sin(part * angle) / math.sin(angle)
    return left * one + right * two


def blend(prompts: Sequence[Conditioning], way: Sequence[tuple[int, int, float]]) -> Conditioning:
    """A prompt for each frame: embeddings [frames, tokens, width], mixed linearly.

    Raises InputError for prompts of several shapes, or of several in one.
    """
    shapes = {(tuple(one.embeddings.shape), one.pooled is None) for one in prompts}
    if len(shapes) > 1 or any(one.embeddings.shape[0] != 1 for one in prompts):
        given = ", ".join(str(list(one.embeddings.shape)) for one in prompts)
        raise InputError(
            f"a walk goes between single prompts [1, tokens, width] of one encoder, got {given}"
        )
    embeddings = _mixed([one.embeddings for one in prompts], way)
    pooled = [one.pooled for one in prompts if one.pooled is not None]
    return Conditioning(embeddings, _mixed(pooled, way) if pooled else None)


def _mixed(stops: Sequence[Tensor], way: Sequence[tuple[int, int, float]]) -> Tensor:
    joined = torch.cat([one.to(stops[0].device) for one in stops])
    left = joined[[one for one, _, _ in way]]
    right = joined[[two for _, two, _ in way]]
    parts = torch.tensor([part for _, _, part in way], dtype=joined.dtype, device=joined.device)
    return torch.lerp(left, right, parts.view(-1, *[1] * (joined.ndim - 1)))
