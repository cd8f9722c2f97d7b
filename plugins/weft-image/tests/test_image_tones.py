"""Levels, curves, tone controls and colour matching against closed forms and other libraries."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
import torch
from scipy.interpolate import PchipInterpolator
from torch import Tensor

from weft import InputError
from weft.testing import FakeDevice, assert_image, assert_images_close, assert_pure, picture
from weft_image.colours import from_oklab, named, to_oklab
from weft_image.nodes.adjust import curves, levels, match_colours, tone


def ramp(channels: int = 3) -> Tensor:
    """Every brightness, from 0 to 1 in hundredths."""
    return torch.linspace(0, 1, 101).view(1, 1, 101, 1).repeat(1, 1, 1, channels)


def grey(*values: float) -> Tensor:
    return torch.tensor(values).view(1, 1, -1, 1).repeat(1, 1, 1, 3)


def test_levels_as_they_come_change_nothing() -> None:
    assert torch.equal(levels(picture(channels=4)), picture(channels=4))


def test_levels_set_black_white_middle_and_range() -> None:
    made = levels(grey(0.1, 0.2, 0.4, 0.8, 0.9), 0.2, 0.8, 2.0, 0.1, 0.7)
    # 0.4 is a third of the way; its square root of the way from 0.1 to 0.7.
    third = 0.1 + 0.6 * (1 / 3) ** 0.5
    assert made[0, 0, :, 1].tolist() == pytest.approx([0.1, 0.1, third, 0.7, 0.7])


def test_levels_turn_light_into_dark() -> None:
    assert_images_close(levels(ramp(), out_black=1.0, out_white=0.0), 1 - ramp(), atol=1e-7)


@pytest.mark.parametrize(("channel", "place"), [("red", 0), ("blue", 2), ("opacity", 3)])
def test_levels_of_one_channel_leave_the_others(channel: Any, place: int) -> None:
    given = picture(channels=4)
    made = levels(given, black=0.5, channel=channel)
    kept = [index for index in range(4) if index != place]
    assert torch.equal(made[..., kept], given[..., kept])
    expected = ((given[..., place] - 0.5) * 2).clamp(0, 1)
    torch.testing.assert_close(made[..., place], expected, atol=1e-6, rtol=0)


def test_levels_refuse_what_cannot_be() -> None:
    with pytest.raises(InputError, match=r"less than white, which is 0\.5, got 0\.5"):
        levels(ramp(), 0.5, 0.5)
    with pytest.raises(InputError, match="got 'opacity' of red, green and blue"):
        levels(ramp(), channel="opacity")
    with pytest.raises(InputError, match="got 'red' of one channel of grey"):
        levels(ramp(1), channel="red")


POINTS = [0.1, 0.1, 0.8, 0.6, 0.9, 1.0]
PLACES = [0.0, 0.1, 0.3, 0.35, 0.8, 1.0]


@pytest.mark.parametrize("places", [None, PLACES])
@pytest.mark.parametrize("points", [POINTS, POINTS[::-1]])
def test_curves_agree_with_scipy(points: list[float], places: list[float] | None) -> None:
    """Scipy's PCHIP is the same method in float64; the tolerance is one rounding of float32."""
    made = curves(ramp(), points, places=places)[0, 0, :, 0]
    spline = PchipInterpolator(places or numpy.linspace(0, 1, len(points)), points)
    expected = spline(ramp()[0, 0, :, 0].double().numpy())
    assert numpy.abs(made.numpy() - expected).max() < 1e-7


def test_two_points_are_a_line_and_a_curve_is_flat_beyond_its_places() -> None:
    made = curves(ramp(), [0.2, 0.6], places=[0.25, 0.75])[0, 0, :, 0]
    assert made[[0, 25, 50, 75, 100]].tolist() == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])


def test_curves_rise_where_their_points_do() -> None:
    made = curves(ramp(), [0.0, 0.01, 0.9, 0.91, 1.0])[0, 0, :, 0]
    assert (made.diff() >= 0).all()
    assert made.max() == 1


def test_a_colour_has_its_own_curve_before_the_one_for_all() -> None:
    made = curves(ramp(), [1.0, 0.0], red=[0.0, 0.5])
    assert_images_close(made[..., :1], 1 - ramp(1) / 2, atol=1e-6)
    assert_images_close(made[..., 1:], 1 - ramp(2), atol=1e-6)


