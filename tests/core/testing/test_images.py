"""What the assertions on pictures say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from weft.testing import assert_image, assert_images_close, picture


def test_a_picture_is_an_image() -> None:
    assert_image(picture(8, 6, batch=2, channels=4), size=(8, 6), channels=4, batch=2)
    assert torch.equal(picture(), picture())
    assert not torch.equal(picture(seed=1), picture(seed=2))


def spoilt(value: float) -> torch.Tensor:
    made = picture(4, 4)
    made[0, 1, 2, 0] = value
    return made


@pytest.mark.parametrize(
    ("value", "wanted", "said"),
    [
        (picture()[0], {}, r"expected an image .*, got a Tensor of float32 \[12, 16, 3\]"),
        (picture().half(), {}, "float16"),
        ("a text", {}, "got str 'a text'"),
        (picture(), {"size": (12, 16)}, "expected 12 by 16 pixels, got 16 by 12"),
        (picture(), {"channels": 4}, "expected channels 4, got 3"),
        (picture(), {"batch": 2}, "expected batch 2, got 1"),
        (spoilt(1.5), {}, r"got 1\.5 at picture 0, y 1, x 2, channel 0; 1 of 48 values"),
        (spoilt(float("nan")), {}, "got nan at"),
    ],
)
def test_what_is_no_image_is_told(value: Any, wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        assert_image(value, **wanted)


def test_pictures_that_agree() -> None:
    assert_images_close(picture(), picture())
    assert_images_close(picture() + 0.001, picture(), atol=0.002)
    assert_images_close(picture()[..., 0], picture()[..., 0])


def test_where_and_how_much_they_differ() -> None:
    other = picture(batch=2)
    other[1, 3:5, 7, 2] += 0.25
    other[1, 4, 7, 2] += 0.25
    with pytest.raises(AssertionError) as caught:
        assert_images_close(other, picture(batch=2), atol=0.1, message="after a blur")
    text = str(caught.value)
    assert text.startswith("after a blur: the pictures differ by up to 0.5 (allowed 0.1)")
    assert "at picture 1, y 4, x 7, channel 2" in text
    assert "2 of 1152 values differ, within x 7 to 7, y 3 to 4, pictures 1 to 1" in text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_agrees_with_nothing(value: float) -> None:
    with pytest.raises(AssertionError, match=r"differ by up to inf .* y 1, x 2"):
        assert_images_close(spoilt(value), spoilt(value))


def test_other_shapes_are_told() -> None:
    with pytest.raises(AssertionError, match=r"\[1, 12, 16, 3\], got .*\[1, 12, 16, 4\]"):
        assert_images_close(picture(channels=4), picture())
    with pytest.raises(AssertionError, match="expected: expected an image or a mask, got list"):
        assert_images_close(picture(), [1.0])  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_difference_as_a_picture(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "made" / "difference.png"
    dark = torch.zeros(1, 6, 8, channels)
    other = dark.clone()
    other[0, 2, 3] = 0.5
    with pytest.raises(AssertionError, match=r"see .*difference\.png"):
        assert_images_close(other, dark, difference=path)
    with Image.open(path) as made:
        assert made.size == (3 * 8 + 4, 6)
        assert made.getpixel((3, 2)) == (128, 128, 128)  # actual
        assert made.getpixel((8 + 2 + 3, 2)) == (0, 0, 0)  # expected
        assert made.getpixel((2 * 10 + 3, 2)) == (255, 255, 255)  # the difference, scaled
        assert made.getpixel((2 * 10 + 4, 2)) == (0, 0, 0)


def test_no_picture_where_they_agree(tmp_path: Path) -> None:
    assert_images_close(picture(), picture(), difference=tmp_path / "difference.png")
    assert list(tmp_path.iterdir()) == []
