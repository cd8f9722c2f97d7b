"""Masks from pictures, their outlines, and pictures without their background."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from scipy import ndimage
from torch import Tensor

from weft import InputError
from weft.testing import assert_images_close, picture
from weft_image.colours import to_oklab
from weft_image.masks import disc
from weft_image.nodes.compose import remove_background
from weft_image.nodes.mask import (
    combine,
    feather,
    from_channel,
    from_colour,
    from_threshold,
    grow,
    invert,
    to_image,
)


def disk(side: int = 21, radius: float = 5.0) -> Tensor:
    """A round mask in the middle."""
    along = torch.arange(side) - side // 2
    return (along[:, None] ** 2 + along**2 <= radius**2).float()[None]


def colour(*rgb: float) -> Tensor:
    return torch.tensor(rgb).view(1, 1, 1, -1)


def test_a_colour_is_found_by_how_different_it_looks() -> None:
    given = torch.cat([colour(1, 1, 1), colour(0.95, 0.95, 0.95), colour(0, 0, 0)], dim=2)
    distance = (to_oklab(given) - to_oklab(torch.ones(3))).norm(dim=-1)[0, 0] * 100
    assert distance[2].item() == pytest.approx(100, abs=0.01)
    assert 3 < distance[1] < 6
    near = float(distance[1])
    assert from_colour(given, "white", near + 0.1, 0.0).tolist() == [[[1, 1, 0]]]
    assert from_colour(given, "white", near - 0.1, 0.0).tolist() == [[[1, 0, 0]]]
    assert from_colour(given, "white", 0.0, 0.0).tolist() == [[[1, 0, 0]]]
    assert from_colour(given, "white", 100.0, 0.0).tolist() == [[[1, 1, 1]]]
    soft = from_colour(given, "white", near - 1, 4.0)[0, 0]
    assert soft[1].item() == pytest.approx(0.75, abs=0.01)
    assert torch.equal(from_colour(given, "white", near - 1, 4.0, True)[0, 0], 1 - soft)


def test_a_threshold_selects_both_ends() -> None:
    given = torch.tensor([0.1, 0.25, 0.5, 0.75, 0.9]).view(1, 1, -1, 1)
    assert from_threshold(given, low=0.25, high=0.75).tolist() == [[[0, 1, 1, 1, 0]]]
    assert from_threshold(given, low=0.25, high=0.75, invert=True).tolist() == [[[1, 0, 0, 0, 1]]]
    soft = from_threshold(given, low=0.25, high=0.75, softness=0.3)[0, 0]
    assert soft.tolist() == pytest.approx([0.5, 1, 1, 1, 0.5])
    with pytest.raises(InputError, match=r"low: expected at most high, which is 0\.2, got 0\.3"):
        from_threshold(given, low=0.3, high=0.2)


def test_channels_come_as_they_are() -> None:
    given = picture(channels=4)
    names: list[Any] = ["red", "green", "blue", "opacity"]
    for place, name in enumerate(names):
        assert torch.equal(from_channel(given, name), given[..., place])
    luma = given[..., 0] * 0.2126 + given[..., 1] * 0.7152 + given[..., 2] * 0.0722
    assert_images_close(from_channel(given), luma, atol=1e-6)
    assert torch.equal(from_channel(given, "red", True), 1 - given[..., 0])
    assert torch.equal(from_channel(given[..., :3], "opacity"), torch.ones(1, 12, 16))
    assert torch.equal(from_channel(given[..., :1]), given[..., 0])
    with pytest.raises(InputError, match="got 'blue' of one of grey"):
        from_channel(given[..., :1], "blue")


@pytest.mark.parametrize("pixels", [1, 3, 8])
@pytest.mark.parametrize("soft", [False, True])
def test_growing_and_shrinking_agree_with_scipy(pixels: int, soft: bool) -> None:
    """Hard masks grow by distances and soft ones by a kernel: one reference for both."""
    given = picture(30, 25)[..., 0]
    if not soft:
        given = (given > 0.97).float()
    plane = given[0].numpy()
    for shape, kernel in (("round", disc(pixels)), ("square", disc(pixels) * 0 + 1)):
        wide: Any = shape
        flat = {"footprint": kernel, "mode": "constant"}
        larger = ndimage.grey_dilation(plane, **flat, cval=0)
        smaller = ndimage.grey_erosion(plane, **flat, cval=1)
        assert_images_close(grow(given, pixels, wide), torch.tensor(larger)[None], atol=0)
        # 1 - (1 - x) may round.
        assert_images_close(grow(given, -pixels, wide), torch.tensor(smaller)[None], atol=1e-7)


def test_a_round_outline_moves_by_so_many_pixels() -> None:
    assert torch.equal(grow(disk(31, 5), 1), grow(disk(31, 5), 1, "round"))
    made = grow(disk(31, 0), 6)
    assert torch.equal(made, disk(31, 6))
    assert torch.equal(grow(disk(31, 6), -6), disk(31, 0))
    assert grow(disk(31, 0), 6, "square").sum() == 13 * 13
    assert torch.equal(grow(disk(), 0), disk())
    # The whole is whole also at the edges of the picture, and nothing stays nothing.
    assert torch.equal(grow(torch.ones(1, 9, 9), -4), torch.ones(1, 9, 9))
    assert torch.equal(grow(torch.zeros(1, 9, 9), 256), torch.zeros(1, 9, 9))


def test_feathering_is_a_gaussian() -> None:
    expected = ndimage.gaussian_filter(disk()[0].double().numpy(), 2.0, truncate=4.0)
    assert_images_close(feather(disk(), 2.0), torch.tensor(expected)[None], atol=2e-5)
    assert torch.equal(feather(disk(), 0.0), disk())


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("add", [0.0, 0.7, 1.0, 1.0]),
        ("subtract", [0.0, 0.3, 1.0, 0.0]),
        ("intersect", [0.0, 0.3, 0.0, 1.0]),
        ("difference", [0.0, 0.4, 1.0, 0.0]),
    ],
)
def test_masks_combine(mode: Any, expected: list[float]) -> None:
    first = torch.tensor([[[0.0, 0.3, 1.0, 1.0]]])
    second = torch.tensor([[[0.0, 0.7, 0.0, 1.0]]])
    assert combine(first, second, mode)[0, 0].tolist() == pytest.approx(expected)
    many = combine(first.repeat(3, 1, 1), second, mode)
    assert many.shape == (3, 1, 4)


def test_masks_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(InputError, match="first and second: expected one size, got 21 x 21 and"):
        combine(disk(), disk(11))
    with pytest.raises(InputError, match="expected one for all or as many, got 2 and 3"):
        combine(disk().repeat(2, 1, 1), disk().repeat(3, 1, 1))


def test_a_mask_is_inverted_and_shown() -> None:
    given = torch.tensor([[[0.0, 0.25, 1.0]]])
    assert invert(given).tolist() == [[[1, 0.75, 0]]]
    assert torch.equal(to_image(given), given[..., None].repeat(1, 1, 1, 3))
    shown = to_image(given, "#ff0000", "#0000ff")[0, 0]
    assert shown.tolist() == [[1, 0, 0], [0.75, 0, 0.25], [0, 0, 1]]
    with pytest.raises(InputError, match="white: expected a colour without transparency"):
        to_image(given, white="#ffffff80")


def test_a_background_becomes_transparent() -> None:
    given, mask = picture(), picture(seed=1)[..., 0]
    made = remove_background(given, mask)
    assert torch.equal(made[..., :3], given)
    assert torch.equal(made[..., 3], mask)
    assert torch.equal(remove_background(given, mask, invert=True)[..., 3], 1 - mask)
    again = remove_background(made, mask)
    assert torch.equal(again[..., 3], mask * mask)  # as transparent as both say
    grey = remove_background(given[..., :1], mask)
    assert torch.equal(grey[..., :3], given[..., :1].expand(-1, -1, -1, 3))


def test_a_background_becomes_a_colour_or_a_picture() -> None:
    given, mask, other = picture(batch=2), picture(seed=1)[..., 0], picture(seed=2)
    weight = mask[..., None]
    made = remove_background(given, mask, "colour", "#ff0000")
    assert_images_close(made, given * weight + colour(1, 0, 0) * (1 - weight), atol=1e-6)
    made = remove_background(given, mask, "picture", background=other)
    assert_images_close(made, given * weight + other * (1 - weight), atol=1e-6)
    grey = remove_background(given, mask, "picture", background=other[..., :1])
    assert_images_close(grey, given * weight + other[..., :1] * (1 - weight), atol=1e-6)


def test_a_transparent_colour_or_picture_lies_behind() -> None:
    """Porter and Duff's `over`, worked out for one pixel: half over half is three quarters."""
    given, half = colour(1, 0, 0), torch.tensor([[[0.5]]])
    for made in (
        remove_background(given, half, "colour", "#0000ff80"),
        remove_background(given, half, "picture", background=colour(0, 0, 1, 128 / 255)),
    ):
        behind = 128 / 255 / 2
        alpha = 0.5 + behind
        assert made.flatten().tolist() == pytest.approx([0.5 / alpha, 0, behind / alpha, alpha])
    nothing = remove_background(given, half * 0, "colour", "#0000ff00")
    assert nothing.flatten().tolist() == [0, 0, 1, 0]