@pytest.mark.parametrize(
    ("points", "places", "told"),
    [
        ([0.5], None, "points: expected two or more, got 1"),
        ([0.0, 1.0], [0.0, 0.5, 1.0], "expected one for each of 2 points, got 3"),
        ([0.0, 0.5, 1.0], [0.0, 0.5, 0.5], "each above the one before"),
    ],
)
def test_curves_refuse_what_is_none(
    points: list[float], places: list[float] | None, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        curves(ramp(), points, places=places)


def test_the_editor_is_shown_what_the_nodes_do() -> None:
    assert levels.asks_chart is not None
    assert curves.asks_chart is not None
    shown = levels.asks_chart(0.2, 0.8, 2.0, 0.1, 0.7)
    assert shown is not None
    x = torch.tensor(shown["x"]).view(1, 1, -1, 1)
    drawn = levels(x, 0.2, 0.8, 2.0, 0.1, 0.7).flatten().tolist()
    assert list(shown["y"]) == pytest.approx(drawn, abs=1e-6)
    shown = curves.asks_chart(POINTS, PLACES)
    assert shown is not None
    drawn = curves(x, POINTS, places=PLACES).flatten().tolist()
    assert list(shown["y"]) == pytest.approx(drawn, abs=1e-6)
    assert levels.asks_chart(0.8, 0.2, 1.0, 0.0, 1.0) is None
    assert levels.asks_chart(None, 0.2, 1.0, 0.0, 1.0) is None
    assert curves.asks_chart([0.5], None) is None
    assert curves.asks_chart(None, None) is None


def test_tone_as_it_comes_changes_nothing() -> None:
    # 0.5 is taken away and added again: half a step of float32.
    assert_images_close(tone(picture(channels=4)), picture(channels=4), atol=1e-7)


def test_brightness_is_added_and_contrast_is_about_middle_grey() -> None:
    made = tone(grey(0.0, 0.3, 0.5, 0.9), brightness=0.1, contrast=2.0)
    assert made[0, 0, :, 0].tolist() == pytest.approx([0.0, 0.3, 0.7, 1.0])
    assert torch.equal(tone(picture(), contrast=0.0), torch.full((1, 12, 16, 3), 0.5))


def test_no_saturation_leaves_luma_and_more_moves_away_from_it() -> None:
    given = picture() * 0.2 + 0.4
    luma = given[..., :1] * 0.2126 + given[..., 1:2] * 0.7152 + given[..., 2:] * 0.0722
    assert_images_close(tone(given, saturation=0.0), luma.expand(-1, -1, -1, 3), atol=1e-6)
    assert_images_close(tone(given, saturation=2.0), 2 * given - luma, atol=1e-6)


def test_hue_turns_as_css_does() -> None:
    """The values that the matrix of feColorMatrix has for a quarter turn, worked out by hand."""
    made = tone(torch.tensor([[[[0.5, 0.25, 0.25]]]]), hue=90.0)[0, 0, 0]
    # cos 90 = 0, so each row is the luma weights plus the sine's: 0.25 of grey and 0.25 of red.
    expected = [0.25 + 0.25 * (0.213 - 0.213), 0.25 + 0.25 * (0.213 + 0.143)]
    expected.append(0.25 + 0.25 * (0.213 - 0.787))
    assert made.tolist() == pytest.approx(expected, abs=1e-6)


def test_hue_leaves_grey_and_comes_round() -> None:
    assert_images_close(tone(ramp(), hue=77.0), ramp(), atol=1e-6)
    given = picture() * 0.2 + 0.4
    third = tone(tone(tone(given, hue=120.0), hue=120.0), hue=120.0)
    # The standard's weights are rounded to three digits, so three thirds miss a whole by as much.
    assert_images_close(third, given, atol=2e-3)


def test_oklab_has_its_published_values_and_an_inverse() -> None:
    """Ottosson's table gives XYZ pairs; red is the usual check: 0.62796, 0.22486, 0.12585."""
    red = to_oklab(torch.tensor([1.0, 0.0, 0.0]))
    assert red.tolist() == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-5)
    assert to_oklab(torch.ones(3)).tolist() == pytest.approx([1, 0, 0], abs=1e-4)
    assert_images_close(from_oklab(to_oklab(picture())).float(), picture(), atol=1e-6)


