"""A family whose models are one number: the picture that they remove all noise to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weft_nodes import (
    Conditioning,
    LatentFormat,
    Model,
    Placement,
    SingleFile,
    Source,
    TextEncoder,
    Vae,
)

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = LatentFormat("acme-number", 1, 1, ((1.0, 1.0, 1.0),), (0.0, 0.0, 0.0))
SIGMAS = [(k + 1) / 100 for k in range(1000)]
KEY = "acme.number"


@dataclass(frozen=True, eq=False)
class Constant:
    """Says that every picture is one number."""

    number: Tensor

    def __call__(self, x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        return self.number.expand_as(x)


@dataclass(frozen=True)
class Number:
    """Checkpoints that hold a tensor `acme.number`."""

    name: str = "acme/number"
    title: str = "One number"

    def recognises(self, source: Source) -> bool:
        """By the tensor's name."""
        return isinstance(source, SingleFile) and KEY in source.header.tensors

    def load_model(self, source: Source, placement: Placement) -> Model:
        """The network."""
        import torch

        assert isinstance(source, SingleFile)
        from weft_nodes.models.readers import reader_of

        ((_, number),) = reader_of(source.path).read_tensors(source.path, [KEY])
        return Model(Constant(number.to(torch.float32)), self.name, "x0", SIGMAS, FORMAT, (8, 8))

    def load_text_encoder(self, source: Source, placement: Placement) -> TextEncoder:
        """An encoder that heeds no word."""
        import torch

        def encode(prompts: Sequence[str]) -> Conditioning:
            return Conditioning(torch.zeros(len(prompts), 1, 1))

        return TextEncoder(encode, lambda prompt: (len(prompt.split()), 77), self.name)

    def load_vae(self, source: Source, placement: Placement) -> Vae:
        """Grey is grey."""
        import torch

        def encode(image: Tensor) -> Tensor:
            return image.mean(3).unsqueeze(1)

        def decode(samples: Tensor) -> Tensor:
            return samples.clamp(0, 1).movedim(1, 3).expand(-1, -1, -1, 3).to(torch.float32)

        return Vae(encode, decode, FORMAT)


NUMBER = Number()
