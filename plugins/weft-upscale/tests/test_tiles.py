"""Tiles cover a picture, fit the network's needs, and add up to the whole picture's result."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_upscalers import model_of, picture, run

from weft import InputError
from weft_upscale.tiles import Span, spans, weights


@given(
    length=st.integers(1, 3000),
    overlap=st.integers(0, 64),
    more=st.integers(0, 400),
    multiple_of=st.sampled_from([1, 2, 4, 7, 16]),
    scale=st.sampled_from([1, 2, 4]),
)
@settings(max_examples=150, deadline=None)
def test_spans_cover_the_length(
    length: int, overlap: int, more: int, multiple_of: int, scale: int
) -> None:
    tile = max(2 * overlap, overlap + 2 * multiple_of) + multiple_of + more
    row = spans(length, tile, overlap, multiple_of)
    assert row[0].start == 0
    assert row[-1].end == length
    for span in row:
        assert 0 < span.end - span.start <= tile
        assert span.start % multiple_of == 0
    for left, right in pairwise(row):
        assert left.end - right.start >= overlap
        assert left.end % multiple_of == 0
    total = torch.zeros(length * scale, dtype=torch.float64)
    for span, part in zip(row, weights(row, scale), strict=True):
        assert bool((part >= 0).all())
        total[span.start * scale : span.end * scale] += part
    torch.testing.assert_close(total, torch.ones_like(total), atol=1e-6, rtol=0)


def test_tiles_are_few_and_about_equal() -> None:
    assert spans(600, 512, 32) == [Span(0, 316), Span(284, 600)]
    assert spans(512, 512, 32) == [Span(0, 512)]
    assert spans(5000, 0, 32) == [Span(0, 5000)]


def test_the_outer_quarter_of_the_overlap_does_not_count() -> None:
    left, right = weights(spans(600, 512, 32), 1)
    assert bool((left[-8:] == 0).all())
    assert bool((right[:8] == 0).all())
    assert 0 < left[-9] < left[-24] < 1
    assert left[-25] == 1


@pytest.mark.parametrize(
    ("tile", "overlap", "multiple_of", "least"), [(63, 32, 1, 64), (16, 8, 16, 48)]
)
def test_tiles_too_small(tile: int, overlap: int, multiple_of: int, least: int) -> None:
    with pytest.raises(InputError, match=f"tile: expected at least {least} .*got {tile}"):
        spans(600, tile, overlap, multiple_of)


@pytest.mark.parametrize("name", ["compact", "compact-grey", "compact-1x"])
@pytest.mark.parametrize("size", [(70, 101), (33, 40), (64, 31)])
def test_tiled_is_untiled_where_the_overlap_reaches(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    """Three 3x3 convolutions look 3 pixels far: a quarter of 12.

    Convolutions of other sizes add in another order, so float32 differs in the last digits.
    """
    model = model_of(tmp_path, name)
    image = picture(*size)
    torch.testing.assert_close(run(model, image, 32, 12), run(model, image, 0), atol=1e-5, rtol=0)


def test_a_network_that_works_in_steps(tmp_path: Path) -> None:
    """ESRGAN that folds 2 x 2 pixels. It looks further than the 12 pixels of context here, but
    with weights drawn this small, what comes from there is lost in rounding."""
    model = model_of(tmp_path, "esrgan-shuffled")
    assert model.multiple_of == 4
    image = picture(83, 130)
    torch.testing.assert_close(run(model, image, 96, 48), run(model, image, 0), atol=1e-5, rtol=0)


def test_too_little_overlap_shows(tmp_path: Path) -> None:
    """The other way round: so that the comparison above is known to see a seam."""
    model, image = model_of(tmp_path, "compact"), picture(70, 101)
    off = (run(model, image, 32, 0) - run(model, image, 0)).abs().max()
    assert off > 1e-3


def test_pictures_smaller_than_the_network_takes(tmp_path: Path) -> None:
    model = model_of(tmp_path, "swinir")
    assert run(model, picture(5, 3)).shape == (1, 10, 6, 3)
    assert run(model, picture(1, 1)).shape == (1, 2, 2, 3)
    with pytest.raises(InputError, match="SwinIR takes pictures of at least 16 pixels, got 8"):
        run(model, picture(40, 40), 8, 0)


def test_pictures_too_large(tmp_path: Path) -> None:
    model = model_of(tmp_path, "compact")
    with pytest.raises(InputError, match="expected at most 268435456"):
        run(model, torch.zeros(1, 1, 1, 3).expand(1, 10000, 10000, 3))
