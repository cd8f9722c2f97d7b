"""Small networks of several architectures, with weights drawn from a seed, as files."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from weft import Context, ModelFolders
from weft_upscale.kinds import UpscaleModel
from weft_upscale.libraries import spandrel
from weft_upscale.loading import load
from weft_upscale.upscale import upscaled


def compact(scale: int = 2, channels: int = 3) -> Any:
    """Real-ESRGAN's compact network: 3 convolutions, so it looks 3 pixels far."""
    spandrel()
    from spandrel.architectures.Compact import Compact

    return Compact(num_in_ch=channels, num_out_ch=channels, num_feat=8, num_conv=1, upscale=scale)


def esrgan(scale: int = 4, shuffle: int | None = None) -> Any:
    """ESRGAN; with `shuffle`, one that first folds blocks of pixels into channels."""
    spandrel()
    from spandrel.architectures.ESRGAN import ESRGAN

    folded = 3 if shuffle is None else 3 * shuffle**2
    return ESRGAN(in_nc=folded, num_filters=8, num_blocks=2, scale=scale, shuffle_factor=shuffle)


def swinir() -> Any:
    """SwinIR: attention in windows of 8 pixels, at least 16."""
    spandrel()
    from spandrel.architectures.SwinIR import SwinIR

    return SwinIR(
        img_size=16,
        embed_dim=12,
        depths=[2],
        num_heads=[2],
        window_size=8,
        mlp_ratio=2,
        upscale=2,
        upsampler="pixelshuffledirect",
    )


def dat() -> Any:
    """DAT: attention across windows and channels."""
    spandrel()
    from spandrel.architectures.DAT import DAT

    return DAT(
        img_size=16,
        embed_dim=32,
        split_size=[2, 4],
        depth=[2],
        num_heads=[2],
        upscale=2,
        expansion_factor=2.0,
    )


def nafnet() -> Any:
    """NAFNet: cleans a picture and leaves its size."""
    spandrel()
    from spandrel.architectures.NAFNet import NAFNet

    return NAFNet(width=8, middle_blk_num=1, enc_blk_nums=[1], dec_blk_nums=[1])


ARCHITECTURES: dict[str, tuple[Callable[[], Any], str, int, int]] = {
    "compact": (compact, "RealESRGAN Compact", 2, 3),
    "compact-grey": (lambda: compact(channels=1), "RealESRGAN Compact", 2, 1),
    "compact-rgba": (lambda: compact(channels=4), "RealESRGAN Compact", 2, 4),
    "compact-1x": (lambda: compact(scale=1), "RealESRGAN Compact", 1, 3),
    "esrgan": (esrgan, "ESRGAN", 4, 3),
    "esrgan-shuffled": (lambda: esrgan(4, 2), "ESRGAN", 2, 3),
    "swinir": (swinir, "SwinIR", 2, 3),
    "dat": (dat, "DAT", 2, 3),
    "nafnet": (nafnet, "NAFNet", 1, 3),
}


def write(folder: Path, name: str) -> Path:
    """The file of an architecture in `folder`/upscale_models."""
    path = folder / "upscale_models" / f"{name}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(5)
            state = ARCHITECTURES[name][0]().state_dict()
        save_file({key: value.contiguous() for key, value in state.items()}, path)
    return path


def model_of(folder: Path, name: str) -> UpscaleModel:
    """The architecture, loaded from its file."""
    return load(write(folder, name))


def context(folder: Path) -> Context:
    """A context whose models folder is `folder`."""
    return Context(models=ModelFolders((folder,)).find)


def picture(height: int, width: int, channels: int = 3, batch: int = 1, seed: int = 0) -> Tensor:
    """Smooth random pictures [B, H, W, C] in 0..1."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(batch, channels, height // 4 + 2, width // 4 + 2, generator=generator)
    smooth = torch.nn.functional.interpolate(noise, (height, width), mode="bilinear")
    return smooth.movedim(1, -1).contiguous()


def run(model: UpscaleModel, image: Tensor, tile: int = 512, overlap: int = 32) -> Tensor:
    """`upscaled`, with nothing behind the context."""
    return asyncio.run(upscaled(Context.null(), model, image, tile, overlap))
