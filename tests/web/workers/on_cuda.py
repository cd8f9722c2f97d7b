"""A registry for workers on a CUDA device; tests/cuda uses it."""

import os

import torch

from weft import Context, Image, Registry, node


def warm_up() -> None:
    """As libraries do when they are imported: ask whether there is a device."""
    torch.cuda.is_available()


@node("cuda.say")
def say(ctx: Context) -> None:
    """Use the device, and say who did."""
    total = int(torch.ones(1000, device=ctx.device).sum())
    ctx.output({"text": f"{ctx.device} {total} {os.getpid()}"})


@node("cuda.break")
def breaks(ctx: Context) -> Image:
    """Look up what is not there: an assertion on the device, after which nothing works."""
    table = torch.zeros(3, device=ctx.device)
    return table[torch.tensor([7], device=ctx.device)].reshape(1, 1, 1, 1)


@node("cuda.sink")
def sink(image: Image) -> None:
    """Take an image."""


def registry() -> Registry:
    found = Registry([say, breaks, sink])
    found.warm_up = [f"{__name__}:warm_up", "weft_nodes.models.libraries:warm_up"]
    return found