def test_colours_have_names() -> None:
    assert named("#ff800040") == pytest.approx((1, 128 / 255, 0, 64 / 255))
    assert named("rgb(0, 0, 255)") == (0, 0, 1, 1)
    with pytest.raises(InputError, match="colour: 'reddish' is no colour; expected"):
        named("reddish")


def test_statistics_become_those_of_the_reference() -> None:
    given = picture(20, 15) * 0.3 + 0.3
    other = picture(9, 8, seed=4) * torch.tensor([0.3, 0.2, 0.1]) + 0.4
    made = match_colours(given, other)
    assert made.min() > 0  # nothing was clamped: the statistics hold
    assert made.max() < 1
    ours, theirs = to_oklab(made).flatten(0, 2), to_oklab(other).flatten(0, 2)
    torch.testing.assert_close(ours.mean(0), theirs.mean(0), atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.std(0), theirs.std(0), atol=1e-3, rtol=0)


def test_a_flat_picture_takes_the_middle_of_the_reference() -> None:
    flat = torch.full((1, 4, 4, 3), 0.9)
    other = picture(5, 5, seed=2)
    made = match_colours(flat, other)
    expected = from_oklab(to_oklab(other).flatten(0, 2).mean(0)).float()
    assert_images_close(made, expected.expand_as(made), atol=1e-6)
    made = match_colours(flat, other, "histogram")
    assert torch.equal(made[0, 0, 0], other.flatten(0, 2).median(0).values)


def test_histograms_become_those_of_the_reference() -> None:
    """With as many pixels, all distinct, the values are the reference's, in the picture's order."""
    given, other = picture(7, 6), picture(6, 7, seed=1)
    made = match_colours(given, other, "histogram")
    for channel in range(3):
        ours, theirs = (one[..., channel].flatten() for one in (made, other))
        torch.testing.assert_close(ours.sort().values, theirs.sort().values, atol=1e-7, rtol=0)
        assert torch.equal(ours.argsort(), given[..., channel].flatten().argsort())


@pytest.mark.parametrize("method", ["statistics", "histogram"])
def test_matching_itself_none_of_it_and_grey(method: Any) -> None:
    given = picture(batch=2)
    match: dict[str, Any] = {"method": method}
    assert_images_close(match_colours(given, given, **match), given, atol=1e-6)
    other = picture(seed=8) ** 2
    assert torch.equal(match_colours(given, other, amount=0.0, **match), given)
    one = match_colours(picture(channels=1), picture(channels=1, seed=2) / 2, **match)
    assert_image(one, channels=1)
    assert one.mean().item() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("method", ["statistics", "histogram"])
def test_what_is_transparent_is_not_measured(method: Any) -> None:
    given, other = picture(channels=4), picture(channels=4, seed=1)
    other[..., 3] = 1
    expected = match_colours(given, other, method)
    hidden = torch.cat([other, torch.zeros(1, 3, 16, 4)], dim=1)
    hidden[:, -3:, :, 0] = 1  # a red that nobody sees
    assert_images_close(match_colours(given, hidden, method), expected, atol=1e-6)
    assert torch.equal(expected[..., 3], given[..., 3])
    hidden[..., 3] = 0
    with pytest.raises(InputError, match="reference: a picture is transparent everywhere"):
        match_colours(given, hidden, method)


def test_references_go_with_their_pictures() -> None:
    given, others = picture(batch=2), picture(5, 4, batch=2, seed=3) / 2
    made = match_colours(given, others)
    for index in range(2):
        one = slice(index, index + 1)
        assert torch.equal(made[one], match_colours(given[one], others[one]))
    with pytest.raises(InputError, match="expected one for all or as many, got 2 and 3"):
        match_colours(given, picture(batch=3))
    with pytest.raises(InputError, match="both grey or both coloured, got 3 and 1 channels"):
        match_colours(given, picture(channels=1))
    with pytest.raises(InputError, match="reference: some values are NaN"):
        match_colours(given, picture() * torch.nan)
    assert_pure(match_colours, image=given, reference=others)


def test_matching_answers_where_the_picture_is() -> None:
    with FakeDevice() as device:
        methods: list[Any] = ["statistics", "histogram"]
        for method in methods:
            made = match_colours(picture().to(device.name), picture(seed=2), method)
            assert str(made.device) == device.name
            expected = match_colours(picture(), picture(seed=2), method)
            assert_images_close(made.cpu(), expected, atol=1e-6)
