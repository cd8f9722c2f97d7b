"""What loading a checkpoint gives. Imports no torch, so that node declarations can name it."""

from __future__ import annotations

from typing import NamedTuple

from weft_nodes.kinds import Model, TextEncoder, Vae


class Checkpoint(NamedTuple):
    """The parts of a checkpoint."""

    model: Model
    text_encoder: TextEncoder
    vae: Vae
