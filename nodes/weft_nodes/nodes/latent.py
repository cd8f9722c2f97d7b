"""Nodes between pictures and latents."""

from __future__ import annotations

from typing import Annotated

from weft import Image, InputError, Range, node
from weft_nodes.kinds import Latent, Model, Vae

Side = Annotated[int, Range(0, 16384, 8)]


@node("latent.empty")
def empty(
    model: Model, width: Side = 0, height: Side = 0, batch: Annotated[int, Range(1, 1024)] = 1
) -> Latent:
    """An empty latent, to start a picture from nothing.

    model: the model that will fill it.
    width: pixels; 0 takes the width the model was trained on.
    height: pixels; 0 takes the height the model was trained on.
    batch: number of pictures.
    """
    import torch

    format = model.latent_format
    sides = (height or model.native_size[1], width or model.native_size[0])
    for name, side in zip(("height", "width"), sides, strict=True):
        if side % format.downscale:
            below = side - side % format.downscale
            raise InputError(
                f"{name}: expected a multiple of {format.downscale} for this model, got {side}; "
                f"the nearest are {below} and {below + format.downscale}"
            )
    rows, columns = (side // format.downscale for side in sides)
    samples = torch.zeros(batch, format.channels, rows, columns, device=model.device)
    return Latent(samples, format)


@node("latent.decode")
def decode(vae: Vae, latent: Latent) -> Image:
    """Decode latents to pictures.

    vae: the VAE of the model that made the latents.
    latent: the latents.
    """
    expected, got = vae.latent_format.name, latent.format.name
    if got != expected:
        raise InputError(
            f"this VAE decodes latents of the format {expected!r}, got {got!r}; use the VAE that "
            "came with the model"
        )
    return vae.decode(latent.samples)


@node("latent.encode")
def encode(vae: Vae, image: Image) -> Latent:
    """Encode pictures as latents, always alike: the mean of the VAE's posterior.

    vae: the VAE of the model that will work on the latents.
    image: pictures whose sides are multiples of the VAE's cell, 8 pixels for Stable Diffusion.
    """
    return Latent(vae.encode(image), vae.latent_format)
