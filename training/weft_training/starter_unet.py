"""Trains `starter-unet` stage by stage.

    python -m weft_training.starter_unet --out DIR [--stage all] [--resume] [--device auto]

text: the text encoder, on captions alone. vae: the autoencoder. decoder: its decoder again, on
latents with noise. unet: the denoiser. export: the checkpoint file, `DIR/starter-unet.safetensors`.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from diffusers import AutoencoderKL
from torch import nn
from transformers import CLIPTextModel

from weft_training.bank import LatentBank
from weft_training.configs import build_unet, build_vae
from weft_training.export import checkpoint_bytes, write_checkpoint
from weft_training.loop import Plan, Progress, Task, save_atomically, train
from weft_training.train_text import TextTask
from weft_training.train_unet import UnetTask
from weft_training.train_vae import DecoderTask, VaeTask, standardise

# Wall minutes on two busy cores. A GPU needs far fewer for the same steps: see the README.
PLANS = {
    "text": Plan(lr=2e-3, minutes=1.4, warmup=100, ema=0.99),
    "vae": Plan(lr=2e-3, minutes=30, warmup=60, ema=0.99, shares=2),
    "decoder": Plan(lr=1e-3, minutes=8, warmup=60, ema=0.99, shares=2),
    "unet": Plan(lr=1e-3, minutes=60, warmup=200, ema=0.999, shares=2),
}
STAGES = (*PLANS, "export")
CARD = "Draws one or two plain shapes from captions; trained by Weft's training/ directory."


class Workshop:
    """The stages' results in one directory, each loaded when a later stage needs it."""

    def __init__(self, out: Path, device: torch.device) -> None:
        self.out, self.device = out, device

    def averaged(self, stage: str, module: nn.Module) -> nn.Module:
        """`module` with the averaged weights that a stage has reached."""
        state = torch.load(self.out / f"{stage}.pt", weights_only=True, map_location=self.device)
        module.load_state_dict(state["average"])
        return module.to(self.device).eval()

    def vae(self) -> AutoencoderKL:
        """The autoencoder with standardised latents: from here on the encoder stays the same."""
        ready, vae = self.out / "vae-ready.pt", build_vae()
        if not ready.exists():
            self.averaged("vae", vae)
            standardise(vae, self.device)
            save_atomically(vae.state_dict(), ready)
        vae.load_state_dict(torch.load(ready, weights_only=True, map_location=self.device))
        return vae.to(self.device).eval()

    def text(self) -> CLIPTextModel:
        parts = cast(nn.ModuleDict, self.averaged("text", TextTask(self.device).module))
        return cast(CLIPTextModel, parts["text"])

    def task(self, stage: str) -> Task:
        if stage == "text":
            return TextTask(self.device)
        if stage == "vae":
            return VaeTask(self.device)
        if stage == "decoder":
            return DecoderTask(self.vae(), self.device)
        bank = LatentBank(self.vae(), self.device, path=self.out / "bank.pt")
        return UnetTask(bank, self.text(), self.device)

    def run(self, stage: str, plan: Plan, *, resume: bool) -> None:
        task = self.task(stage)

        def saved(average: nn.Module, progress: Progress) -> None:
            print(f"{stage}: {progress}", flush=True)
            if isinstance(task, UnetTask):
                task.bank.save()
                self.export(average)

        train(task, plan, self.out, resume=resume, on_save=saved)

    def export(self, unet: nn.Module | None = None) -> Path:
        """Writes the checkpoint from the stages' averaged weights."""
        if unet is None:
            unet = self.averaged("unet", build_unet())
        vae: nn.Module = self.vae()
        if (self.out / "decoder.pt").exists():
            vae = self.averaged("decoder", build_vae())
        data = checkpoint_bytes(
            unet.state_dict(), vae.state_dict(), self.text().state_dict(), card=CARD
        )
        path = self.out / "starter-unet.safetensors"
        write_checkpoint(path, data)
        return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="directory of all results")
    parser.add_argument("--stage", default="all", choices=["all", *STAGES])
    parser.add_argument("--minutes", type=float, help="wall minutes of each stage, over all runs")
    parser.add_argument("--steps", type=int, help="steps of each stage, instead of minutes")
    parser.add_argument("--resume", action="store_true", help="go on from what --out holds")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    args = parser.parse_args()
    cuda = args.device == "cuda" or (args.device == "auto" and torch.cuda.is_available())
    device = torch.device("cuda" if cuda else "cpu")
    torch.set_flush_denormal(True)
    if not cuda:
        torch.set_num_threads(1)  # the shares of a batch run in parallel instead
    workshop = Workshop(args.out, device)
    for stage in STAGES if args.stage == "all" else (args.stage,):
        if stage == "export":
            print(workshop.export())
            continue
        plan = PLANS[stage]
        if args.minutes is not None or args.steps is not None:
            plan = replace(plan, minutes=args.minutes, steps=args.steps)
        workshop.run(stage, plan, resume=args.resume)


if __name__ == "__main__":
    main()
