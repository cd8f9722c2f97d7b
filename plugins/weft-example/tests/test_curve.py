"""A node is a plain function, so its test calls it."""

from __future__ import annotations

import pytest
import torch

from weft import InputError
from weft_example.nodes import STRAIGHT, curve


def ramp() -> torch.Tensor:
    """A picture with every brightness."""
    return torch.linspace(0, 1, 101).view(1, 1, 101, 1).expand(1, 1, 101, 3)


def test_a_straight_curve_changes_nothing() -> None:
    torch.testing.assert_close(curve(ramp(), STRAIGHT), ramp())


def test_a_falling_one_turns_light_into_dark() -> None:
    torch.testing.assert_close(curve(ramp(), [1.0, 0.0]), 1 - ramp())


def test_between_two_points_it_is_a_line() -> None:
    made = curve(ramp(), [0.0, 0.8, 1.0])
    assert made[0, 0, 25, 0] == pytest.approx(0.4)
    assert made[0, 0, 50, 0] == pytest.approx(0.8)
    assert made[0, 0, 75, 0] == pytest.approx(0.9)
    assert made[0, 0, 100, 0] == 1


def test_the_picture_stays_as_it_is() -> None:
    given = ramp().clone()
    curve(given, [1.0, 0.0])
    torch.testing.assert_close(given, ramp())


def test_one_point_is_no_curve() -> None:
    with pytest.raises(InputError, match="two or more"):
        curve(ramp(), [0.5])
