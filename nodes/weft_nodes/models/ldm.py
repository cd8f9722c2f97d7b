"""Names of the LDM layout (single-file Stable Diffusion) in diffusers' terms.

The one module that uses diffusers' checkpoint converters, which are private. They move values from
old names to new ones, so they are handed the old names themselves as the values: what comes back
is a table of names, made before any tensor is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weft import InputError
from weft_nodes.models import libraries

UNET = "model.diffusion_model."
VAE = "first_stage_model."
TEXT = "cond_stage_model.transformer."


MOST_TENSORS = 4_000  # the converters' time grows with the square; real networks have under 2000


class _Name(str):
    """A tensor's name that passes for a tensor: the VAE's converter asks for its shape.

    No axes mean that the converter leaves it alone; who loads it drops the axes of size 1.
    """

    shape = ()
    ndim = 0


def unet_names(names: Iterable[str], config: Mapping[str, Any]) -> dict[str, str]:
    """Diffusers' names of a U-Net's tensors to LDM's. names: without the prefix."""
    return _table("convert_ldm_unet_checkpoint", UNET, names, config)


def vae_names(names: Iterable[str], config: Mapping[str, Any]) -> dict[str, str]:
    """Diffusers' names of a VAE's tensors to LDM's. names: without the prefix."""
    return _table("convert_ldm_vae_checkpoint", VAE, names, config)


def _table(
    converter: str, prefix: str, names: Iterable[str], config: Mapping[str, Any]
) -> dict[str, str]:
    markers = {prefix + name: _Name(name) for name in names}
    if len(markers) > MOST_TENSORS:
        raise InputError(f"{prefix}*: expected at most {MOST_TENSORS} tensors, got {len(markers)}")
    convert = getattr(libraries.single_file_utils(), converter)
    try:
        table = convert(markers, config=dict(config))
    except Exception as error:  # the converters trust names and config, and fail in many ways
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{prefix}*: not in the layout of its config; {reason[:200]}") from error
    return {new: str(old) for new, old in table.items() if old is not None}
