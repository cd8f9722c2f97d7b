"""Blur, sharpen, edges, normal maps and histograms against scipy and by hand."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from weft import InputError
from weft.testing import assert_image, assert_images_close, picture
from weft_image.nodes.analyse import edges, histogram, normal_map
from weft_image.nodes.filter import blur, sharpen
from weft_image.plot import counts, heights


def planes(image: Tensor) -> list[Any]:
    """Every channel of the first picture, in float64."""
    return list(image[0].double().movedim(-1, 0).numpy())


def same(made: Tensor, expected: list[Any], atol: float) -> None:
    assert_images_close(made, torch.tensor(numpy.stack(expected, -1))[None], atol=atol)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.7])
@pytest.mark.parametrize("channels", [1, 3])
def test_gaussian_agrees_with_scipy(sigma: float, channels: int) -> None:
    """Both cut the kernel off near four sigmas, not at the same pixel: 6e-5 of it lies beyond."""
    given = picture(40, 31, channels=channels)
    expected = [ndimage.gaussian_filter(one, sigma, truncate=4.0) for one in planes(given)]
    same(blur(given, sigma), expected, 2e-5)


@pytest.mark.parametrize("radius", [1, 2, 9])
def test_box_agrees_with_scipy(radius: int) -> None:
    given = picture(31, 22)
    expected = [ndimage.uniform_filter(one, 2 * radius + 1) for one in planes(given)]
    same(blur(given, float(radius), "box"), expected, 1e-6)


def test_a_box_of_a_broken_radius_weights_its_rim() -> None:
    given = torch.zeros(1, 9, 9, 3)
    given[0, 4, 4] = 1
    made = blur(given, 1.25, "box")[0, :, :, 0]
    # 1/4 + 3 + 1/4 pixels along each axis.
    assert made[4, 4].item() == pytest.approx(1 / 3.5**2)
    assert made[4, 6].item() == pytest.approx(0.25 / 3.5**2)
    assert made[2, 6].item() == pytest.approx(0.25**2 / 3.5**2)
    assert made[4, 7] == 0


@pytest.mark.parametrize("radius", [1, 2, 3, 6])
def test_median_agrees_with_scipy(radius: int) -> None:
    """On values that bytes can hold, whatever the radius."""
    given = (picture(31, 22) * 255).round() / 255
    size = 2 * radius + 1
    expected = [ndimage.median_filter(one, size, mode="nearest") for one in planes(given)]
    same(blur(given, float(radius), "median"), expected, 1e-7)


def test_a_small_median_is_exact_and_a_large_one_within_half_a_step() -> None:
    given = picture(20, 20)
    for radius, atol in ((2, 0.0), (3, 0.5 / 255 + 1e-7)):
        size = 2 * radius + 1
        expected = [ndimage.median_filter(one, size, mode="nearest") for one in planes(given)]
        same(blur(given, float(radius), "median"), expected, atol)


@pytest.mark.parametrize("method", ["gaussian", "box", "median"])
def test_no_radius_changes_nothing_and_flat_stays_flat(method: Any) -> None:
    given = picture(channels=4)
    assert torch.equal(blur(given, 0.0, method), given)
    flat = torch.full((1, 5, 3, 3), 0.3)
    # A radius far beyond the picture; the kernel's weights add up to 1 within their rounding.
    assert_images_close(
        blur(flat, 40.0, method), flat, atol=0.5 / 255 if method == "median" else 2e-6
    )


@pytest.mark.parametrize("method", ["gaussian", "box"])
def test_what_is_transparent_does_not_bleed(method: Any) -> None:
    given = torch.zeros(1, 12, 12, 4)
    given[..., 1] = 1  # green that nobody sees,
    given[:, :, :6] = torch.tensor([0.8, 0.2, 0.4, 1.0])  # beside a colour that is opaque
    made = blur(given, 2.0, method)
    seen = made[..., 3] > 1e-3
    assert 0 < made[0, 6, 6, 3] < 1
    torch.testing.assert_close(
        made[seen][:, :3],
        torch.tensor([0.8, 0.2, 0.4]).expand(int(seen.sum()), 3),
        atol=1e-4,
        rtol=0,
    )
    opaque = picture(channels=4)
    opaque[..., 3] = 1
    assert_images_close(
        blur(opaque, 2.0, method)[..., :3], blur(opaque[..., :3], 2.0, method), atol=1e-6
    )


def test_a_median_takes_whole_pixels() -> None:
    with pytest.raises(InputError, match=r"a median takes whole pixels, got 1\.5"):
        blur(picture(), 1.5, "median")


def test_sharpening_adds_what_a_blur_takes_away() -> None:
    given = picture(channels=4) * 0.2 + 0.4
    solid = given.clone()
    solid[..., 3] = 1
    made = sharpen(solid, 1.5, 2.0)
    expected = solid + 1.5 * (solid - blur(solid, 2.0))
    assert_images_close(made[..., :3], expected[..., :3], atol=1e-6)
    assert torch.equal(sharpen(given, 1.5)[..., 3], given[..., 3])
    assert torch.equal(sharpen(given, 0.0), given)
    # Above the greatest difference nothing is left to sharpen.
    assert torch.equal(sharpen(given, 1.5, threshold=0.9), given)


def step(width: int = 16, height: int = 12, dark: float = 0.0, light: float = 1.0) -> Tensor:
    """Dark at the left, light at the right."""
    made = torch.full((1, height, width, 3), dark)
    made[:, :, width // 2 :] = light
    return made


def test_sobel_agrees_with_scipy() -> None:
    given = picture(20, 15, channels=1)
    plane = planes(given)[0]
    across, down = (ndimage.sobel(plane, axis, mode="nearest") for axis in (1, 0))
    expected = numpy.hypot(across, down) / 4
    made = edges(given, "sobel", blur=0.0)
    same(made.mask[..., None], [expected.clip(0, 1)], 1e-6)
    assert torch.equal(made.image, made.mask[..., None].expand(-1, -1, -1, 3))


def test_a_straight_step_is_as_steep_as_it_is_high() -> None:
    made = edges(step(dark=0.2, light=0.8), "sobel", blur=0.0).mask
    assert made[0, 5].tolist() == pytest.approx([0.0] * 7 + [0.6, 0.6] + [0.0] * 7)


def test_canny_draws_one_line_along_a_step() -> None:
    made = edges(step(), blur=1.0).mask
    assert set(made.flatten().tolist()) == {0.0, 1.0}
    assert made[0, 1:-1].sum(1).tolist() == [1.0] * 10
    assert made[0, 5].nonzero().item() in (7, 8)


def test_canny_begins_above_high_and_follows_above_low() -> None:
    """A step of 1 that weakens downwards to 0.2, which Sobel's 3 x 3 finds 4 and 0.8 steep."""
    given = step(height=60)
    weakening = torch.cat([torch.zeros(10), torch.linspace(0, 0.8, 40), torch.full((10,), 0.8)])
    given[:, :, :8] = weakening[:, None, None]
    strong, both, none = (
        edges(given, low=low, high=high, blur=0.0).mask[0].sum(1)
        for low, high in ((1.5, 3.0), (0.5, 3.0), (0.5, 5.0))
    )
    assert strong[2:20].tolist() == [1.0] * 18
    assert strong[50:].sum() == 0
    assert both[2:58].tolist() == [1.0] * 56
    assert none.sum() == 0
    with pytest.raises(InputError, match=r"low: expected at most high, which is 0\.1, got 0\.2"):
        edges(given, low=0.2, high=0.1)