def test_without_a_mask_the_own_opacity_says_what_stays() -> None:
    given = picture(channels=4)
    alpha = given[..., 3:]
    made = remove_background(given, fill="colour", colour="black")
    assert_images_close(made, given[..., :3] * alpha, atol=1e-6)
    assert torch.equal(remove_background(given), given)
    # Colours that could not be seen are not brought out by a soft edge.
    assert (remove_background(given, feather=2.0)[..., 3:] <= alpha).all()


def test_the_edge_is_shrunk_and_then_feathered() -> None:
    given = picture(21, 21)
    made = remove_background(given, disk(), shrink=2, feather=1.5)
    assert torch.equal(made[..., 3], feather(grow(disk(), -2), 1.5))
    assert torch.equal(remove_background(given, disk(), shrink=-2)[..., 3], grow(disk(), 2))


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, "mask: expected one, since the pictures have no opacity"),
        ({"mask": disk(16)}, "image and mask: expected one size, got 16 x 12 and 16 x 16"),
        ({"mask": torch.ones(3, 12, 16)}, "one for all or as many, got 2 and 3"),
        ({"mask": torch.ones(1, 12, 16), "fill": "picture"}, "background: expected a picture"),
        (
            {"mask": torch.ones(1, 12, 16), "fill": "picture", "background": picture(8, 8)},
            "image and background: expected one size, got 16 x 12 and 8 x 8",
        ),
        ({"mask": torch.ones(1, 12, 16), "fill": "colour", "colour": "redd"}, "'redd' is no"),
        ({"image": picture(channels=4), "invert": True}, "invert: expected a mask"),
    ],
)
def test_what_is_missing_or_wrong_is_said(inputs: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        remove_background(**{"image": picture(batch=2), **inputs})
