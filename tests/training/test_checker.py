"""The checker sees what is drawn, and nothing that is not."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from weft_training.checker import judge, look
from weft_training.drawing import Picture, Placed, draw, draw_placed
from weft_training.scenes import COLOURS, OBJECT_COLOURS, SHAPES, Scene, Thing, sample_scene

RED_CIRCLE = Thing("small", "red", "circle")
BLUE_STAR = Thing("large", "blue", "star")
PAIR = Scene(RED_CIRCLE, "left of", BLUE_STAR, "white")


def picture_of(scene: Scene, seed: int = 0) -> Picture:
    return draw(scene, np.random.default_rng(seed))


def right(scene: Scene, picture: Picture) -> bool:
    return judge(scene, look(picture)).everything


def test_drawn_scenes_are_found_right() -> None:
    rng = np.random.default_rng(11)
    scenes = [sample_scene(rng, held_out=i % 5 == 0) for i in range(500)]
    assert sum(right(scene, draw(scene, rng)) for scene in scenes) >= 495


def test_slightly_noisy_and_blurred_pictures_are_found_right() -> None:
    rng = np.random.default_rng(12)
    found = 0
    for _ in range(100):
        scene = sample_scene(rng)
        soft = ndimage.gaussian_filter(draw(scene, rng).astype(float), (0.6, 0.6, 0))
        noisy = np.clip(soft + rng.normal(0, 8, soft.shape), 0, 255).astype(np.uint8)
        found += right(scene, noisy)
    assert found >= 97


def test_blunt_points_do_not_hide_a_shape() -> None:
    rng = np.random.default_rng(14)
    found = 0
    for _ in range(100):
        scene = sample_scene(rng)
        soft = ndimage.gaussian_filter(draw(scene, rng).astype(float), (1.2, 1.2, 0))
        found += right(scene, np.clip(soft, 0, 255).astype(np.uint8))
    assert found >= 97


@pytest.mark.parametrize("corners", [5, 6, 8])
def test_polygons_that_are_not_in_the_grammar_are_no_stars(corners: int) -> None:
    canvas = Image.new("RGB", (128, 128), COLOURS["grey"])
    ImageDraw.Draw(canvas).regular_polygon((64, 64, 26), corners, fill=COLOURS["blue"])
    assert look(np.asarray(canvas)).blobs[0].shape in (None, "circle")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("colour", OBJECT_COLOURS)
def test_a_thing_is_taken_for_no_other(shape: str, colour: str) -> None:
    blob = look(picture_of(Scene(Thing("small", colour, shape)))).blobs[0]
    assert (blob.size, blob.colour, blob.shape) == ("small", colour, shape)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (replace(PAIR, first=Thing("small", "orange", "circle")), "colours_shapes"),
        (replace(PAIR, first=Thing("small", "red", "square")), "colours_shapes"),
        (replace(PAIR, first=Thing("large", "red", "circle")), "sizes"),
        (replace(PAIR, relation="right of"), "relation"),
        (replace(PAIR, relation="above"), "relation"),
        (replace(PAIR, background="yellow"), "background"),
        (Scene(RED_CIRCLE, background="white"), "count"),
    ],
)
def test_a_wrong_scene_is_wrong_in_what_differs(shown: Scene, verdict: str) -> None:
    found = judge(PAIR, look(picture_of(shown)))
    assert not found.everything
    assert not getattr(found, verdict)


def test_colours_swapped_between_things_are_wrong() -> None:
    swapped = Scene(Thing("small", "blue", "circle"), "left of", Thing("large", "red", "star"))
    meant = Scene(Thing("small", "red", "circle"), "left of", Thing("large", "blue", "star"))
    assert not judge(meant, look(picture_of(swapped))).colours_shapes


def test_a_third_thing_is_wrong() -> None:
    picture = picture_of(PAIR)
    picture[4:20, 4:20] = COLOURS["green"]
    assert not judge(PAIR, look(picture)).count


def test_dirt_is_wrong_but_a_few_pixels_are_not() -> None:
    scene = Scene(BLUE_STAR)
    picture = picture_of(scene)
    picture[3:5, 3:5] = COLOURS["white"]
    assert right(scene, picture)
    picture[3:8, 3:8] = COLOURS["white"]
    assert not right(scene, picture)


def test_things_that_touch_are_wrong() -> None:
    things = [Placed(RED_CIRCLE, 40, 64, 28), Placed(BLUE_STAR, 76, 64, 51)]
    assert not right(PAIR, draw_placed(things, "white"))


def test_a_bitten_shape_is_unclear() -> None:
    picture = draw_placed([Placed(Thing("large", "blue", "square"), 64, 64, 51)], "grey")
    picture[38:72, 64:91] = COLOURS["grey"]
    assert look(picture).blobs[0].shape is None


def test_an_upturned_triangle_is_unclear() -> None:
    picture = picture_of(Scene(Thing("large", "blue", "triangle")))[::-1]
    assert look(picture).blobs[0].shape != "triangle"


def test_a_colour_between_two_of_the_palette_is_unclear() -> None:
    picture = picture_of(Scene(BLUE_STAR))
    picture[(picture == COLOURS["blue"]).all(axis=2)] = (40, 220, 220)
    assert look(picture).blobs[0].colour is None


def test_an_uneven_background_is_unclear() -> None:
    picture = picture_of(Scene(BLUE_STAR))
    picture[:, :40] = COLOURS["green"]
    assert look(picture).background is None


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_holds_nothing(value: int) -> None:
    finding = look(np.full((128, 128, 3), value, np.uint8))
    assert finding.blobs == ()
    assert not judge(Scene(BLUE_STAR), finding).count


def test_noise_is_no_scene() -> None:
    picture = np.random.default_rng(13).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    assert not right(Scene(BLUE_STAR), picture)