def test_the_normals_of_a_slope() -> None:
    """Height rises by 1/20 a pixel to the right, and falls as much downwards."""
    rows, columns = torch.meshgrid(torch.arange(12), torch.arange(16), indexing="ij")
    given = ((columns - rows) / 40 + 0.5)[None, :, :, None].repeat(1, 1, 1, 3)
    made = normal_map(given, strength=20.0)[0, 1:-1, 1:-1].reshape(-1, 3)
    # n = (-0.5, 0.5 as image rows count: upwards y falls by -0.5, 1), of length sqrt(1.5)
    normal = torch.tensor([-0.5, -0.5, 1.0]) / 1.5**0.5
    torch.testing.assert_close(made, (normal / 2 + 0.5).expand_as(made), atol=1e-5, rtol=0)
    red, green, blue = made[0].tolist()
    down = normal_map(given, strength=20.0, green="down")[0, 5, 5]
    assert down.tolist() == pytest.approx([red, 1 - green, blue], abs=1e-5)
    inverse = normal_map(given, strength=20.0, invert=True)[0, 5, 5]
    assert inverse.tolist() == pytest.approx([1 - red, 1 - green, blue], abs=1e-5)


def test_flat_is_blue_and_every_normal_has_length_one() -> None:
    flat = normal_map(torch.full((1, 4, 4, 3), 0.7), 50.0, 2.0)
    assert torch.equal(flat, torch.tensor([0.5, 0.5, 1.0]).expand_as(flat))
    assert torch.equal(normal_map(picture(), 0.0)[0, 3, 3], torch.tensor([0.5, 0.5, 1.0]))
    length = (normal_map(picture(channels=4), 30.0) * 2 - 1).norm(dim=-1)
    torch.testing.assert_close(length, torch.ones(1, 12, 16), atol=1e-5, rtol=0)


