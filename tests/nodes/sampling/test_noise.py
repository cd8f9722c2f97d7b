"""Noise depends on seed, sample and step, and on nothing else."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from weft import InputError
from weft_nodes.sampling.noise import SEEDS, draw, noise_source

SHAPE = (1, 4, 6, 5)


def test_first_draw_is_the_customary_one() -> None:
    expected = torch.randn(SHAPE, generator=torch.Generator().manual_seed(42))
    assert torch.equal(draw(42, SHAPE), expected)
    assert draw(42, SHAPE).dtype == torch.float32


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, SEEDS - 1),
    batch=st.integers(1, 4),
    step=st.integers(0, 50),
    side=st.integers(1, 5),
)
def test_a_sample_of_a_batch_is_the_single_picture_of_its_seed(
    seed: int, batch: int, step: int, side: int
) -> None:
    together = draw(seed, (batch, 3, side, 3), step)
    for i in range(batch):
        alone = draw((seed + i) % SEEDS, (1, 3, side, 3), step)
        assert torch.equal(together[i : i + 1], alone)


def test_every_step_draws_its_own_noise() -> None:
    draws = torch.stack([draw(5, (2, 4, 16, 16), step) for step in range(6)])
    flat = draws.transpose(0, 1).reshape(12, -1)
    correlation = torch.corrcoef(flat) - torch.eye(12)
    assert float(correlation.abs().max()) < 0.15
    assert float(flat.mean()) == pytest.approx(0, abs=0.05)
    assert float(flat.std()) == pytest.approx(1, abs=0.05)


def test_global_random_state_is_neither_read_nor_advanced() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = draw(3, SHAPE, 2)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(draw(3, SHAPE, 2), one)


def test_precision_does_not_change_the_field() -> None:
    """float64 and half-precision runs see the float32 field, cast."""
    for dtype in (torch.float64, torch.float16):
        source = noise_source(9, torch.zeros(SHAPE, dtype=dtype))
        assert torch.equal(source(3), draw(9, SHAPE, 3).to(dtype))


def test_a_continued_run_goes_on_with_its_draws() -> None:
    like = torch.zeros(SHAPE)
    assert torch.equal(noise_source(9, like, first_step=4)(2), noise_source(9, like)(6))


@pytest.mark.parametrize("seed", [-1, SEEDS])
def test_impossible_seeds_are_refused(seed: int) -> None:
    with pytest.raises(InputError, match="seed"):
        draw(seed, SHAPE)
    assert draw(SEEDS - 1, (2, 1, 2, 2)).shape == (2, 1, 2, 2)
