"""Draws scenes: 128x128 pixels, antialiased, shapes apart from each other and the border."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from weft_training.scenes import COLOURS, OBJECT_COLOURS, SHAPES, SIZES, Scene, Thing

SIDE = 128
WIDTHS = {"small": 0.22 * SIDE, "large": 0.40 * SIDE}  # pixels, of a shape's bounding box
MARGIN = 4.0  # pixels kept free at the border
GAP = 8.0  # pixels at least between two things
GRID = 8  # pixels; what one latent value covers, and the places of centres
SUPERSAMPLE = 4  # masks are drawn this much larger and averaged down
STAR_WAIST = 0.40  # inner over outer radius of the star

Picture = NDArray[np.uint8]  # [height, width, 3], RGB


@dataclass(frozen=True)
class Placed:
    """A thing with the centre and the width of its bounding box, in pixels."""

    thing: Thing
    x: float
    y: float
    width: float


def outline(shape: str) -> list[tuple[float, float]]:
    """Corners of a polygonal shape of bounding width 1, its bounding box centred on 0."""
    if shape == "square":
        return [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
    if shape == "triangle":
        half = math.sqrt(3) / 4
        return [(0.0, -half), (0.5, half), (-0.5, half)]
    if shape == "star":
        radii = (1.0, STAR_WAIST) * 5
        turns = [math.pi * (i / 5 - 0.5) for i in range(10)]
        points = [(r * math.cos(t), r * math.sin(t)) for r, t in zip(radii, turns, strict=True)]
        width = 2 * math.sin(0.4 * math.pi)
        middle = (-1.0 + math.cos(0.2 * math.pi)) / 2
        return [(x / width, (y - middle) / width) for x, y in points]
    raise ValueError(f"no outline for {shape!r}")


def _mask(placed: Placed, left: int, top: int, size: int) -> NDArray[np.float32]:
    """Coverage 0..1 of a thing over the square window at (left, top), [size, size]."""
    canvas = Image.new("L", (size * SUPERSAMPLE,) * 2)
    pen = ImageDraw.Draw(canvas)
    x, y = (placed.x - left) * SUPERSAMPLE, (placed.y - top) * SUPERSAMPLE
    width = placed.width * SUPERSAMPLE
    # Pillow's coordinates name pixel centres: half a fine pixel less than the edges used here.
    if placed.thing.shape == "circle":
        r = width / 2
        pen.ellipse((x - r - 0.5, y - r - 0.5, x + r - 0.5, y + r - 0.5), fill=255)
    else:
        corners = [
            (x + px * width - 0.5, y + py * width - 0.5) for px, py in outline(placed.thing.shape)
        ]
        pen.polygon(corners, fill=255)
    return np.asarray(canvas.reduce(SUPERSAMPLE)).astype(np.float32) / np.float32(255)


def draw_placed(things: Sequence[Placed], background: str) -> Picture:
    """The picture of the things, later ones on top, [128, 128, 3]."""
    picture = np.empty((SIDE, SIDE, 3), np.float32)
    picture[:] = COLOURS[background]
    for placed in things:
        size = math.ceil(placed.width) + 4
        left = math.floor(placed.x - placed.width / 2) - 1
        top = math.floor(placed.y - placed.width / 2) - 1
        mask = _mask(placed, left, top, size)
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + size, SIDE), min(top + size, SIDE)
        part = mask[y0 - top : y1 - top, x0 - left : x1 - left, None]
        window = picture[y0:y1, x0:x1]
        window += part * (np.asarray(COLOURS[placed.thing.colour], np.float32) - window)
    return np.rint(picture).astype(np.uint8)


def _on_grid(value: float) -> float:
    return round(value / GRID) * GRID


def _pair(widths: Sequence[float], rng: np.random.Generator) -> tuple[float, float]:
    """Centres of two things side by side or one above the other, in their order."""
    while True:
        gap = rng.uniform(GAP, min(24, SIDE - 2 * MARGIN - sum(widths)))
        spare = SIDE - 2 * MARGIN - sum(widths) - gap
        start = MARGIN + spare / 2 + rng.uniform(-1, 1) * min(spare / 2, GRID)
        one = _on_grid(start + widths[0] / 2)
        other = _on_grid(start + widths[0] + gap + widths[1] / 2)
        apart = other - one - sum(widths) / 2 >= GAP
        if apart and one - widths[0] / 2 >= MARGIN and other + widths[1] / 2 <= SIDE - MARGIN:
            return one, other


def lay_out(scene: Scene, rng: np.random.Generator) -> list[Placed]:
    """Places the things: one near the middle, two side by side or one above the other.

    Centres lie on the grid of the latents. Anywhere else the same corner would have to be drawn
    in as many ways as there are places within a latent's 8x8 pixels, which is most of what so
    small a model would have to learn.
    """
    centre = SIDE / 2
    x, y = (centre + GRID * int(rng.integers(-1, 2)) for _ in range(2))
    if scene.second is None:
        return [Placed(scene.first, x, y, WIDTHS[scene.first.size])]
    pair = (scene.first, scene.second)
    turned = scene.relation in ("right of", "below")
    along = _pair([WIDTHS[thing.size] for thing in (pair[::-1] if turned else pair)], rng)
    across = (x, _on_grid(centre + rng.uniform(-6, 6)))
    level = scene.relation in ("left of", "right of")
    return [
        Placed(thing, *((place, beside) if level else (beside, place)), WIDTHS[thing.size])
        for thing, place, beside in zip(pair, along[::-1] if turned else along, across, strict=True)
    ]


def draw(scene: Scene, rng: np.random.Generator) -> Picture:
    """A picture of the scene, [128, 128, 3]; `rng` decides the places."""
    return draw_placed(lay_out(scene, rng), scene.background)


def draw_clutter(rng: np.random.Generator) -> Picture:
    """Shapes anywhere, for the autoencoder: more edges than a scene has, more of them pointed.

    The last one lies near the middle, so that a crop of the middle is never empty.
    """
    backgrounds = tuple(COLOURS)
    things = []
    for last in (*[False] * int(rng.integers(2, 6)), True):
        shape = rng.choice(SHAPES, p=(0.15, 0.2, 0.25, 0.4))
        thing = Thing(SIZES[0], OBJECT_COLOURS[rng.integers(len(OBJECT_COLOURS))], str(shape))
        x, y = rng.uniform(0.35, 0.65, 2) * SIDE if last else rng.uniform(0, SIDE, 2)
        width = rng.uniform(22, 34) if rng.random() < 0.6 else rng.uniform(34, 58)
        if not thing.held_out:
            things.append(Placed(thing, float(x), float(y), float(width)))
    return draw_placed(things, backgrounds[rng.integers(len(backgrounds))])
