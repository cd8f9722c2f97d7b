"""The grammar of the drawn scenes: what a caption can say, and how scenes are sampled.

    a SIZE COLOUR SHAPE [RELATION a SIZE COLOUR SHAPE] [on a COLOUR background]

A scene is what a caption says and nothing more; where exactly its shapes lie is decided
when it is drawn (`drawing.py`).
"""

from dataclasses import dataclass

import numpy as np

SIZES = ("small", "large")
SHAPES = ("circle", "square", "triangle", "star")
RELATIONS = ("left of", "right of", "above", "below")
COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (220, 40, 40),
    "green": (40, 160, 60),
    "blue": (50, 80, 220),
    "yellow": (240, 210, 50),
    "purple": (140, 60, 180),
    "orange": (240, 140, 40),
    "white": (245, 245, 245),
    "black": (20, 20, 20),
    "grey": (128, 128, 128),
}
BACKGROUNDS = tuple(COLOURS)
DEFAULT_BACKGROUND = "grey"
OBJECT_COLOURS = tuple(name for name in COLOURS if name != DEFAULT_BACKGROUND)

# Colour-shape pairs that no training caption and no training picture contains.
HELD_OUT = frozenset(
    {("red", "star"), ("blue", "triangle"), ("purple", "square"), ("yellow", "circle")}
)


class CaptionError(ValueError):
    """The text is outside the grammar of the scenes."""


@dataclass(frozen=True)
class Thing:
    """One shape, as a caption names it."""

    size: str
    colour: str
    shape: str

    @property
    def held_out(self) -> bool:
        return (self.colour, self.shape) in HELD_OUT


@dataclass(frozen=True)
class Scene:
    """One or two things on a plain background; `relation` places `first` against `second`."""

    first: Thing
    relation: str | None = None
    second: Thing | None = None
    background: str = DEFAULT_BACKGROUND

    def __post_init__(self) -> None:
        if (self.relation is None) != (self.second is None):
            raise CaptionError("a relation and a second thing go together")
        if any(thing.colour == self.background for thing in self.things):
            raise CaptionError(f"a {self.background} thing cannot be seen on that background")

    @property
    def things(self) -> tuple[Thing, ...]:
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def held_out(self) -> bool:
        return any(thing.held_out for thing in self.things)


def caption(scene: Scene, *, articles: bool = True, sizes: bool = True) -> str:
    """The scene in words; the looser forms leave out articles or sizes."""

    def phrase(thing: Thing) -> str:
        words = [thing.size] if sizes else []
        return " ".join([*(["a"] if articles else []), *words, thing.colour, thing.shape])

    parts = [phrase(scene.first)]
    if scene.relation is not None and scene.second is not None:
        parts += [scene.relation, phrase(scene.second)]
    if scene.background != DEFAULT_BACKGROUND:
        parts.append(f"on {'a ' if articles else ''}{scene.background} background")
    return " ".join(parts)


def _take(words: list[str], choices: tuple[str, ...], what: str) -> str:
    for choice in choices:
        parts = choice.split()
        if words[: len(parts)] == parts:
            del words[: len(parts)]
            return choice
    found = words[0] if words else "the end"
    raise CaptionError(f"expected a {what} ({', '.join(choices)}), found {found!r}")


def _take_thing(words: list[str]) -> Thing:
    return Thing(
        _take(words, SIZES, "size"),
        _take(words, OBJECT_COLOURS, "colour"),
        _take(words, SHAPES, "shape"),
    )


def parse(text: str) -> Scene:
    """The scene a caption describes; articles, commas and capitals do not matter."""
    words = [w for w in text.lower().replace(",", " ").split() if w not in ("a", "an", "the")]
    first = _take_thing(words)
    relation, second, background = None, None, DEFAULT_BACKGROUND
    if words and words[0] != "on":
        relation = _take(words, RELATIONS, "relation")
        second = _take_thing(words)
    if words:
        _take(words, ("on",), "word")
        background = _take(words, BACKGROUNDS, "background colour")
        _take(words, ("background",), "word")
    if words:
        raise CaptionError(f"nothing may follow the background, found {' '.join(words)!r}")
    return Scene(first, relation, second, background)


def _pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _sample_thing(rng: np.random.Generator, background: str, *, held_out: bool) -> Thing:
    """A thing of another colour than `background`: of a held-out pair, or of none."""
    while True:
        thing = Thing(_pick(rng, SIZES), _pick(rng, OBJECT_COLOURS), _pick(rng, SHAPES))
        if thing.colour != background and thing.held_out == held_out:
            return thing


def sample_scene(
    rng: np.random.Generator, *, two: float = 0.6, grey: float = 0.3, held_out: bool = False
) -> Scene:
    """A random scene.

    `two` is the share of scenes with two things, `grey` that of scenes whose caption names no
    background. With `held_out` the first thing is of a held-out pair; otherwise none is.
    """
    others = tuple(name for name in BACKGROUNDS if name != DEFAULT_BACKGROUND)
    background = DEFAULT_BACKGROUND if rng.random() < grey else _pick(rng, others)
    first = _sample_thing(rng, background, held_out=held_out)
    if rng.random() >= two:
        return Scene(first, background=background)
    second = _sample_thing(rng, background, held_out=False)
    return Scene(first, _pick(rng, RELATIONS), second, background)
