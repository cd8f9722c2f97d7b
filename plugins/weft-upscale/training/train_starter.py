"""Trains `starter-2x`, the small upscaler that the plugin ships, on scenes it draws itself.

    PYTHONPATH=training python plugins/weft-upscale/training/train_starter.py --out runs/2x

The network is Real-ESRGAN's compact one (SRVGGNet: Wang et al. 2021, "Real-ESRGAN", section 4.1),
with 24 features and 4 inner convolutions. One CPU core takes about ten minutes. The same seed on
the same machine gives the same weights. It writes `starter-2x.safetensors` into the folder.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from weft_training.drawing import draw, draw_clutter
from weft_training.loop import update_ema
from weft_training.scenes import sample_scene
from weft_upscale.libraries import spandrel

FEATURES, CONVOLUTIONS, SCALE = 24, 4, 2
SIDE = 128  # pixels, of a drawn picture
CROP = 48  # pixels, of a large crop; the network sees half of it
BATCH = 32
PICTURES = 3000
HELD_OUT_SEED = 2**31  # training seeds lie below it


def compact() -> Any:
    """The network, with weights drawn from torch's generator."""
    spandrel()
    from spandrel.architectures.Compact import Compact

    return Compact(num_feat=FEATURES, num_conv=CONVOLUTIONS, upscale=SCALE)


def pictures(count: int, seed: int, held_out: bool = False) -> Tensor:
    """Drawn scenes, uint8 [count, 3, 128, 128]; in training, two of three are cluttered.

    held_out: only scenes with a pair of colour and shape that training never shows.
    """
    made = []
    for index in range(count):
        rng = numpy.random.default_rng((seed, index))
        if held_out or index % 3 == 0:
            picture = draw(sample_scene(rng, held_out=held_out), rng)
        else:
            picture = draw_clutter(rng)
        made.append(torch.from_numpy(picture).permute(2, 0, 1))
    return torch.stack(made)


def shrunk(large: Tensor, method: str) -> Tensor:
    """Half the size, in one of the two usual ways, rounded to 8 bits as files are."""
    if method == "area":
        small = avg_pool2d(large, SCALE)
    else:
        small = interpolate(large, scale_factor=1 / SCALE, mode="bicubic", antialias=True)
    return (small.clamp(0, 1) * 255).round() / 255


def batch(store: Tensor, seed: int, step: int) -> tuple[Tensor, Tensor]:
    """Crops with an edge in them: small [B, 3, 24, 24] and large [B, 3, 48, 48], 0..1."""
    rng = numpy.random.default_rng((seed, 1, step))
    crops = []
    for _ in range(BATCH):
        picture = store[rng.integers(len(store))].float() / 255
        candidates = []
        for _ in range(3):
            top, left = rng.integers(0, (SIDE - CROP) // SCALE, 2) * SCALE
            candidates.append(picture[:, top : top + CROP, left : left + CROP])
        crop = max(candidates, key=lambda one: float(one.std(dim=(1, 2)).sum()))
        turned = torch.rot90(crop, int(rng.integers(4)), (1, 2))
        crops.append(turned.flip(2) if rng.random() < 0.5 else turned)
    large = torch.stack(crops)
    small = shrunk(large, "area" if rng.random() < 0.5 else "bicubic")
    if rng.random() < 0.3:  # what another model drew is neither quite sharp nor quite clean
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        small = small + torch.randn(small.shape, generator=generator) * 0.01 * rng.random()
    return small.clamp(0, 1), large


def train(steps: int, seed: int, count: int = PICTURES, log_every: int = 200) -> Any:
    """The averaged network after `steps` steps of Adam on the Charbonnier loss.

    count: how many pictures are drawn and cropped from.
    """
    torch.manual_seed(seed)
    network = compact()
    average = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.9, 0.99))
    store = pictures(count, seed)
    start, recent = time.monotonic(), 0.0
    for step in range(steps):
        rate = min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimizer.param_groups[0]["lr"] = 2e-3 * rate
        small, large = batch(store, seed, step)
        loss = ((network(small) - large).square() + 1e-6).sqrt().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        update_ema(average, network, step, 0.998)
        recent += float(loss.detach())
        if (step + 1) % log_every == 0:
            print(step + 1, f"loss {recent / log_every:.5f}", f"{time.monotonic() - start:.0f} s")
            recent = 0.0
    return average.eval()


def psnr(made: Tensor, wanted: Tensor) -> float:
    """Mean peak signal-to-noise ratio over pictures in dB, both rounded to 8 bits."""
    errors = ((made.clamp(0, 1) * 255).round() / 255 - wanted).square().mean(dim=(1, 2, 3))
    return float((-10 * errors.clamp(min=1e-10).log10()).mean())


@torch.no_grad()
def evaluate(network: Any, count: int = 300) -> dict[str, dict[str, float]]:
    """PSNR in dB on held-out scenes, by the way they were shrunk and then enlarged."""
    large = pictures(count, HELD_OUT_SEED, held_out=True).float() / 255
    report = {}
    for how in ("area", "bicubic"):
        small = shrunk(large, how)
        report[how] = {
            "nearest": psnr(interpolate(small, scale_factor=SCALE, mode="nearest"), large),
            "bicubic": psnr(interpolate(small, scale_factor=SCALE, mode="bicubic"), large),
            "starter-2x": psnr(network(small), large),
        }
    return report


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = train(options.steps, options.seed)
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    metadata = {"title": "starter-2x", "licence": "Apache-2.0", "seed": str(options.seed)}
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "starter-2x.safetensors"
    save_file(state, path, {**metadata, "steps": str(options.steps)})
    path.chmod(0o644)  # it is written for its owner alone
    print(json.dumps(evaluate(network), indent=2))


if __name__ == "__main__":
    main()
