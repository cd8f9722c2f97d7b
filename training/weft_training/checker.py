"""Says what a picture shows, by segmentation and shape measures; nothing here is learnt.

The background is the border's colour. What differs from it falls into connected blobs. A blob
has the palette's nearest colour, and the shape whose ideal figure, stretched to the blob's
bounding box or to one a little larger, overlaps it best. What is not clearly one of the choices
is None, and counts as wrong.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from weft_training.scenes import COLOURS, SHAPES, Scene, Thing

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]  # left, top, right, bottom; pixels

COLOUR_REACH = 50.0  # RGB distance within which a colour counts as the palette's
CONTRAST = 36.0  # RGB distance from the background at which a pixel is not background
SPECK = 12  # pixels; fewer are ignored, as ringing at an edge may leave them
BLOB = 60  # pixels; fewer (a quarter of the smallest star) are dirt, not a thing
OVERLAP = 0.75  # least overlap (intersection over union) with the ideal figure
MARGIN = 12  # pixels looked at around a blob
GROWTHS = (1.0, 1.05, 1.1, 1.15, 1.2)  # of the bounding box, which blunt points make too small
CLEAR = 0.9  # an overlap from which no larger figure is tried
SMALL, LARGE = (20.0, 38.0), (38.0, 64.0)  # widths in pixels; drawn are 27-29 and 49-53
CLEARLY = 1.3  # the larger of two offsets is at least this times the smaller
FINE = 4  # ideal figures are sampled at this many points per pixel and axis


@dataclass(frozen=True)
class Blob:
    """Something on the background; None where an attribute is not clear. Pixels."""

    size: str | None
    colour: str | None
    shape: str | None
    x: float
    y: float
    width: float

    def shows(self, thing: Thing) -> bool:
        return (self.size, self.colour, self.shape) == (thing.size, thing.colour, thing.shape)


@dataclass(frozen=True)
class Finding:
    """All that was found; `dirt` counts blobs too small to be a thing."""

    background: str | None
    blobs: tuple[Blob, ...]
    dirt: int


@dataclass(frozen=True)
class Verdict:
    """What of a scene a picture gets right. `count` means: these things and nothing else."""

    count: bool
    colours_shapes: bool
    sizes: bool
    relation: bool
    background: bool

    @property
    def everything(self) -> bool:
        return all((self.count, self.colours_shapes, self.sizes, self.relation, self.background))


def name_colour(rgb: Floats) -> str | None:
    """The palette's nearest colour, unless none is near."""
    distances = {
        name: float(np.linalg.norm(rgb - np.asarray(value))) for name, value in COLOURS.items()
    }
    best = min(distances, key=lambda name: distances[name])
    return best if distances[best] <= COLOUR_REACH else None


def find_background(picture: Floats) -> tuple[Floats, str | None]:
    """The border's median colour, and its name if nine tenths of the border have it."""
    edges = (picture[:2], picture[-2:], picture[:, :2], picture[:, -2:])
    border = np.concatenate([edge.reshape(-1, 3) for edge in edges])
    median: Floats = np.median(border, axis=0)
    even = np.linalg.norm(border - median, axis=1) < CONTRAST
    return median, name_colour(median) if even.mean() > 0.9 else None


def inside(shape: str, u: Floats, v: Floats) -> Mask:
    """Whether points of the unit square (v downwards) lie in the ideal figure filling it."""
    if shape == "square":
        return np.ones(np.broadcast(u, v).shape, np.bool_)
    if shape == "circle":
        return (u - 0.5) ** 2 + (v - 0.5) ** 2 <= 0.25
    if shape == "triangle":
        return np.abs(u - 0.5) <= v / 2
    # The star: outer radius 1 at every fifth of a turn from the top, inner radius 0.4 between.
    x = (u - 0.5) * 2 * np.sin(np.radians(72))
    y = v * (1 + np.cos(np.radians(36))) - 1
    fifth = np.radians(72)
    turn = np.abs((np.arctan2(x, -y) + fifth / 2) % fifth - fifth / 2)
    radius = np.hypot(x, y)
    along, beside = radius * np.cos(turn), radius * np.sin(turn)
    corner = 0.4 * np.cos(fifth / 2), 0.4 * np.sin(fifth / 2)
    below: Mask = beside * (1 - corner[0]) <= (1 - along) * corner[1]
    return below


def coverage(shape: str, box: Box, size: tuple[int, int]) -> Floats:
    """How much of each pixel of a window the figure in `box` (left, top, right, bottom) covers."""
    height, width = size
    left, top, right, bottom = box
    x = (np.arange(width * FINE) + 0.5) / FINE
    y = (np.arange(height * FINE) + 0.5) / FINE
    u = ((x - left) / max(right - left, 1e-6))[None, :]
    v = ((y - top) / max(bottom - top, 1e-6))[:, None]
    within = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
    fine = (within & inside(shape, u, v)).astype(np.float64)
    covered: Floats = fine.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    return covered


