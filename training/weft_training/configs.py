"""The dimensions of `starter-unet`, as diffusers and transformers configs."""

from typing import Any

from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

LATENT_SIDE = 16
LATENT_CHANNELS = 4
MAX_TOKENS = 24
TEXT_WIDTH = 128

VAE: dict[str, Any] = {
    "in_channels": 3,
    "out_channels": 3,
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [16, 32, 64, 64],
    "layers_per_block": 1,
    "latent_channels": LATENT_CHANNELS,
    "norm_num_groups": 1,  # over all channels: groups would take flat colours away
    "sample_size": 128,
    "scaling_factor": 1.0,  # the latents themselves have deviation 1
}

UNET: dict[str, Any] = {
    "sample_size": LATENT_SIDE,
    "in_channels": LATENT_CHANNELS,
    "out_channels": LATENT_CHANNELS,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "block_out_channels": [64, 128, 192],
    "layers_per_block": 1,
    "cross_attention_dim": TEXT_WIDTH,
    "attention_head_dim": 4,  # diffusers' name; for this class it is the number of heads
    "norm_num_groups": 16,
}

TEXT: dict[str, Any] = {
    "hidden_size": TEXT_WIDTH,
    "intermediate_size": 4 * TEXT_WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": MAX_TOKENS,
    "hidden_act": "quick_gelu",
    "projection_dim": TEXT_WIDTH,
}

SCHEDULER: dict[str, Any] = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
}


def build_vae() -> AutoencoderKL:
    """The autoencoder: [batch, 3, 8n, 8n] in -1..1 to and from [batch, 4, n, n]."""
    return AutoencoderKL(**VAE)


def build_unet() -> UNet2DConditionModel:
    """The denoiser: latents [batch, 4, 16, 16], steps [batch], text [batch, 24, width]."""
    return UNet2DConditionModel(**UNET)


def build_text(vocab_size: int, bos: int, eos: int) -> CLIPTextModel:
    """The text encoder: token ids [batch, 24] to hidden states [batch, 24, width]."""
    config = CLIPTextConfig(
        **TEXT, vocab_size=vocab_size, bos_token_id=bos, eos_token_id=eos, pad_token_id=eos
    )
    return CLIPTextModel(config)
