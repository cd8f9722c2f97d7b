"""The text stage: teaches the encoder what a caption says before any picture is drawn.

Throw-away linear heads read the scene from the hidden states: all of it from every position
from the end token on, one thing's attributes from its noun, and what lies in one place of the
picture (middle, left, right, top, bottom) from one of the last five positions. Text alone is
far cheaper than pictures, and the denoiser then finds attributes already bound to things.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from weft_training.configs import MAX_TOKENS, TEXT_WIDTH, build_text
from weft_training.scenes import (
    BACKGROUNDS,
    OBJECT_COLOURS,
    RELATIONS,
    SHAPES,
    SIZES,
    Scene,
    Thing,
    caption,
    sample_scene,
)
from weft_training.tokenizer import build_tokenizer, encode

IGNORE = -100  # cross_entropy's label for "do not score"
PLACES = ("middle", "left", "right", "top", "bottom")
FIRST_PLACE = MAX_TOKENS - len(PLACES)  # the longest caption ends before this position
OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
SIDE_OF = {"left of": "left", "right of": "right", "above": "top", "below": "bottom"}

# Classes of a thing's attributes (0 means no thing) and of the whole scene.
THING_CLASSES = (1 + len(SIZES), 1 + len(OBJECT_COLOURS), 1 + len(SHAPES))
SCENE_CLASSES = (*THING_CLASSES, *THING_CLASSES, 1 + len(RELATIONS), len(BACKGROUNDS))


def loose_caption(scene: Scene, rng: np.random.Generator) -> tuple[str, bool]:
    """A caption as people might type it, and whether it names the sizes."""
    sizes = rng.random() > 0.04
    text = caption(scene, articles=rng.random() > 0.08, sizes=sizes)
    draw = rng.random()
    if draw < 0.04:
        text = text.replace("a orange", "an orange")
    elif draw < 0.08:
        text = text.replace("a ", "the ", 1)
    elif draw < 0.12:
        text = text.replace(" on ", ", on ").replace(" a ", " the ", 1)
    elif draw < 0.14:
        text = text.replace(" ", ", ", 1)
    return text, sizes


def thing_labels(thing: Thing | None, *, sizes: bool = True) -> list[int]:
    """Size, colour and shape as classes; the size is not scored where the text has none."""
    if thing is None:
        return [0, 0, 0]
    size = 1 + SIZES.index(thing.size) if sizes else IGNORE
    return [size, 1 + OBJECT_COLOURS.index(thing.colour), 1 + SHAPES.index(thing.shape)]


def scene_labels(scene: Scene, *, sizes: bool = True) -> list[int]:
    """All the scene as eight classes, in the order of SCENE_CLASSES."""
    relation = 0 if scene.relation is None else 1 + RELATIONS.index(scene.relation)
    first = thing_labels(scene.first, sizes=sizes)
    second = thing_labels(scene.second, sizes=sizes)
    return [*first, *second, relation, BACKGROUNDS.index(scene.background)]


def place_labels(scene: Scene, *, sizes: bool = True) -> list[list[int]]:
    """What lies in each of PLACES, [5, 3]."""
    found: dict[str, Thing] = {}
    if scene.relation is None:
        found["middle"] = scene.first
    elif scene.second is not None:
        side = SIDE_OF[scene.relation]
        found[side], found[OPPOSITE[side]] = scene.first, scene.second
    return [thing_labels(found.get(place), sizes=sizes) for place in PLACES]


@dataclass(frozen=True)
class TextBatch:
    """Token ids [batch, tokens], scene labels [batch, 8], thing labels [batch, tokens, 3]."""

    tokens: Tensor
    scenes: Tensor
    things: Tensor


class TextTask:
    """Trains the text encoder and its heads on captions alone."""

    name = "text"

    def __init__(self, device: torch.device, *, batch: int = 128, seed: int = 3) -> None:
        torch.manual_seed(seed)
        self.tokenizer = build_tokenizer()
        eos = self.tokenizer.eos_token_id
        text = build_text(len(self.tokenizer), self.tokenizer.bos_token_id, eos)
        self.module: nn.Module = nn.ModuleDict(
            {
                "text": text,
                "scene": nn.Linear(TEXT_WIDTH, sum(SCENE_CLASSES)),
                "thing": nn.Linear(TEXT_WIDTH, sum(THING_CLASSES)),
            }
        ).to(device)
        self.batch, self.seed, self.device = batch, seed, device
        self.nouns = torch.tensor(
            [self.tokenizer.convert_tokens_to_ids(f"{s}</w>") for s in SHAPES]
        )

    def draw(self, step: int, share: int) -> TextBatch:
        """The captions of one share of a step with their labels."""
        rng = np.random.default_rng([self.seed, step, share])
        scenes = [sample_scene(rng, two=0.65) for _ in range(self.batch)]
        texts = [loose_caption(scene, rng) for scene in scenes]
        tokens = encode(self.tokenizer, [text for text, _ in texts])
        things = torch.full((*tokens.shape, 3), IGNORE)
        is_noun = torch.isin(tokens, self.nouns)
        for i, (scene, (_, sizes)) in enumerate(zip(scenes, texts, strict=True)):
            named = [thing_labels(thing, sizes=sizes) for thing in scene.things]
            things[i, is_noun[i]] = torch.tensor(named)
            things[i, FIRST_PLACE:] = torch.tensor(place_labels(scene, sizes=sizes))
        labels = [scene_labels(s, sizes=t[1]) for s, t in zip(scenes, texts, strict=True)]
        return TextBatch(tokens, torch.tensor(labels), things)

    def loss(self, module: nn.Module, step: int, share: int) -> Tensor:
        batch = self.draw(step, share)
        parts = cast(nn.ModuleDict, module)
        hidden = parts["text"](batch.tokens.to(self.device)).last_hidden_state
        after_end = (batch.tokens == self.tokenizer.eos_token_id)[..., None]
        scenes = torch.where(after_end, batch.scenes[:, None], IGNORE).to(self.device)
        scene_loss = class_error(parts["scene"](hidden), scenes, SCENE_CLASSES)
        thing_loss = class_error(
            parts["thing"](hidden), batch.things.to(self.device), THING_CLASSES
        )
        return scene_loss + thing_loss


def class_error(scores: Tensor, labels: Tensor, classes: tuple[int, ...]) -> Tensor:
    """Mean cross entropy of several labels read from one row of scores.

    scores [batch, tokens, sum(classes)], labels [batch, tokens, len(classes)].
    """
    split = torch.split(scores, list(classes), dim=-1)
    errors = [
        functional.cross_entropy(s.flatten(0, 1), labels[..., i].flatten())
        for i, s in enumerate(split)
    ]
    return torch.stack(errors).mean()
