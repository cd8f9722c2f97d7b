"""`latent.sample` on a CUDA device, over the network calls it makes and over plain diffusers.

    python benchmarks/gpu.py [--steps 20] [--repeat 7] [--device cuda]

On starter-unet in float32, whose calls are too small to keep a device busy, and on a network of
Stable Diffusion 1.5's dimensions with random weights in float16, whose calls are not. All three
take turns in the same run: the node; as many network calls in a plain loop; and a
StableDiffusionPipeline with the same network, noise, prompts and sampler, from prompts to latents.
The device is waited for at the end of each, and by nobody before. Then what exactness costs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from weft import Builder, Engine, ModelFolders, Registry, Workflow, node
from weft_nodes.kinds import Conditioning, LatentFormat, Model
from weft_nodes.models.families.sd1 import LATENT_FORMAT, SCHEDULER, UNET, VAE
from weft_nodes.models.libraries import unet_class, vae_class
from weft_nodes.models.loader import load_model
from weft_nodes.models.networks import UnetNetwork
from weft_nodes.models.noise_schedule import training_sigmas
from weft_nodes.sampling.noise import draw

KARRAS = {"use_karras_sigmas": True}
SAMPLERS: dict[str, tuple[str, dict[str, Any]]] = {
    "euler": ("EulerDiscreteScheduler", KARRAS),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", KARRAS),
}


@dataclass(frozen=True)
class Case:
    """A model and prompts for it."""

    name: str
    model: Model
    positive: Conditioning
    negative: Conditioning

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of one latent."""
        format: LatentFormat = self.model.latent_format
        width, height = (side // format.downscale for side in self.model.native_size)
        return 1, format.channels, height, width


_cases: dict[str, Case] = {}


@node("bench:model.given")
def given_model(name: str) -> Model:
    """The model of a case."""
    return _cases[name].model


@node("bench:conditioning.given")
def given_prompt(name: str, negative: bool = False) -> Conditioning:
    """A prompt of a case."""
    return _cases[name].negative if negative else _cases[name].positive


def starter(device: str) -> Case:
    """The model that ships. Prompts are numbers: what they say makes no difference in time."""
    path = ModelFolders.default().find("checkpoints", "starter-unet.safetensors")
    model = load_model(path, device)
    prompts = (Conditioning(draw(seed, (1, 24, 128)).to(device)) for seed in (1, 2))
    return Case("starter-unet, float32, 128 x 128", model, *prompts)


def large(device: str) -> Case:
    """Stable Diffusion 1.5's dimensions, float16, random weights."""
    torch.manual_seed(0)
    dtype = torch.float32 if device == "cpu" else torch.float16
    with torch.device(device):
        module = unet_class().from_config(dict(UNET)).to(dtype).eval().requires_grad_(False)
    model = Model(
        network=UnetNetwork(module),
        family="sd1",
        prediction="epsilon",
        training_sigmas=training_sigmas(SCHEDULER, "the standard schedule"),
        latent_format=LATENT_FORMAT,
        native_size=(512, 512),
        device=device,
        dtype=str(dtype).removeprefix("torch."),
        modules=(module,),
    )
    prompts = (Conditioning(draw(seed, (1, 77, 768)).to(device)) for seed in (1, 2))
    return Case("SD 1.5's dimensions, float16, 512 x 512", model, *prompts)


def build(case: Case, guidance: float, steps: int, sampler: str) -> Workflow:
    """A workflow that ends in a sampled latent."""
    builder = Builder()
    model = builder.add("bench:model.given", id="model", name=case.name)
    prompts = [
        builder.add("bench:conditioning.given", name=case.name, negative=negative).conditioning
        for negative in (False, True)
    ]
    latent = builder.add("latent.empty", id="empty", model=model.model)
    builder.add(
        "latent.sample",
        id="sample",
        model=model.model,
        positive=prompts[0],
        negative=prompts[1],
        latent=latent.latent,
        steps=steps,
        guidance=guidance,
        sampler=sampler,
    )
    return builder.workflow()


def finish(device: str) -> None:
    """Wait for the device."""
    if device != "cpu":
        torch.cuda.synchronize(device)


def timed(device: str, work: Callable[[], object]) -> float:
    """Seconds until what a call asked for is done."""
    finish(device)
    begin = perf_counter()
    work()
    finish(device)
    return perf_counter() - begin


@torch.no_grad()
def bare(case: Case, batch: int, calls: int) -> None:
    """The network calls alone, in a loop."""
    model = case.model
    dtype = getattr(torch, model.dtype)
    x = torch.randn(batch, *case.shape[1:], device=model.device, dtype=dtype)
    timestep = torch.full((batch,), 500.0, device=model.device)
    prompt = case.positive.embeddings.to(dtype).expand(batch, -1, -1).contiguous()
    for _ in range(calls):
        model.network(x, timestep, Conditioning(prompt))


def make_pipeline(case: Case, sampler: str) -> Any:
    """diffusers' pipeline around the same network."""
    import diffusers

    name, options = SAMPLERS[sampler]
    config = {**SCHEDULER, "steps_offset": 1}
    scheduler = getattr(diffusers, name)(**config, **options)
    pipeline = diffusers.StableDiffusionPipeline(
        vae=None,
        text_encoder=None,
        tokenizer=None,
        unet=case.model.modules[0],
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def diffused(case: Case, pipeline: Any, seed: int, steps: int, guidance: float) -> Tensor:
    """The latents that diffusers makes."""
    dtype = getattr(torch, case.model.dtype)
    answer = pipeline(
        prompt_embeds=case.positive.embeddings.to(dtype),
        negative_prompt_embeds=case.negative.embeddings.to(dtype),
        latents=draw(seed, case.shape).to(case.model.device, dtype),
        num_inference_steps=steps,
        guidance_scale=guidance,
        output_type="latent",
    )
    latents: Tensor = answer.images
    return latents


def measure(
    engine: Engine, case: Case, guidance: float, steps: int, sampler: str, repeat: int
) -> list[str]:
    """One row: seconds of the node, over a plain loop, over diffusers, and their difference."""
    device = case.model.device
    workflow = build(case, guidance, steps, sampler)
    pipeline = make_pipeline(case, sampler)
    batch = 1 if guidance == 1 else 2
    whole, over_loop, over_diffusers = [], [], []
    away = 0.0
    for seed in range(-2, repeat):
        run = workflow.with_values({"sample.seed": seed + 2})
        found: list[Any] = []
        theirs = timed(
            device,
            lambda: found.append(diffused(case, pipeline, seed + 2, steps, guidance)),  # noqa: B023
        )
        outcome = engine.run(run, ["sample.latent"]).check()
        ours = outcome.nodes["sample"]["seconds"]
        loop = timed(device, lambda: bare(case, batch, steps))
        if seed >= 0:  # the first two warm up
            whole.append(ours)
            over_loop.append(ours / loop)
            over_diffusers.append(ours / theirs)
        samples = outcome["sample.latent"].samples
        away = float((samples - found[0].float()).abs().mean() / samples.std())
    figures = [f"{median(one):.3f}" for one in (whole, over_loop, over_diffusers)]
    return [*figures, f"{away:.3f}"]


def exactness(device: str, case: Case, repeat: int) -> list[list[str]]:
    """Rows: what float32 in TF32 and the choice of any algorithm would save."""
    torch.manual_seed(0)
    with torch.device(device):
        vae = vae_class().from_config(dict(VAE)).eval().requires_grad_(False)
        unet = unet_class().from_config(dict(UNET)).eval().requires_grad_(False)
    latent = draw(0, (1, 4, 64, 64)).to(device)
    text = draw(1, (1, 77, 768)).to(device)
    works: dict[str, Callable[[], object]] = {
        "VAE of SD 1.5's dimensions, decode 512 x 512": lambda: vae.decode(latent),
        "U-Net of SD 1.5's dimensions, float32, a call": lambda: unet(latent, 500, text),
        "starter-unet, float32, a call": lambda: bare(case, 1, 1),
    }
    rows = []
    for name, work in works.items():
        seconds = []
        for tf32, deterministic in ((False, True), (True, True), (False, False)):
            torch.backends.cudnn.allow_tf32 = tf32
            torch.backends.cudnn.deterministic = deterministic
            with torch.no_grad():
                seconds.append(median(timed(device, work) for _ in range(repeat + 2)))
        exact, *others = seconds
        rows.append([name, f"{exact * 1000:.1f}", *(f"{exact / one:.2f}" for one in others)])
    torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = False, True
    return rows


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="starter-unet alone")
    options = parser.parse_args()
    registry = Registry.installed()
    registry.add(given_model)
    registry.add(given_prompt)
    console = Console(width=120)
    with Engine(registry=registry, device=options.device) as engine:
        device = engine.device.name
        title = torch.cuda.get_device_name(device) if device != "cpu" else "the processor"
        console.print(f"{title}, torch {torch.__version__}")
        table = Table(title=f"latent.sample, {options.steps} steps")
        columns = ("sampler", "guidance", "node s", "over a plain loop", "over diffusers", "apart")
        table.add_column("network")
        for name in columns:
            table.add_column(name, justify="right")
        makers = (starter,) if options.small else (starter, large)
        for case in (make(device) for make in makers):
            _cases[case.name] = case
            for sampler in SAMPLERS:
                for guidance in (1.0, 4.0):
                    row = measure(engine, case, guidance, options.steps, sampler, options.repeat)
                    table.add_row(case.name, sampler, f"{guidance:g}", *row)
                    console.print(case.name, sampler, guidance, *row, style="dim")
        console.print(table)
        if device == "cpu":
            return
        costs = Table(title="what is exact, over what is not")
        for name in ("work", "exact ms", "over TF32", "over any algorithm"):
            costs.add_column(name)
        for row in exactness(device, next(iter(_cases.values())), options.repeat):
            costs.add_row(*row)
        console.print(costs)


if __name__ == "__main__":
    main()
