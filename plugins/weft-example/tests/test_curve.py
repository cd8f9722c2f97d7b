"""A node is a plain function: a test calls it, or has `weft.testing` run it as the engine does."""

from __future__ import annotations

import pytest
import torch

from weft import InputError
from weft.testing import (
    FakeDevice,
    assert_deterministic,
    assert_images_close,
    assert_pure,
    picture,
    run_node,
)
from weft_example.nodes import STRAIGHT, curve


def ramp() -> torch.Tensor:
    """A picture with every brightness."""
    return torch.linspace(0, 1, 101).view(1, 1, 101, 1).expand(1, 1, 101, 3)


def test_a_straight_curve_changes_nothing() -> None:
    assert_images_close(curve(ramp(), STRAIGHT), ramp())


def test_a_falling_one_turns_light_into_dark() -> None:
    assert_images_close(curve(ramp(), [1.0, 0.0]), 1 - ramp())


def test_between_two_points_it_is_a_line() -> None:
    made = curve(ramp(), [0.0, 0.8, 1.0])
    assert made[0, 0, 25, 0] == pytest.approx(0.4)
    assert made[0, 0, 50, 0] == pytest.approx(0.8)
    assert made[0, 0, 75, 0] == pytest.approx(0.9)
    assert made[0, 0, 100, 0] == 1


def test_it_keeps_the_laws() -> None:
    assert_deterministic(curve, image=picture(), points=[1.0, 0.0])
    assert_pure(curve, image=picture(), points=[1.0, 0.0])


def test_it_works_where_its_picture_is() -> None:
    with FakeDevice() as device:
        made = run_node(curve, image=picture().to(device.name), points=[0.0, 0.8, 1.0])
        assert made.device.type == "fake"
        assert_images_close(made, curve(picture(), [0.0, 0.8, 1.0]))


def test_one_point_is_no_curve() -> None:
    with pytest.raises(InputError, match="two or more"):
        curve(ramp(), [0.5])