@pytest.mark.parametrize("soft", [0.0, 1.5])
def test_the_normals_of_a_texture_repeat_with_it(soft: float) -> None:
    given = picture(8, 6)
    whole = normal_map(given.repeat(1, 3, 3, 1), 10.0, soft, tile=True)
    alone = normal_map(given, 10.0, soft, tile=True)
    # The middle of nine agrees with one that wraps around.
    assert_images_close(alone, whole[:, 6:12, 8:16], atol=1e-5)
    assert (alone - normal_map(given, 10.0, soft)).abs().max() > 0.01


def test_bins_count_every_value() -> None:
    """Against numpy's histogram, whose bins are the same."""
    values = picture(50, 40)[0].numpy()
    expected, _ = numpy.histogram(values, 256, (0, 1))
    assert numpy.array_equal(counts(values), expected)
    ends = counts(numpy.array([-1, 0, 0.999, 1, 2], numpy.float32))
    assert (ends[0], ends[-1], ends.sum()) == (2, 3, 5)


def test_the_scale_is_the_fullest_bin_but_the_ends() -> None:
    bins = numpy.zeros(256)
    bins[[0, 10, 20]] = 1000, 10, 5
    (curve,) = heights([bins], False)
    assert (curve[0], curve[10], curve[20], curve[30]) == (1, 1, 0.5, 0)
    (curve,) = heights([bins], True)
    assert curve[20] == pytest.approx(numpy.log(6) / numpy.log(11))
    only = numpy.zeros(256)
    only[255] = 7
    assert heights([only], False)[0][255] == 1


def test_a_histogram_shows_colours_where_they_are() -> None:
    given = torch.tensor([0.25, 0.5, 0.75]).expand(1, 8, 8, 3)
    made = histogram(given, width=600, height=400)
    assert_image(made, size=(600, 400), channels=3, batch=1)
    field = made[0, 100:300]
    for channel in range(3):
        others = [index for index in range(3) if index != channel]
        excess = (field[..., channel] - field[..., others].amax(-1)).amax(0)
        # Margins take 16 pixels of each side.
        expected = 16 + (0.25 + 0.25 * channel) * (600 - 32)
        assert abs(int(excess.argmax()) - expected) < 4


def test_a_histogram_leaves_out_what_is_transparent() -> None:
    given = picture(channels=4)
    given[..., 3] = 1
    hidden = torch.cat([given, torch.zeros(1, 5, 16, 4)], dim=1)
    assert torch.equal(histogram(hidden), histogram(given))
    assert torch.equal(histogram(given), histogram(given[..., :3]))
    assert not torch.equal(histogram(given), histogram(given, "all"))
    assert not torch.equal(histogram(given), histogram(given, logarithmic=True))
    assert_image(histogram(given * 0), channels=3)


def test_a_histogram_of_grey_is_grey() -> None:
    """One channel, or the brightness of three that are alike, draw the same curve."""
    one = picture(channels=1)
    three = one.repeat(1, 1, 1, 3)
    # The luma of three alike may round to the next bin, at most.
    difference = (histogram(one) - histogram(three, "brightness")).abs()
    assert difference.mean() < 0.02
    assert (histogram(one).amax(-1) - histogram(one).amin(-1)).max() < 0.03
