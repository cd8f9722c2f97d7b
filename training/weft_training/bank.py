"""Scenes encoded once and trained on often: latents and token ids, growing as training goes.

Scene `i` is always the same drawing and caption, so a bank is only a cache: what is lost is
drawn and encoded again.
"""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from weft_training.configs import LATENT_CHANNELS, LATENT_SIDE, MAX_TOKENS
from weft_training.drawing import draw
from weft_training.loop import save_atomically
from weft_training.scenes import sample_scene
from weft_training.tokenizer import build_tokenizer, encode
from weft_training.train_text import loose_caption
from weft_training.train_vae import to_signal

CHUNK = 16  # scenes encoded together


class LatentBank:
    """The first `size` training scenes: `latents` [n, 4, 16, 16], float16, and `tokens` [n, 24]."""

    def __init__(
        self,
        vae: AutoencoderKL,
        device: torch.device,
        *,
        path: Path | None = None,
        seed: int = 5,
        two: float = 0.65,
    ) -> None:
        self.vae, self.device, self.seed, self.two = vae, device, seed, two
        self.path, self.tokenizer = path, build_tokenizer()
        self.latents = torch.empty(0, LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE).half()
        self.tokens = torch.empty(0, MAX_TOKENS, dtype=torch.int16)
        if path is not None and path.exists():
            stored = torch.load(path, weights_only=True)
            self.latents, self.tokens = stored["latents"], stored["tokens"]

    @property
    def size(self) -> int:
        return len(self.tokens)

    def grow(self, size: int) -> None:
        """Draws and encodes scenes, whole chunks at a time, until there are `size`."""
        latents, tokens = [self.latents], [self.tokens]
        for start in range(self.size, size, CHUNK):
            part_latents, part_tokens = self._encode(range(start, start + CHUNK))
            latents.append(part_latents)
            tokens.append(part_tokens)
        if len(latents) > 1:
            self.latents, self.tokens = torch.cat(latents), torch.cat(tokens)

    def hard(self, size: int) -> Tensor:
        """Which of the first `size` scenes name a small star, the shape with least room, [size]."""
        small, star = (self.tokenizer.convert_tokens_to_ids(f"{w}</w>") for w in ("small", "star"))
        tokens = self.tokens[:size]
        found: Tensor = (tokens[:, :-2] == small) & (tokens[:, 2:] == star)
        return found.any(dim=1)

    def save(self) -> None:
        if self.path is not None:
            save_atomically({"latents": self.latents, "tokens": self.tokens}, self.path)

    @torch.no_grad()
    def _encode(self, indices: range) -> tuple[Tensor, Tensor]:
        pictures, texts = [], []
        for index in indices:
            rng = np.random.default_rng([self.seed, index])
            scene = sample_scene(rng, two=self.two)
            texts.append(loose_caption(scene, rng)[0])
            pictures.append(draw(scene, rng))
        signal = to_signal(np.stack(pictures)).to(self.device)
        latents = self.vae.encode(signal).latent_dist.mean
        return latents.half().cpu(), encode(self.tokenizer, texts).to(torch.int16)
