"""Builds the networks that several families share, from a config and stored tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from weft import InputError
from weft_nodes.models import libraries
from weft_nodes.models.networks import ClipEncoder, KlVae, UnetNetwork
from weft_nodes.models.source import Stored
from weft_nodes.models.tokenizer import ClipTokenizer
from weft_nodes.models.weights import build_on_meta, load_weights, parameter_count

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
LARGE = 100_000_000  # parameters

CLIP_FIELDS = {
    *("hidden_size", "intermediate_size", "projection_dim", "hidden_act", "layer_norm_eps"),
    *("num_hidden_layers", "num_attention_heads", "attention_dropout"),
    *("vocab_size", "max_position_embeddings"),
}

# What a config may ask for. It comes with the file, so it must not keep us busy for hours.
MOST_LAYERS, MOST_ITEMS, MOST = 64, 32, 1_000_000


@dataclass(frozen=True)
class Placement:
    """Where networks compute and in which precision.

    dtype: "float32", "float16", "bfloat16", or "auto": float32, but float16 for large networks
    on an accelerator, where it halves the memory; small ones gain nothing and stay comparable
    with the CPU. A VAE always computes in float32: it is run once, and some overflow float16.
    check_cancelled: called between tensors; raises `Cancelled` to give up.
    """

    device: str = "cpu"
    dtype: str = "auto"
    check_cancelled: Callable[[], None] = lambda: None

    def resolve(self, module: torch.nn.Module) -> str:
        """The dtype for a network that is not a VAE."""
        if self.dtype == "auto":
            large = self.device != "cpu" and parameter_count(module) >= LARGE
            return "float16" if large else "float32"
        if self.dtype not in DTYPES:
            raise InputError(f"dtype: expected auto, {', '.join(DTYPES)}, got {self.dtype!r}")
        return self.dtype


def build_unet(
    config: Mapping[str, Any], tensors: Mapping[str, Stored], what: str, placement: Placement
) -> tuple[UnetNetwork, str]:
    """A U-Net, and the dtype it computes in. tensors: by diffusers' names."""
    _check_config(config, what)
    module = build_on_meta(what, lambda: libraries.unet_class().from_config(dict(config)))
    dtype = placement.resolve(module)
    _fill(module, tensors, what, placement, dtype)
    return UnetNetwork(module), dtype


def build_vae(
    config: Mapping[str, Any], tensors: Mapping[str, Stored], what: str, placement: Placement
) -> KlVae:
    """An autoencoder. tensors: by diffusers' names."""
    _check_config(config, what)
    module = build_on_meta(what, lambda: libraries.vae_class().from_config(dict(config)))
    _fill(module, tensors, what, placement, "float32")
    downscale = 2 ** (len(module.config.block_out_channels) - 1)
    scaling = _number(module.config.scaling_factor, f"{what}: config scaling_factor")
    if scaling == 0:
        raise InputError(f"{what}: config scaling_factor: expected a number other than 0")
    shift = _number(module.config.shift_factor or 0, f"{what}: config shift_factor")
    return KlVae(module, scaling, shift, downscale)


def build_clip(
    config: Mapping[str, Any],
    tensors: Mapping[str, Stored],
    tokenizer: ClipTokenizer,
    what: str,
    placement: Placement,
) -> ClipEncoder:
    """A CLIP text encoder. tensors: by CLIPTextModel's names, without `text_model.`."""
    _check_config(config, what)
    model, settings = libraries.clip_text_classes()
    known = {name: value for name, value in config.items() if name in CLIP_FIELDS}
    known |= {"bos_token_id": tokenizer.start, "eos_token_id": tokenizer.end}
    module = build_on_meta(what, lambda: model(settings(**known)))
    # Versions of transformers differ in whether names begin with `text_model.`.
    nested = any(name.startswith("text_model.") for name in module.state_dict())
    prefix = "text_model." if nested else ""
    named = {prefix + name: stored for name, stored in tensors.items()}
    _fill(module, named, what, placement, placement.resolve(module))
    _restore_positions(module, placement.device)
    return ClipEncoder(module, tokenizer)


def _fill(
    module: torch.nn.Module,
    tensors: Mapping[str, Stored],
    what: str,
    placement: Placement,
    dtype: str,
) -> None:
    load_weights(
        module,
        tensors,
        what=what,
        device=placement.device,
        dtype=DTYPES[dtype],
        check_cancelled=placement.check_cancelled,
    )


def _restore_positions(module: torch.nn.Module, device: str) -> None:
    """Computes the buffers that no file holds: position ids, left on the meta device."""
    for parent in module.modules():
        for name, buffer in parent.named_buffers(recurse=False):
            if buffer.is_meta:
                if name != "position_ids":
                    raise RuntimeError(f"a buffer that Weft cannot fill: {name}")
                ids = torch.arange(buffer.shape[-1], device=device).expand(buffer.shape)
                parent.register_buffer(name, ids, persistent=False)


def _number(value: object, where: str) -> float:
    if not isinstance(value, int | float):
        raise InputError(f"{where}: expected a number, got {value!r}")
    return float(value)


def _check_config(config: Mapping[str, Any], what: str) -> None:
    for name, value in config.items():
        items = value if isinstance(value, list | tuple) else [value]
        most = MOST_LAYERS if "layers" in name else MOST
        if len(items) > MOST_ITEMS:
            raise InputError(f"{what}: config {name}: expected at most {MOST_ITEMS} items")
        for item in items:
            least = 0 if isinstance(item, int) else -MOST
            if isinstance(item, int | float) and not least <= item <= most:
                raise InputError(f"{what}: config {name}: expected {least} to {most}, got {item}")
