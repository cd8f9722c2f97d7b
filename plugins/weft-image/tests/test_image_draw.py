"""Text and contact sheets."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from string import ascii_letters
from typing import Any

import pytest
import torch
from PIL import ImageFont
from torch import Tensor

from weft import Context, InputError
from weft.testing import (
    FakeDevice,
    assert_deterministic,
    assert_image,
    assert_images_close,
    assert_pure,
    picture,
)
from weft_image.lettering import OWN_FONT, font_of, lacking, laid_out, shortened
from weft_image.nodes.draw import contact_sheet, text
from weft_image.writing import ANCHORS

HERE = Context.null()
sheet = partial(contact_sheet, ctx=HERE)


def black(width: int = 200, height: int = 120, channels: int = 3) -> Tensor:
    return torch.zeros(1, height, width, channels)


def box_of(ink: Tensor) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not 0 in [H, W]."""
    rows, columns = ink.any(1).nonzero(), ink.any(0).nonzero()
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


@pytest.mark.parametrize("anchor", ANCHORS)
def test_text_stands_where_its_anchor_says(anchor: Any) -> None:
    made = text(black(), HERE, "Hxg", 20, anchor, margin=8)[0, :, :, 0]
    left, top, right, bottom = box_of(made)
    across, down = ANCHORS[anchor]
    # Letters keep a little off the sides of their box; the box lies on the margin.
    inner, room = (left + right + 1) / 2, {0.0: 8 + 20, 0.5: 100, 1.0: 192 - 20}
    assert abs(inner - room[across]) < 8
    assert left >= 8
    assert right < 192
    height = sum(font_of(None, 20).getmetrics())
    middle = {0.0: 8 + height / 2, 0.5: 60, 1.0: 112 - height / 2}[down]
    assert abs((top + bottom + 1) / 2 - middle) < 5
    assert top >= 8
    assert bottom < 112


def test_text_stands_where_x_and_y_say() -> None:
    made = text(black(), HERE, "H", 20, "middle", x=0.25, y=0.75)[0, :, :, 0]
    left, top, right, bottom = box_of(made)
    assert abs((left + right + 1) / 2 - 50) < 2
    assert abs((top + bottom + 1) / 2 - 90) < 4
    # Half outside is cut off, and far outside is not there.
    whole, edge = (
        box_of(text(black(), HERE, "HHHH", 20, "middle", x=x, y=0.5)[0, :, :, 0])
        for x in (0.5, 0.0)
    )
    assert edge[2] == whole[2] - 100
    assert torch.equal(text(black(), HERE, "H", 20, "bottom right", x=0.0, y=0.0), black())


def test_letters_have_the_colour_and_the_outline_theirs() -> None:
    given = torch.full((1, 120, 200, 3), 0.5)
    made = text(given, HERE, "II", 80, "middle", "#ff0000", 6, "#0000ff")[0].flatten(0, 1)
    for wanted in ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.5]):
        assert ((made - torch.tensor(wanted)).abs().amax(1) < 1e-6).sum() > 100, wanted
    thin = box_of(text(given, HERE, "II", 80, "middle")[0, :, :, 0] != 0.5)
    fat = box_of(text(given, HERE, "II", 80, "middle", outline=6)[0, :, :, 0] != 0.5)
    assert [abs(one - other) for one, other in zip(thin, fat, strict=True)] == [6, 6, 6, 6]


def test_a_colour_lets_the_picture_through() -> None:
    solid = text(black(), HERE, "Hx", 40, "middle", "white")
    half = text(black(), HERE, "Hx", 40, "middle", "#ffffff80")
    assert_images_close(half, solid * (128 / 255), atol=1e-6)
    grey = text(black(channels=1), HERE, "Hx", 40, "middle", "#ff0000")
    assert_images_close(grey, solid[..., :1] * 0.2126, atol=1e-6)


def test_text_makes_a_transparent_picture_opaque_where_it_is() -> None:
    made = text(black(channels=4), HERE, "Hx", 40, "middle", "#ff8000")
    solid = text(black(), HERE, "Hx", 40, "middle", "white")
    assert_images_close(made[..., 3], solid[..., 0], atol=1e-6)
    inked = made[..., 3] > 0
    expected = torch.tensor([1, 128 / 255, 0]).expand(int(inked.sum()), 3)
    torch.testing.assert_close(made[inked][:, :3], expected, atol=1e-5, rtol=0)


