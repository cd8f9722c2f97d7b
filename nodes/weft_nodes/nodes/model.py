"""Nodes that load models."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Choices, Context, node
from weft_nodes.models.checkpoint import Checkpoint


@node("model.load_checkpoint")
def load_checkpoint(
    file: Annotated[str, Choices.files("checkpoints")],
    ctx: Context,
    precision: Literal["auto", "float32", "float16", "bfloat16"] = "auto",
) -> Checkpoint:
    """Load a model, its text encoder and its VAE from one checkpoint.

    file: a safetensors file, or a folder in the diffusers layout.
    precision: what the networks compute in; auto is float32 on the CPU, and float16 for large
        networks on an accelerator. The VAE always computes in float32.
    """
    from weft_nodes.models import loader

    path = ctx.model_file("checkpoints", file)
    return loader.load_checkpoint(path, ctx.device, precision, check_cancelled=ctx.check_cancelled)
