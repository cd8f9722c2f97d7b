"""Puts diffusers' and transformers' modules behind Weft's contracts.

Each class is a plain callable over one module. They take and give float32 (or wider) tensors,
whatever precision the module computes in.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from weft import InputError
from weft_nodes.kinds import Conditioning
from weft_nodes.models.tokenizer import ClipTokenizer

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class UnetNetwork:
    """A U-Net with cross-attention as a `Network`.

    module: a diffusers UNet2DConditionModel.
    """

    module: Any

    def __call__(self, x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        """x: [B, C, h, w]; timestep: float [B]. Returns the raw prediction, in x's dtype."""
        weight = self.module.conv_in.weight
        if x.shape[1] != weight.shape[1]:
            raise InputError(
                f"this model's network takes {weight.shape[1]} input channels, got {x.shape[1]}"
                + ("; it was made for inpainting or editing" if weight.shape[1] in (8, 9) else "")
            )
        text = self._text(conditioning.embeddings, len(x)).to(weight)
        output = self.module(x.to(weight), timestep.to(weight.device), text, return_dict=False)[0]
        result: Tensor = output.to(x)
        return result

    def _text(self, embeddings: Tensor, batch: int) -> Tensor:
        width = self.module.config.cross_attention_dim
        if embeddings.ndim != 3 or embeddings.shape[2] != width:
            raise InputError(
                f"this model needs conditioning of width {width}, got shape "
                f"{list(embeddings.shape)}; it comes from another kind of text encoder"
            )
        if embeddings.shape[0] not in (1, batch):
            raise InputError(
                f"expected conditioning for 1 or {batch} pictures, got {embeddings.shape[0]}"
            )
        return embeddings.expand(batch, -1, -1)


@dataclass(frozen=True, eq=False)
class ClipEncoder:
    """CLIP's text encoder and its tokenizer.

    module: a transformers CLIPTextModel.
    """

    module: Any
    tokenizer: ClipTokenizer

    def __call__(self, texts: Sequence[str]) -> Conditioning:
        """The last hidden state of each text, [B, tokens, width]."""
        if isinstance(texts, str) or not texts:
            raise InputError(f"expected a list of at least one prompt, got {texts!r}")
        for text in texts:
            count, most = self.tokens(text)
            if count > most:
                log.warning(
                    "a prompt of %d tokens is cut off after %d: %s", count, most, _excerpt(text)
                )
        rows = [self.tokenizer.row(text) for text in texts]
        ids = torch.tensor(rows, device=self.module.device)
        return Conditioning(self.module(input_ids=ids).last_hidden_state.float())

    def tokens(self, text: str) -> tuple[int, int]:
        """How many tokens a prompt is, and how many the encoder sees."""
        return self.tokenizer.count(text), self.tokenizer.length - 2


@dataclass(frozen=True, eq=False)
class KlVae:
    """An autoencoder with a Gaussian posterior.

    module: a diffusers AutoencoderKL.
    Latents are (z - shift) * scaling. Pictures go through one at a time: memory then does not
    grow with the batch, and a picture does not depend on the others.
    """

    module: Any
    scaling: float
    shift: float
    downscale: int

    def encode(self, image: Tensor) -> Tensor:
        """Image [B, H, W, 3] in 0..1 to latents: the posterior's mean, so always the same."""
        if image.ndim != 4 or image.shape[3] != 3:
            raise InputError(f"expected an image [B, H, W, 3], got shape {list(image.shape)}")
        height, width = image.shape[1:3]
        if height % self.downscale or width % self.downscale or not height * width:
            raise InputError(
                f"an image's sides must be multiples of {self.downscale} to be encoded, got "
                f"{width}x{height}; resize or crop it first"
            )
        weight = self.module.encoder.conv_in.weight
        pictures = (image.permute(0, 3, 1, 2).contiguous() * 2 - 1).to(weight)
        means = [self.module.encode(one, return_dict=False)[0].mode() for one in _singly(pictures)]
        return (torch.cat(means).float() - self.shift) * self.scaling

    def decode(self, samples: Tensor) -> Tensor:
        """Latents to an image [B, H, W, 3] in 0..1, clamped."""
        channels = self.module.config.latent_channels
        if samples.ndim != 4 or samples.shape[1] != channels:
            raise InputError(
                f"expected latents [B, {channels}, h, w], got shape {list(samples.shape)}"
            )
        latents = (samples / self.scaling + self.shift).to(self.module.decoder.conv_in.weight)
        images = [self.module.decode(one, return_dict=False)[0] for one in _singly(latents)]
        pictures = torch.cat(images).float() / 2 + 0.5
        return pictures.clamp(0, 1).permute(0, 2, 3, 1).contiguous()


def _singly(batch: Tensor) -> Iterator[Tensor]:
    return (batch[index : index + 1] for index in range(len(batch)))


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