def test_the_box_lies_behind_the_text() -> None:
    given = torch.full((1, 120, 200, 3), 0.5)
    made = text(given, HERE, "Hx", 30, "middle", box="#000000")
    inside = (made[0] == 0).all(-1)
    left, top, right, bottom = box_of(inside)
    whole = text(black(), HERE, "Hx", 30, "middle")[0, top : bottom + 1, left : right + 1]
    assert_images_close(made[:, top : bottom + 1, left : right + 1], whole[None], atol=1e-6)
    assert made[0, top - 1, left - 1].tolist() == [0.5] * 3


def test_long_lines_are_wrapped_to_the_picture() -> None:
    words = "many words that do not fit"
    wrapped = text(black(), HERE, words, 24, "middle", margin=10)[0, :, :, 0]
    left, top, right, bottom = box_of(wrapped)
    assert left >= 10
    assert right < 190
    assert bottom - top > 40
    straight = box_of(text(black(), HERE, words, 24, "middle", wrap=False)[0, :, :, 0])
    assert (straight[0], straight[2]) == (0, 199)
    assert straight[3] - straight[1] < 30


def test_lines_keep_their_words_and_fit() -> None:
    font = font_of(None, 20)
    words = "a text of several words, and one Donaudampfschifffahrtsgesellschaft"
    block = laid_out(words, font, width=120)
    assert "".join(block.lines).replace(" ", "") == words.replace(" ", "")
    assert max(font.getlength(line) for line in block.lines) <= 120
    assert laid_out("one\n\ntwo", font).lines == ["one", "", "two"]
    narrow = laid_out("abc", font, width=1)
    assert narrow.lines == ["a", "b", "c"]
    loose, tight = (laid_out("a\nb", font, spacing=one).height for one in (2.0, 1.0))
    assert loose - tight == pytest.approx(sum(font.getmetrics()), abs=1)


