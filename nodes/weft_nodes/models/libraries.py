"""The model classes that Weft borrows, imported late and without their pipelines.

Importing this module is cheap; calling its functions costs seconds, once.
"""

from __future__ import annotations

import os
from typing import Any

# Read by huggingface_hub as it is imported. Weft reads local files only: without this, a missing
# one is looked for on the network, with retries that take minutes.
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def unet_class() -> Any:
    """diffusers' U-Net with cross-attention."""
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    return UNet2DConditionModel


def vae_class() -> Any:
    """diffusers' autoencoder with a Gaussian posterior."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    return AutoencoderKL


def clip_text_classes() -> tuple[Any, Any]:
    """transformers' CLIP text encoder, and its config."""
    from transformers.models.clip.configuration_clip import CLIPTextConfig
    from transformers.models.clip.modeling_clip import CLIPTextModel

    return CLIPTextModel, CLIPTextConfig
