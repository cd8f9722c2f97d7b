"""Changing pictures and putting them together."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy
import pytest
import torch
from PIL import Image as Pillow

from nodes.pictures import picture
from weft import InputError
from weft_nodes.nodes import image as images

SIZES = [(3, 5), (16, 7), (31, 40)]


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("size", SIZES)
def test_resizing_agrees_with_pillow(method: Any, size: tuple[int, int]) -> None:
    """Both work in float32; the tolerance is the rounding of sums over at most 36 weights."""
    image = torch.rand(2, 16, 16, 3, generator=torch.Generator().manual_seed(0))
    result = images.resize(image, *size, method=method)
    assert result.shape == (2, size[1], size[0], 3)
    filter = Pillow.Resampling[method.upper()]
    plane = Pillow.fromarray(image[1, :, :, 2].numpy(), "F").resize(size, filter)
    assert numpy.abs(numpy.asarray(plane).clip(0, 1) - result[1, :, :, 2].numpy()).max() < 1e-5


@pytest.mark.parametrize("size", SIZES)
def test_nearest_takes_the_pixel_under_the_centre(size: tuple[int, int]) -> None:
    image = torch.rand(1, 16, 16, 3, generator=torch.Generator().manual_seed(0))
    result = images.resize(image, *size, method="nearest")
    rows, columns = (
        [floor((index + Fraction(1, 2)) * 16 / side) for index in range(side)]
        for side in reversed(size)
    )
    assert torch.equal(result, image[:, rows][:, :, columns])


def test_area_is_the_mean() -> None:
    image = picture(4, 4)
    result = images.resize(image, 2, 2, method="area")
    assert result[0, 0, 0].tolist() == pytest.approx(image[0, :2, :2].mean((0, 1)).tolist())


@pytest.mark.parametrize(
    ("fit", "shape"), [("stretch", (10, 10)), ("contain", (5, 10)), ("cover", (10, 10))]
)
def test_fitting(fit: Any, shape: tuple[int, int]) -> None:
    """A picture twice as wide as high, with a mark in each corner."""
    image = torch.zeros(1, 20, 40, 3)
    image[:, :, :4] = image[:, :, -4:] = 1
    result = images.resize(image, 10, 10, method="area", fit=fit)
    assert tuple(result.shape[1:3]) == shape
    # Only covering cuts the marks off.
    assert (result.sum() > 0) == (fit != "cover")


def test_batches_join_and_split() -> None:
    parts = images.split(picture(batch=3))
    assert [tuple(one.shape) for one in parts] == [(1, 4, 6, 3)] * 3
    assert torch.equal(images.batch(parts), picture(batch=3))
    assert images.size(picture(batch=3)) == (6, 4, 3)
    with pytest.raises(InputError, match="6 x 4, 8 x 4"):
        images.batch([picture(), picture(width=8)])
    with pytest.raises(InputError, match="empty"):
        images.batch([])


def test_a_strip_is_the_pictures_from_left_to_right() -> None:
    strip = images.strip(picture(batch=3))
    assert torch.equal(strip, torch.cat(list(picture(batch=3)), dim=1)[None])
    framed = images.strip([picture(), picture(2, 2)], gap=1, background="#ff0000")
    assert framed.shape == (1, 6, 15, 3)
    assert framed[0, 0, 0].tolist() == [1, 0, 0]


def test_a_grid_holds_every_picture_as_it_is() -> None:
    """
    0 1
    2
    """
    cells = picture(batch=3)
    grid = images.grid(cells, gap=2)
    assert grid.shape == (1, 2 * 4 + 3 * 2, 2 * 6 + 3 * 2, 3)
    assert torch.equal(grid[0, 2:6, 2:8], cells[0])
    assert torch.equal(grid[0, 2:6, 10:16], cells[1])
    assert torch.equal(grid[0, 8:12, 2:8], cells[2])
    assert torch.equal(grid[0, 8:12, 10:16], torch.ones(4, 6, 3))


@pytest.mark.parametrize("background", ["white", "#101018"])
def test_labels_are_whole_and_stand_out(background: str) -> None:
    """A label wider than its picture widens the cell instead of being cut."""
    cells = [torch.full((1, 16, 16, 3), 0.5)] * 3
    labels: list[str | int | float] = ["dpm_2_ancestral", 7, 0.25]
    grid = images.grid(cells, 3, labels, label_prefix="=", background=background, gap=4)
    assert grid.shape[2] > 3 * 100
    below = grid[0, 4 + 16 : -4]
    paper = below[-1, 0]
    assert (below - paper).abs().max() > 0.7
    # The edges of each cell are free of ink: no letter is cut.
    for edge in (below[0], below[-1], below[:, 0], below[:, -1]):
        assert torch.equal(edge, paper.expand_as(edge))


def test_a_grid_that_cannot_be_says_why() -> None:
    with pytest.raises(InputError, match="2 pictures need as many labels, got 1"):
        images.grid(picture(batch=2), labels=["one"])
    with pytest.raises(InputError, match="no colour"):
        images.grid(picture(), background="no such")
    with pytest.raises(InputError, match="empty"):
        images.grid([])
    with pytest.raises(InputError, match="empty"):
        images.strip([])


def test_blending_shows_what_the_mask_selects() -> None:
    base, over = torch.zeros(1, 2, 2, 3), torch.ones(1, 2, 2, 3)
    mask = torch.tensor([[[0.0, 1.0], [0.5, 0.25]]])
    made = images.blend(base, over, mask)
    assert torch.equal(made[..., 0], mask)
    assert torch.equal(images.blend(base, over, mask, 0.5)[..., 2], mask / 2)
    assert torch.equal(images.blend(base, over), over)
    assert torch.equal(images.blend(base, over, amount=0.0), base)
    # One of a batch, or one for all of it.
    many = images.blend(base, over.repeat(3, 1, 1, 1), mask)
    assert many.shape == (3, 2, 2, 3)
    assert base.sum() == 0


@pytest.mark.parametrize(
    "shapes",
    [
        {"over": (1, 2, 3, 3)},
        {"mask": (1, 3, 2)},
        {"over": (1, 2, 2, 4)},
        {"base": (2, 2, 2, 3), "over": (3, 2, 2, 3)},
    ],
)
def test_what_does_not_fit_is_not_blended(shapes: dict[str, Any]) -> None:
    fitting = {"base": (1, 2, 2, 3), "over": (1, 2, 2, 3), "mask": (1, 2, 2)}
    base, over, mask = (torch.zeros(*shape) for shape in (fitting | shapes).values())
    with pytest.raises(InputError, match="to blend have one"):
        images.blend(base, over, mask)
