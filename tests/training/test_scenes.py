"""The grammar says what the pictures show, and the pictures what the grammar says."""

import numpy as np
import pytest

from weft_training.drawing import MARGIN, SIDE, WIDTHS, draw, draw_clutter, lay_out
from weft_training.scenes import (
    COLOURS,
    HELD_OUT,
    CaptionError,
    Scene,
    Thing,
    caption,
    parse,
    sample_scene,
)

RED_CIRCLE = Thing("small", "red", "circle")
BLUE_STAR = Thing("large", "blue", "star")


def test_captions_read_as_the_grammar_says() -> None:
    assert caption(Scene(RED_CIRCLE)) == "a small red circle"
    assert (
        caption(Scene(RED_CIRCLE, "left of", BLUE_STAR, "white"))
        == "a small red circle left of a large blue star on a white background"
    )
    assert caption(Scene(RED_CIRCLE), articles=False, sizes=False) == "red circle"


def test_every_sampled_scene_survives_its_caption() -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        scene = sample_scene(rng)
        assert parse(caption(scene)) == scene
        assert parse(caption(scene, articles=False).upper()) == scene


def test_commas_capitals_and_articles_do_not_matter() -> None:
    assert parse("Large BLUE star, on the grey background") == Scene(BLUE_STAR)
    assert parse("an small red circle") == Scene(RED_CIRCLE)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected a size"),
        ("a small red", "expected a shape"),
        ("a small grey circle", "expected a colour"),
        ("a small red circle near a large blue star", "expected a relation"),
        ("a small red circle on a red background", "cannot be seen"),
        ("a small red circle on a blue background please", "nothing may follow"),
    ],
)
def test_other_texts_are_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(CaptionError, match=complaint):
        parse(text)


def test_a_relation_needs_a_second_thing() -> None:
    with pytest.raises(CaptionError, match="go together"):
        Scene(RED_CIRCLE, "above")


def test_training_scenes_hold_no_held_out_pair() -> None:
    rng = np.random.default_rng(1)
    scenes = [sample_scene(rng) for _ in range(2000)]
    assert not any(scene.held_out for scene in scenes)
    assert len(HELD_OUT) == 4


def test_held_out_scenes_hold_exactly_one_held_out_pair() -> None:
    rng = np.random.default_rng(2)
    scenes = [sample_scene(rng, held_out=True) for _ in range(500)]
    assert all(scene.first.held_out for scene in scenes)
    assert not any(scene.second and scene.second.held_out for scene in scenes)


def test_no_thing_has_the_colour_of_its_background() -> None:
    rng = np.random.default_rng(3)
    for _ in range(1000):
        scene = sample_scene(rng)
        assert all(thing.colour != scene.background for thing in scene.things)


def test_things_keep_clear_of_the_border_and_of_each_other() -> None:
    rng = np.random.default_rng(4)
    for _ in range(500):
        things = lay_out(sample_scene(rng, two=0.8), rng)
        for thing in things:
            half = thing.width / 2
            assert min(thing.x, thing.y) - half >= MARGIN - 1e-9
            assert max(thing.x, thing.y) + half <= SIDE - MARGIN + 1e-9
        if len(things) == 2:
            a, b = things
            gap = max(abs(a.x - b.x), abs(a.y - b.y)) - (a.width + b.width) / 2
            assert gap >= 8 - 1e-9


def test_a_picture_has_its_colours_and_sizes() -> None:
    picture = draw(Scene(RED_CIRCLE, background="white"), np.random.default_rng(5))
    assert picture.shape == (SIDE, SIDE, 3)
    assert picture.dtype == np.uint8
    assert tuple(picture[0, 0]) == COLOURS["white"]
    red = (picture == COLOURS["red"]).all(axis=2)
    assert red.any(axis=0).sum() == pytest.approx(WIDTHS["small"], abs=3)


def test_edges_are_antialiased_but_nothing_else_is() -> None:
    picture = draw(Scene(BLUE_STAR), np.random.default_rng(6))
    pure = [(picture == COLOURS[name]).all(axis=2) for name in ("grey", "blue")]
    mixed = 1 - np.logical_or(*pure).mean()
    assert 0.002 < mixed < 0.03


def test_the_same_seed_draws_the_same_picture() -> None:
    first, second = (draw(Scene(BLUE_STAR), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_clutter_is_drawn_up_to_the_border() -> None:
    pictures = [draw_clutter(np.random.default_rng(seed)) for seed in range(20)]
    assert any(len(np.unique(p[0], axis=0)) > 1 for p in pictures)
