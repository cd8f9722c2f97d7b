"""Judges a checkpoint: draws pictures from captions and lets the checker look at them.

    python -m weft_training.evaluate CHECKPOINT --out DIR

Writes `report.json` and `grid.png` (64 pictures). Only the file is used, read the way a loader
of Stable Diffusion 1.x files reads it.
"""

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from PIL import Image
from safetensors import safe_open
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from weft_training.checker import Verdict, judge, look
from weft_training.drawing import Picture
from weft_training.export import TEXT_PREFIX
from weft_training.sampling import noise_for, sample
from weft_training.scenes import Scene, caption, sample_scene
from weft_training.tokenizer import encode, load_tokenizer

BATCH = 16


@dataclass(frozen=True)
class Model:
    """The parts of a checkpoint, in float32."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text: CLIPTextModel
    tokenizer: CLIPTokenizer


def load(path: Path, device: torch.device) -> Model:
    """Reads a checkpoint in LDM layout, with the configs of its metadata."""
    with safe_open(str(path), framework="pt") as file:
        notes: dict[str, str] = file.metadata()
        weights = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    configs: dict[str, Any] = json.loads(notes["weft.configs"])
    unet = UNet2DConditionModel(**configs["unet"])
    unet.load_state_dict(convert_ldm_unet_checkpoint(dict(weights), dict(configs["unet"])))
    vae = AutoencoderKL(**configs["vae"])
    vae.load_state_dict(convert_ldm_vae_checkpoint(dict(weights), dict(configs["vae"])))
    text = CLIPTextModel(CLIPTextConfig(**configs["text_encoder"]))
    own = {k.removeprefix(TEXT_PREFIX): v for k, v in weights.items() if k.startswith(TEXT_PREFIX)}
    text.load_state_dict(own)
    tokenizer = load_tokenizer(json.loads(notes["weft.tokenizer"]))
    for module in (unet, vae, text):
        module.to(device).eval()
    return Model(unet, vae, text, tokenizer)


@torch.no_grad()
def generate(
    model: Model, texts: list[str], seeds: list[int], *, steps: int = 20, guidance: float = 3.0
) -> list[Picture]:
    """One picture [128, 128, 3] per caption and seed."""
    device = model.unet.device
    pictures: list[Picture] = []
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        hidden = model.text(encode(model.tokenizer, part).to(device)).last_hidden_state
        empty = model.text(encode(model.tokenizer, [""]).to(device)).last_hidden_state
        noise = noise_for(seeds[start : start + BATCH]).to(device)
        latents = sample(model.unet, hidden, empty, noise, steps=steps, guidance=guidance)
        decoded = model.vae.decode(latents / model.vae.config.scaling_factor).sample
        values = ((decoded.clamp(-1, 1) + 1) * 127.5).round().byte()
        pictures += list(values.permute(0, 2, 3, 1).cpu().numpy())
    return pictures


def share(verdicts: list[Verdict]) -> dict[str, float | int]:
    """How many of the verdicts are right, in all and by what they judge."""
    total = max(1, len(verdicts))
    tally = Counter[str]()
    for verdict in verdicts:
        tally["everything"] += verdict.everything
        tally["colours_shapes"] += verdict.count and verdict.colours_shapes
        tally["sizes"] += verdict.count and verdict.sizes
        tally["relation"] += verdict.count and verdict.relation
        tally["count"] += verdict.count
        tally["background"] += verdict.background
    return {"n": len(verdicts), **{name: round(n / total, 4) for name, n in tally.items()}}


def random_scenes(count: int, seed: int, *, held_out: bool) -> list[Scene]:
    """Scenes to judge by, half of them with two things."""
    rng = np.random.default_rng([101, seed])
    return [sample_scene(rng, two=0.5, held_out=held_out) for _ in range(count)]


def grid(pictures: list[Picture], columns: int = 8) -> Image.Image:
    """The pictures in rows, with thin gaps."""
    padded = [np.pad(p, ((1, 1), (1, 1), (0, 0)), constant_values=255) for p in pictures]
    rows = [
        np.concatenate(padded[i : i + columns], axis=1)
        for i in range(0, len(padded) // columns * columns, columns)
    ]
    return Image.fromarray(np.concatenate(rows))


def evaluate(
    model: Model, *, count: int, seed: int, steps: int, guidance: float
) -> tuple[dict[str, Any], list[Picture]]:
    """The report, and the pictures of the scenes that hold no held-out pair."""
    report: dict[str, Any] = {
        "captions": count, "seed": seed, "steps": steps, "guidance": guidance
    }  # fmt: skip
    started = time.monotonic()
    first: list[Picture] = []
    for name, held_out in (("seen", False), ("held_out", True)):
        scenes = random_scenes(count if not held_out else count // 2, seed, held_out=held_out)
        seeds = [seed * 100_000 + i for i in range(len(scenes))]
        texts = [caption(scene) for scene in scenes]
        pictures = generate(model, texts, seeds, steps=steps, guidance=guidance)
        first = first or pictures
        verdicts = [judge(s, look(p)) for s, p in zip(scenes, pictures, strict=True)]
        pairs = list(zip(scenes, verdicts, strict=True))
        report[f"{name}_single"] = share([v for s, v in pairs if s.second is None])
        report[f"{name}_two"] = share([v for s, v in pairs if s.second is not None])
        report[f"{name}_wrong"] = [
            {"caption": t, "index": i, "missing": [k for k, ok in vars(v).items() if not ok]}
            for i, (t, v) in enumerate(zip(texts, verdicts, strict=True))
            if not v.everything
        ]
    report["seconds"] = round(time.monotonic() - started, 1)
    return report, first


def main() -> None:
    parser = argparse.ArgumentParser(description="Judge a starter-unet checkpoint.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    model = load(args.checkpoint, torch.device(args.device))
    report, pictures = evaluate(
        model, count=args.count, seed=args.seed, steps=args.steps, guidance=args.guidance
    )
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    grid(pictures[:64]).save(args.out / "grid.png")
    print(json.dumps({k: v for k, v in report.items() if not k.endswith("wrong")}, indent=1))


if __name__ == "__main__":
    main()