@pytest.mark.parametrize(("align", "place"), [("left", 0), ("centre", 1), ("right", 2)])
def test_lines_are_aligned_in_their_box(align: Any, place: int) -> None:
    made = text(black(), HERE, "HHHHHHHH\nI", 20, "middle", align=align)[0, :, :, 0]
    _, top, _, bottom = box_of(made)
    long, short = made[: (top + bottom) // 2], made[(top + bottom) // 2 :]
    left, _, right, _ = box_of(long)
    one, _, other, _ = box_of(short)
    wanted = [left + 2, (left + right) / 2, right - 2][place]
    assert abs((one + other) / 2 - wanted) < 4


def test_a_font_is_read_from_a_file(tmp_path: Path) -> None:
    own = text(black(), HERE, "Weft", 30)
    assert torch.equal(text(black(), HERE, "Weft", 30, font=str(OWN_FONT)), own)
    other = ImageFont.load_default(30)  # the one that Pillow brings
    assert isinstance(other, ImageFont.FreeTypeFont)
    file = tmp_path / "other.ttf"
    file.write_bytes(other.font_bytes)
    assert not torch.equal(text(black(), HERE, "Weft", 30, font=str(file)), own)
    with pytest.raises(InputError, match=r"the font Aileron has no letters for 'ß é'; give a font"):
        text(black(), HERE, "Straße, café", 30, font=str(file))
    with pytest.raises(InputError, match="no letters for 'é'"):
        sheet(picture(), captions=["café"], font=str(file))
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(InputError, match=r"font: broken\.ttf is no TrueType or OpenType font"):
        text(black(), HERE, "Weft", 30, font=str(broken))


def test_the_own_font_has_the_letters_of_europe_and_says_what_it_lacks() -> None:
    font = font_of(None, 20)
    for words in (
        ascii_letters,
        "Öl, Straße — „so“ 12 €",
        "čěřžłńőşğ",
        "Ελλάδα",
        "Україна",
        "שלום",
    ):
        assert lacking(words, font) == "", words
    # Spaces, marks that stand on letters, and what joins or breaks them are no letters.
    assert lacking("a\u00a0b\u200bc\u0301\n\t\u2028", font) == ""
    assert lacking("日a本日", font) == "日本"
    with pytest.raises(InputError, match="DejaVu Sans has no letters for '日 本'"):
        text(black(), HERE, "日本", 20)


def test_no_text_changes_nothing_and_wrong_colours_are_named() -> None:
    assert torch.equal(text(picture(), HERE, " \n"), picture())
    for name in ("colour", "outline_colour", "box"):
        settings: dict[str, Any] = {name: "nocolour"}
        with pytest.raises(InputError, match=f"{name}: 'nocolour' is no colour"):
            text(picture(), HERE, "a", outline=1, **settings)


def test_a_sheet_has_cells_of_one_size() -> None:
    given = [torch.ones(2, 10, 20, 3), torch.ones(1, 300, 100, 1)]
    made = sheet(given, columns=2, cell=40, gap=4, background="black")
    assert_image(made, size=(2 * 44 + 4, 2 * 44 + 4), batch=1, channels=3)
    ink = made[0, :, :, 0] > 0.99
    assert box_of(ink[:46, :46]) == (4, 14, 43, 33)  # 40 x 20 in the middle of its cell
    assert box_of(ink[48:, :46]) == (4 + 13, 0, 4 + 13 + 12, 39)  # 13 x 40
    assert not ink[48:, 48:].any()
    assert sheet(picture(batch=5), cell=16, gap=0).shape == (1, 2 * 16, 3 * 16, 3)


def test_a_picture_of_the_cell_s_size_stays_as_it_is() -> None:
    given = picture(32, 32)
    made = sheet(given, cell=32, gap=5)
    assert torch.equal(made[:, 5:-5, 5:-5], given)
    half = sheet(given, cell=16, gap=0)
    means = given.view(1, 16, 2, 16, 2, 3).mean((2, 4))
    assert_images_close(half, means, atol=1e-6)


def test_transparent_pictures_lie_on_a_checkerboard() -> None:
    made = sheet(torch.zeros(1, 16, 16, 4), cell=16, gap=0)[0, :, :, 1]
    assert made[0, 0] == pytest.approx(0.8)
    assert made[0, 8] == 1
    assert made[8, 8] == pytest.approx(0.8)
    half = torch.cat([torch.ones(1, 16, 16, 3), torch.full((1, 16, 16, 1), 0.5)], dim=-1)
    assert sheet(half, cell=16, gap=0)[0, 0, 0, 1].item() == pytest.approx(0.9)


def test_captions_numbers_and_a_title_are_written() -> None:
    given = torch.full((3, 32, 32, 3), 0.5)
    settings: dict[str, Any] = {"columns": 3, "cell": 60, "background": "black"}
    plain = sheet(given, **settings)
    below = sheet(given, captions=["one", "two", ""], **settings)
    assert below.shape[1] > plain.shape[1]
    line = below[0, 12 + 60 : -12, :, 0]
    inked = [line[:, 12 + index * 72 :][:, :60].max() > 0.5 for index in range(3)]
    assert inked == [True, True, False]
    numbered = sheet(given, numbers=True, **settings)
    assert torch.equal(numbered, sheet(given, captions=["1", "2", "3"], **settings))
    both = sheet([given], captions=["a", "b", "c"], numbers=True, **settings)
    spelt = sheet(given, captions=["1  a", "2  b", "3  c"], **settings)
    assert torch.equal(both, spelt)
    titled = sheet(given, title="All of them", **settings)
    head = titled.shape[1] - plain.shape[1]
    assert torch.equal(titled[:, head:], plain)
    assert titled[:, :head].max() > 0.8
    light = sheet(given, title="All", columns=3, cell=60, background="white")
    assert light[:, :head].min() < 0.3


def test_captions_are_shortened_to_their_cell() -> None:
    font = font_of(None, 15)
    assert shortened("short", font, 100) == "short"
    cut = shortened("a caption that is too long", font, 100)
    assert cut.endswith("…")
    assert 80 < font.getlength(cut) <= 100


@pytest.mark.parametrize(
    ("images", "inputs", "told"),
    [
        ([], {}, "there is no picture"),
        (picture(batch=2), {"captions": ["a"]}, "captions: expected 2, one a picture, got 1"),
        (picture(batch=2), {"captions": ["a"], "numbers": True}, "expected 2, one a picture"),
        (picture(2, 2, batch=50), {"cell": 4096, "gap": 0}, "too large: 32768 x 28672 pixels"),
        (picture(), {"background": "blau"}, "background: 'blau' is no colour"),
        (picture() * torch.nan, {}, "images: some values are NaN"),
    ],
)
def test_what_makes_no_sheet_is_said(images: Any, inputs: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        sheet(images, **inputs)


def test_a_sheet_keeps_the_laws() -> None:
    given, other = picture(batch=2, channels=4), picture(20, 9, channels=1)
    settings: dict[str, Any] = {"cell": 24, "numbers": True, "title": "Sheet"}
    assert_pure(contact_sheet, images=[given, other], **settings)
    assert_deterministic(contact_sheet, images=[given, other], **settings)
    with FakeDevice() as device:
        made = sheet([given.to(device.name), other.to(device.name)], **settings)
        assert str(made.device) == device.name
        assert_images_close(made.cpu(), sheet([given, other], **settings), atol=1e-6)
