"""The denoiser stage: predicts the noise in latents of drawn scenes from their captions.

The steps of the noise schedule are not trained evenly. Which colour and shape goes where is
decided while the noise is strong, and there an error of the noise prediction counts little
(it is the error of the picture over sigma); so strong noise is drawn more often and weighs more.
"""

import threading

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel

from weft_training.bank import LatentBank
from weft_training.configs import build_unet
from weft_training.loop import step_seed
from weft_training.sampling import alphas_cumprod
from weft_training.tokenizer import encode

DROP_CAPTION = 0.1  # share trained without a caption, for classifier-free guidance
HARD_WEIGHT = 4.0  # how much more often hard scenes are trained on
WEAK_NOISE = 200  # schedule steps below this only sharpen (sigma < 0.43)
WEAK_SHARE = 0.12  # share of training spent there


class UnetTask:
    """Trains the denoiser on a bank of latents; the text encoder stays as it is."""

    name = "unet"

    def __init__(
        self,
        bank: LatentBank,
        text: CLIPTextModel,
        device: torch.device,
        *,
        batch: int = 20,
        first: int = 3072,
        grow: float = 4.0,
        seed: int = 7,
    ) -> None:
        torch.manual_seed(seed)
        self.unet: UNet2DConditionModel = build_unet().to(device)
        self.module: nn.Module = self.unet
        self.bank, self.text, self.device = bank, text.eval().requires_grad_(False), device
        self.batch, self.first, self.growth, self.seed = batch, first, grow, seed
        self.signal = alphas_cumprod().float()
        self.empty = encode(bank.tokenizer, [""])
        self.lock = threading.Lock()

    def times(self, generator: torch.Generator) -> Tensor:
        """Schedule steps of one batch, [batch]."""
        weak = torch.rand(self.batch, generator=generator) < WEAK_SHARE
        low = torch.randint(0, WEAK_NOISE, (self.batch,), generator=generator)
        high = torch.randint(WEAK_NOISE, len(self.signal), (self.batch,), generator=generator)
        return torch.where(weak, low, high)

    def loss(self, module: nn.Module, step: int, share: int) -> Tensor:
        size = self.first + int(self.growth * step)
        with self.lock:
            self.bank.grow(size)
        generator = torch.Generator().manual_seed(step_seed(self.seed, step, share))
        chances = 1 + (HARD_WEIGHT - 1) * self.bank.hard(size).float()
        picked = torch.multinomial(chances, self.batch, replacement=True, generator=generator)
        clean, tokens = self.bank.latents[picked].float(), self.bank.tokens[picked].long()
        dropped = torch.rand(self.batch, 1, generator=generator) < DROP_CAPTION
        times = self.times(generator)
        noise = torch.randn(clean.shape, generator=generator)
        signal = self.signal[times][:, None, None, None]
        noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
        with torch.no_grad():
            tokens = torch.where(dropped, self.empty, tokens).to(self.device)
            hidden = self.text(tokens).last_hidden_state
        with torch.autocast(self.device.type, torch.bfloat16):
            found = module(noisy.to(self.device), times.to(self.device), hidden).sample
        errors = (found.float() - noise.to(self.device)).square().mean(dim=(1, 2, 3))
        loss: Tensor = (errors * noise_weight(signal.flatten()).to(self.device)).mean()
        return loss


def noise_weight(signal: Tensor) -> Tensor:
    """The weight of an error of the noise prediction, from the share of signal variance.

    sqrt(1 + sigma^2) = signal^-1/2: halfway, on a log scale, between the plain loss and that
    of a velocity prediction (Salimans and Ho 2022).
    """
    return signal.rsqrt()
