"""What a model family must offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from weft_nodes.kinds import Model, TextEncoder, Vae
from weft_nodes.models.source import Source

if TYPE_CHECKING:
    from weft_nodes.models.components import Placement


@runtime_checkable
class Family(Protocol):
    """A kind of model: how to recognise its checkpoints, and how to build their parts.

    Parts are loaded one by one, so that a node that needs only the text encoder loads no U-Net.
    Modules of families import torch inside `load_*` only: recognising reads headers.
    """

    @property
    def name(self) -> str:
        """The name by which models and conditioning refer to the family, for example "sd1"."""
        ...

    @property
    def title(self) -> str:
        """The name for people, for example "Stable Diffusion 1.x"."""
        ...

    def recognises(self, source: Source) -> bool:
        """Whether this is a checkpoint of the family."""
        ...

    def load_model(self, source: Source, placement: Placement) -> Model:
        """The denoising network. Raises InputError where the checkpoint is unusable."""
        ...

    def load_text_encoder(self, source: Source, placement: Placement) -> TextEncoder:
        """The text encoder."""
        ...

    def load_vae(self, source: Source, placement: Placement) -> Vae:
        """The autoencoder."""
        ...
