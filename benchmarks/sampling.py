"""The whole `latent.sample` node over the bare network calls it makes.

    python benchmarks/sampling.py [--steps 20] [--repeat 9]

The network is wrapped in a clock, so that node and calls are timed in the same run and other load
on the machine falls on both. What is left is sampler, guidance, noise, progress and the lanes. A
second column compares with the same number of calls made in a plain loop, which is noisier.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import perf_counter

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from weft import Builder, Engine, Registry, Workflow, node
from weft_nodes.kinds import Conditioning, Model, Network


class Clock:
    """A network that adds up the time spent in it."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.seconds = 0.0
        self.calls = 0

    def __call__(self, x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        """The network's answer."""
        begin = perf_counter()
        answer = self.network(x, timestep, conditioning)
        self.seconds += perf_counter() - begin
        self.calls += 1
        return answer


@node("bench:model.clocked")
def clocked(model: Model) -> Model:
    """The same model with a clock around its network."""
    return replace(model, network=Clock(model.network))


def build(guidance: float, steps: int, sampler: str) -> Workflow:
    """A workflow that ends in a sampled latent."""
    builder = Builder()
    loaded = builder.add("model.load_checkpoint", id="load", file="starter-unet.safetensors")
    model = builder.add("bench:model.clocked", id="model", model=loaded.model)
    prompts = {
        name: builder.add("text.encode", id=name, text_encoder=loaded.text_encoder, text=text)
        for name, text in (("positive", "a large red circle"), ("negative", ""))
    }
    latent = builder.add("latent.empty", id="empty", model=model.model)
    builder.add(
        "latent.sample",
        id="sample",
        model=model.model,
        positive=prompts["positive"].conditioning,
        negative=prompts["negative"].conditioning,
        latent=latent.latent,
        steps=steps,
        guidance=guidance,
        sampler=sampler,
    )
    return builder.workflow()


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begin = perf_counter()
    work()
    return perf_counter() - begin


@torch.no_grad()
def bare(model: Model, conditioning: Conditioning, batch: int, calls: int) -> None:
    """The network calls alone, in a loop."""
    height, width = (side // model.latent_format.downscale for side in model.native_size)
    x = torch.randn(batch, model.latent_format.channels, height, width)
    timestep = torch.full((batch,), 500.0)
    ready = Conditioning(conditioning.embeddings.expand(batch, -1, -1).contiguous())
    for _ in range(calls):
        model.network(x, timestep, ready)


def measure(engine: Engine, guidance: float, steps: int, sampler: str, repeat: int) -> list[str]:
    """One row: seconds of the node, ratio to its own network calls, ratio to a plain loop."""
    workflow = build(guidance, steps, sampler)
    values = engine.run(workflow, ["model.model", "positive.conditioning"]).check()
    model, conditioning = values["model.model"], values["positive.conditioning"]
    clock = model.network
    whole, inside, loop = [], [], []
    for seed in range(-1, repeat):
        run = workflow.with_values({"sample.seed": seed % 1000})
        clock.seconds, clock.calls = 0.0, 0
        outcome = engine.run(run, ["sample.latent"]).check()
        seconds = outcome.nodes["sample"]["seconds"]
        spent, calls = clock.seconds, clock.calls
        batch = 1 if guidance == 1 else 2
        again = timed(lambda: bare(model, conditioning, batch, calls))  # noqa: B023
        if seed >= 0:  # the first warms up
            whole.append(seconds)
            inside.append(seconds / spent)
            loop.append(seconds / again)
    return [f"{value:.3f}" for value in (median(whole), median(inside), median(loop))]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    table = Table(title=f"latent.sample on starter-unet, {options.steps} steps")
    for name in ("sampler", "guidance", "node s", "over its own calls", "over a plain loop"):
        table.add_column(name, justify="right")
    registry = Registry.installed()
    registry.add(clocked)
    with Engine(registry=registry, device="cpu") as engine:
        for sampler in ("euler", "dpmpp_2m"):
            for guidance in (1.0, 4.0):
                row = measure(engine, guidance, options.steps, sampler, options.repeat)
                table.add_row(sampler, f"{guidance:g}", *row)
    Console().print(table)


if __name__ == "__main__":
    main()