def bounds(profile: Floats) -> tuple[float, float]:
    """Start and end of what a profile of largest coverages (0..1) covers, to part of a pixel."""
    solid = np.flatnonzero(profile >= 0.5)
    if not len(solid):
        return 0.0, 0.0
    first, last = int(solid[0]), int(solid[-1])
    before = profile[first - 1] if first else 0.0
    after = profile[last + 1] if last + 1 < len(profile) else 0.0
    start = first + (1 - profile[first]) - before
    end = last + profile[last] + after
    return float(start), float(end)


def grown(box: Box, growth: float, x0: int, y0: int) -> Box:
    """The box made larger about its centre, seen from the corner (x0, y0)."""
    left, top, right, bottom = box
    dx, dy = (right - left) * (growth - 1) / 2, (bottom - top) * (growth - 1) / 2
    return left - dx - x0, top - dy - y0, right + dx - x0, bottom + dy - y0


def overlap(alpha: Floats, shape: str, box: Box) -> float:
    """Intersection over union of coverages with those of an ideal figure."""
    ideal = coverage(shape, box, (alpha.shape[0], alpha.shape[1]))
    return float(np.minimum(ideal, alpha).sum() / np.maximum(ideal, alpha).sum())


def name_shape(alpha: Floats) -> tuple[str | None, Box]:
    """The best overlapping figure and the bounding box, for coverages 0..1 of one blob."""
    left, right = bounds(alpha.max(axis=0))
    top, bottom = bounds(alpha.max(axis=1))
    box = (left, top, right, bottom)
    proportion = (right - left) / max(bottom - top, 1e-6)
    if not 0.8 < proportion < 1.35:
        return None, box
    x0, y0 = max(int(left) - 8, 0), max(int(top) - 8, 0)
    window = alpha[y0 : int(bottom) + 9, x0 : int(right) + 9]
    overlaps: dict[tuple[str, float], float] = {}
    for growth in GROWTHS:
        if max(overlaps.values(), default=0.0) < CLEAR:
            for shape in SHAPES:
                figure = grown(box, growth, x0, y0)
                overlaps[shape, growth] = overlap(window, shape, figure)
    best = max(overlaps, key=lambda fit: overlaps[fit])
    return (best[0] if overlaps[best] >= OVERLAP else None), grown(box, best[1], 0, 0)


def measure(picture: Floats, background: Floats, mask: Mask) -> Blob:
    """One blob's attributes; `mask` [height, width] marks its pixels."""
    core = ndimage.binary_erosion(mask, iterations=2)
    colour = np.median(picture[core if core.sum() >= BLOB // 4 else mask], axis=0)
    step = colour - background
    near = ndimage.binary_dilation(mask, iterations=2)
    alpha = np.clip(((picture - background) @ step) / max(float(step @ step), 1e-6), 0, 1) * near
    shape, (left, top, right, bottom) = name_shape(alpha)
    width = right - left
    size = next((n for n, (a, b) in (("small", SMALL), ("large", LARGE)) if a <= width < b), None)
    return Blob(size, name_colour(colour), shape, (left + right) / 2, (top + bottom) / 2, width)


def look(picture: NDArray[np.uint8]) -> Finding:
    """What a picture [height, width, 3] shows."""
    values = picture.astype(np.float64)
    background, name = find_background(values)
    foreground = np.linalg.norm(values - background, axis=2) >= CONTRAST
    labels, count = ndimage.label(foreground, structure=np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    places = ndimage.find_objects(labels)
    blobs = []
    for i in np.flatnonzero(areas >= BLOB):
        rows, columns = (slice(max(p.start - MARGIN, 0), p.stop + MARGIN) for p in places[i])
        mask = labels[rows, columns] == i + 1
        blob = measure(values[rows, columns], background, mask)
        blobs.append(replace(blob, x=blob.x + columns.start, y=blob.y + rows.start))
    return Finding(name, tuple(blobs), int(((areas >= SPECK) & (areas < BLOB)).sum()))


def name_relation(first: Blob, second: Blob) -> str | None:
    """Where `first` lies against `second`, unless they lie askew."""
    dx, dy = second.x - first.x, second.y - first.y
    if abs(dx) > CLEARLY * abs(dy):
        return "left of" if dx > 0 else "right of"
    if abs(dy) > CLEARLY * abs(dx):
        return "above" if dy > 0 else "below"
    return None


def judge(scene: Scene, finding: Finding) -> Verdict:
    """Compares a finding with a scene, taking the blobs in the order that fits best."""
    count = len(finding.blobs) == len(scene.things) and finding.dirt == 0
    background = finding.background == scene.background
    if len(finding.blobs) != len(scene.things):
        return Verdict(count, False, False, False, background)
    orders = [finding.blobs] if len(finding.blobs) == 1 else [finding.blobs, finding.blobs[::-1]]

    def in_order(blobs: tuple[Blob, ...]) -> Verdict:
        pairs = list(zip(blobs, scene.things, strict=True))
        return Verdict(
            count,
            all((b.colour, b.shape) == (t.colour, t.shape) for b, t in pairs),
            all(b.size == t.size for b, t in pairs),
            scene.relation is None or name_relation(blobs[0], blobs[1]) == scene.relation,
            background,
        )

    return max(
        map(in_order, orders), key=lambda v: (v.everything, v.colours_shapes, v.relation, v.sizes)
    )
