"""Loads checkpoints, whatever family they are of.

Each part can also be loaded alone, by the functions below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from weft import InputError
from weft_nodes.kinds import Model, TextEncoder, Vae
from weft_nodes.models import latents
from weft_nodes.models.checkpoint import Checkpoint
from weft_nodes.models.components import Placement
from weft_nodes.models.families import Family, families
from weft_nodes.models.families.unread import name_layout
from weft_nodes.models.source import Source, describe, open_source


def load_checkpoint(
    path: Path,
    device: str = "cpu",
    dtype: str = "auto",
    among: Sequence[Family] | None = None,
    check_cancelled: Callable[[], None] = lambda: None,
) -> Checkpoint:
    """All parts of a checkpoint: a safetensors file, or a folder in the diffusers layout.

    dtype: see `Placement`. Raises InputError where the file is unusable. Never asks the network.
    """
    family, source = identify(path, among)
    placement = Placement(device, dtype, check_cancelled)
    vae = _with_colours(family.load_vae(source, placement))
    text_encoder = family.load_text_encoder(source, placement)
    model = family.load_model(source, placement)
    return Checkpoint(replace(model, latent_format=vae.latent_format), text_encoder, vae)


def load_model(
    path: Path, device: str = "cpu", dtype: str = "auto", among: Sequence[Family] | None = None
) -> Model:
    """The denoising network of a checkpoint."""
    family, source = identify(path, among)
    return family.load_model(source, Placement(device, dtype))


def load_text_encoder(
    path: Path, device: str = "cpu", dtype: str = "auto", among: Sequence[Family] | None = None
) -> TextEncoder:
    """The text encoder of a checkpoint."""
    family, source = identify(path, among)
    return family.load_text_encoder(source, Placement(device, dtype))


def load_vae(path: Path, device: str = "cpu", among: Sequence[Family] | None = None) -> Vae:
    """The autoencoder of a checkpoint."""
    family, source = identify(path, among)
    return _with_colours(family.load_vae(source, Placement(device)))


def _with_colours(vae: Vae) -> Vae:
    """The VAE with a measured map from latents to colours, where its family knows none."""
    if latents.is_measured(vae.latent_format):
        return vae
    return replace(vae, latent_format=latents.measure(vae.latent_format, vae.decode))


def identify(path: Path, among: Sequence[Family] | None = None) -> tuple[Family, Source]:
    """Which family a checkpoint is of. Reads headers only.

    among: the families to ask; all that plugins offer where none are given.
    """
    source = open_source(path)
    asked = families() if among is None else among
    for family in asked:
        if family.recognises(source):
            return family, source
    known = ", ".join(f"{family.title} ({family.name})" for family in asked)
    layout = name_layout(source)
    if layout is not None:
        what = f"this is {layout}, which this version does not read as a checkpoint"
    else:
        what = "no family recognises this checkpoint"
    raise InputError(f"{path}: {what}; it is {describe(source)}; known families: {known}")
