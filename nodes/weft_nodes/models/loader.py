"""Loads checkpoints, whatever family they are of.

Each part can be loaded alone. Headers are read again for each: that takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from weft import InputError
from weft_nodes.kinds import Model, TextEncoder, Vae
from weft_nodes.models import latents
from weft_nodes.models.checkpoint import Checkpoint
from weft_nodes.models.components import Placement
from weft_nodes.models.families import FAMILIES, Family
from weft_nodes.models.families.unread import name_layout
from weft_nodes.models.source import Source, describe, open_source


def load_checkpoint(
    path: Path, device: str = "cpu", dtype: str = "auto", families: Sequence[Family] = FAMILIES
) -> Checkpoint:
    """All parts of a checkpoint: a safetensors file, or a folder in the diffusers layout.

    dtype: see `Placement`. Raises InputError where the file is unusable. Never asks the network.
    """
    vae = load_vae(path, device, families)
    text_encoder = load_text_encoder(path, device, dtype, families)
    model = load_model(path, device, dtype, families)
    return Checkpoint(replace(model, latent_format=vae.latent_format), text_encoder, vae)


def load_model(
    path: Path, device: str = "cpu", dtype: str = "auto", families: Sequence[Family] = FAMILIES
) -> Model:
    """The denoising network of a checkpoint."""
    family, source = identify(path, families)
    return family.load_model(source, Placement(device, dtype))


def load_text_encoder(
    path: Path, device: str = "cpu", dtype: str = "auto", families: Sequence[Family] = FAMILIES
) -> TextEncoder:
    """The text encoder of a checkpoint."""
    family, source = identify(path, families)
    return family.load_text_encoder(source, Placement(device, dtype))


def load_vae(path: Path, device: str = "cpu", families: Sequence[Family] = FAMILIES) -> Vae:
    """The autoencoder of a checkpoint."""
    family, source = identify(path, families)
    vae = family.load_vae(source, Placement(device))
    if latents.is_measured(vae.latent_format):
        return vae
    return replace(vae, latent_format=latents.measure(vae.latent_format, vae.decode))


def identify(path: Path, families: Sequence[Family] = FAMILIES) -> tuple[Family, Source]:
    """Which family a checkpoint is of. Reads headers only."""
    source = open_source(path)
    for family in families:
        if family.recognises(source):
            return family, source
    known = ", ".join(f"{family.title} ({family.name})" for family in families)
    layout = name_layout(source)
    if layout is not None:
        what = f"this is {layout}, which this version does not read as a checkpoint"
    else:
        what = "no family recognises this checkpoint"
    raise InputError(f"{path}: {what}; it is {describe(source)}; known families: {known}")
