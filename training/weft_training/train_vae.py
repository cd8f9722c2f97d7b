"""The autoencoder stage: crisp 8x reductions of drawn pictures, forgiving of latent noise."""

import math
from typing import cast

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional

from weft_training.configs import LATENT_CHANNELS, build_vae
from weft_training.drawing import SIDE, draw, draw_clutter
from weft_training.loop import step_seed
from weft_training.scenes import sample_scene

KL_WEIGHT = 2e-5  # of the mean over latent values, against the mean error per pixel in -1..1
EDGE_WEIGHT = 0.5
START_LOG_VARIANCE = -4.0  # of the posterior: little noise, or nothing is learnt for long
EDGE_PIXELS = 3.0  # weight of pixels near an edge, where all of a shape is
LATENT_NOISE = 0.1  # deviation of what the decoder is made to forgive, latents having 1
EPSILON = 0.01  # where the Charbonnier loss turns from square to absolute, in -1..1


def to_signal(pictures: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> Tensor:
    """Pictures [batch, h, w, 3] 0..255 as [batch, 3, h, w] -1..1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def draw_batch(seed: int, step: int, share: int, batch: int) -> Tensor:
    """Crops of clutter, [batch, 3, 64, 64], and every fourth step scenes, [batch/2, 3, 128, 128].

    The crops show more edges for their cost, the scenes the statistics group norms will meet.
    """
    rng = np.random.default_rng([seed, step, share])
    if step % 4 == 3:
        scenes = [sample_scene(rng) for _ in range(max(1, batch // 2))]
        return to_signal(np.stack([draw(scene, rng) for scene in scenes]))
    half = SIDE // 2
    start = SIDE // 4
    crops = [draw_clutter(rng)[start : start + half, start : start + half] for _ in range(batch)]
    return to_signal(np.stack(crops))


def charbonnier(error: Tensor) -> Tensor:
    """A smooth absolute error (Charbonnier et al. 1994), averaged."""
    return (error.square() + EPSILON**2).sqrt().mean() - EPSILON


def near_edges(pictures: Tensor) -> Tensor:
    """Weights [batch, 1, h, w]: EDGE_PIXELS within four pixels of an edge, else 1."""
    highest = functional.max_pool2d(pictures, 9, stride=1, padding=4)
    lowest = -functional.max_pool2d(-pictures, 9, stride=1, padding=4)
    edge = (highest - lowest).amax(dim=1, keepdim=True) > 0.05
    return 1 + (EDGE_PIXELS - 1) * edge.float()


def edge_error(error: Tensor) -> Tensor:
    """The same of the differences between neighbouring pixels: blur costs, tint does not."""
    return charbonnier(error.diff(dim=-1)) + charbonnier(error.diff(dim=-2))


def picture_error(decoded: Tensor, pictures: Tensor) -> Tensor:
    """Both errors of a reconstruction, [batch, 3, h, w], more of it where shapes end."""
    error = (decoded - pictures) * near_edges(pictures)
    return charbonnier(error) + EDGE_WEIGHT * edge_error(error)


class VaeTask:
    """Trains the autoencoder on pictures drawn anew for every step."""

    name = "vae"

    def __init__(self, device: torch.device, *, batch: int = 4, seed: int = 1) -> None:
        torch.manual_seed(seed)
        self.vae: AutoencoderKL = build_vae().to(device)
        start_as_pooling(self.vae)
        self.module: nn.Module = self.vae
        self.batch, self.seed, self.device = batch, seed, device

    def loss(self, module: nn.Module, step: int, share: int) -> Tensor:
        vae = cast(AutoencoderKL, module)
        pictures = draw_batch(self.seed, step, share, self.batch).to(self.device)
        noise = torch.Generator().manual_seed(step_seed(self.seed, step, share))
        with torch.autocast(self.device.type, torch.bfloat16):
            posterior = vae.encode(pictures).latent_dist
            spread = torch.randn(posterior.mean.shape, generator=noise).to(self.device)
            decoded = vae.decode(posterior.mean + posterior.std * spread).sample
        kl = posterior.kl().float().mean() / math.prod(posterior.mean.shape[1:])
        loss: Tensor = picture_error(decoded.float(), pictures) + KL_WEIGHT * kl
        return loss


class DecoderTask:
    """Goes on training the decoder alone, on latents a little off, as a denoiser leaves them."""

    name = "decoder"

    def __init__(self, vae: AutoencoderKL, device: torch.device, *, batch: int = 4) -> None:
        self.vae = vae.to(device)
        for part in (vae.encoder, vae.quant_conv):
            part.requires_grad_(False)
        self.module: nn.Module = self.vae
        self.batch, self.seed, self.device = batch, 4, device

    def loss(self, module: nn.Module, step: int, share: int) -> Tensor:
        vae = cast(AutoencoderKL, module)
        pictures = draw_batch(self.seed, step, share, self.batch).to(self.device)
        noise = torch.Generator().manual_seed(step_seed(self.seed, step, share))
        with torch.autocast(self.device.type, torch.bfloat16):
            with torch.no_grad():
                latents = vae.encode(pictures).latent_dist.mean
            off = torch.randn(latents.shape, generator=noise).to(self.device)
            decoded = vae.decode(latents + LATENT_NOISE * off).sample
        return picture_error(decoded.float(), pictures)


@torch.no_grad()
def standardise(vae: AutoencoderKL, device: torch.device, *, pictures: int = 256) -> None:
    """Folds each latent channel's mean and deviation over drawn scenes into the 1x1 convolutions.

    Afterwards latents have mean 0 and deviation 1, decode to what they did before, and the
    `scaling_factor` is 1.
    """
    rng = np.random.default_rng(2)
    batch = np.stack([draw(sample_scene(rng), rng) for _ in range(pictures)])
    parts = [
        vae.encode(part.to(device)).latent_dist.mean for part in torch.split(to_signal(batch), 32)
    ]
    latents = torch.cat(parts)
    mean, deviation = latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3))
    into, out = vae.quant_conv, vae.post_quant_conv
    into.bias[:LATENT_CHANNELS] -= mean
    into.bias[:LATENT_CHANNELS] /= deviation
    into.weight[:LATENT_CHANNELS] /= deviation[:, None, None, None]
    into.bias[LATENT_CHANNELS:] -= 2 * deviation.log()  # the other half is the log variance
    out.bias += out.weight[:, :, 0, 0] @ mean
    out.weight *= deviation[:, None, None]


@torch.no_grad()
def start_as_pooling(vae: AutoencoderKL) -> None:
    """Starts the autoencoder as average pooling and plain enlarging, which colours pass at once.

    Residual branches begin at zero, as in Fixup (Zhang et al. 2019), so that the first steps
    train a nearly linear network; the default start spends minutes on a grey plateau.
    """
    for name, module in vae.named_modules():
        if name.endswith((".conv2", ".to_out.0")):
            nn.init.zeros_(module.weight)
        elif name.endswith(".conv_shortcut"):
            nn.init.orthogonal_(module.weight)
        elif name.endswith(".downsamplers.0.conv"):
            nn.init.zeros_(module.weight)
            module.weight[:, :, :2, :2] = torch.eye(module.weight.shape[0])[..., None, None] / 4
        elif name.endswith(".upsamplers.0.conv"):
            nn.init.dirac_(module.weight)
    for conv in (vae.quant_conv, vae.post_quant_conv):
        nn.init.dirac_(conv.weight)
    vae.quant_conv.weight[LATENT_CHANNELS:] = 0
    vae.quant_conv.bias[LATENT_CHANNELS:] = START_LOG_VARIANCE
