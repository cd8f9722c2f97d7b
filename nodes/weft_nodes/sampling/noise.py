"""Gaussian noise that depends on the seed, the sample and the step, and on nothing else.

Everything is drawn on the CPU in float32 and then moved and cast, so a seed means the same picture
on every device. Sample i of a batch is drawn by itself with seed + i, so it equals the single
sample of that seed, in the first draw and in all later ones. The first draw is
`torch.randn(shape, generator=torch.Generator().manual_seed(seed))`, as is customary. Later draws
get a generator of their own, seeded by a hash of (seed, step): what was drawn before, where a run
was cut, and how large the batch is, change nothing.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

import torch
from torch import Tensor

from weft import InputError
from weft_nodes.sampling.evaluate import NoiseSource

SEEDS = 2**64


def draw(seed: int, shape: Sequence[int], step: int = 0) -> Tensor:
    """One draw for a whole batch: float32 on the CPU, in the given shape [B, ...].

    step: 0 for the noise a run starts from, k for what step k adds.
    """
    if not 0 <= seed < SEEDS:
        raise InputError(f"a seed must be at least 0 and below 2^64, got {seed}")
    batch, *rest = shape
    return torch.cat([_draw_one((seed + i) % SEEDS, rest, step) for i in range(batch)])


def noise_source(
    seed: int, like: Tensor, device: str | None = None, first_step: int = 0
) -> NoiseSource:
    """All draws of a run, shaped and cast like a state, on the device or else where the state is.

    first_step: number of steps done before, where a run continues one that was cut.
    """
    shape, dtype = like.shape, like.dtype
    place = torch.device(device) if device is not None else like.device

    def source(step: int) -> Tensor:
        drawn = draw(seed, shape, step + first_step).to(dtype)
        if place.type == "cuda":
            # From pinned memory the copy is queued like a kernel; else it waits for all before it.
            return drawn.pin_memory().to(place, non_blocking=True)
        return drawn.to(place)

    return source


def _draw_one(seed: int, shape: Sequence[int], step: int) -> Tensor:
    key = seed
    if step != 0:
        digest = hashlib.blake2b(struct.pack("<QQ", seed, step), digest_size=8, person=b"weft")
        key = int.from_bytes(digest.digest(), "little")
    generator = torch.Generator(device="cpu").manual_seed(key)
    return torch.randn((1, *shape), generator=generator, dtype=torch.float32, device="cpu")
