"""Stable Diffusion 1.x: single files in the LDM layout, and folders in the diffusers layout.

A single file says nothing of its dimensions; they are Stable Diffusion 1.5's, unless its metadata
has entries of Weft's own:

    weft.family         "sd1"
    weft.configs        JSON: {"unet", "vae", "text_encoder", "scheduler"}, as in a diffusers folder
    weft.tokenizer      JSON: a tokenizer.json, or {"vocab", "merges"}
    weft.latent_format  the name of its latent space, where it is not Stable Diffusion's
    weft.latent_rgb     JSON: {"factors": [channels][3], "bias": [3]}, latents to RGB in 0..1
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weft import InputError, ModelFolders
from weft_nodes.kinds import LatentFormat, Model, TextEncoder, Vae
from weft_nodes.models import latents, layouts, ldm, noise_schedule
from weft_nodes.models.families.unread import is_sd2
from weft_nodes.models.json_file import parse_json_object
from weft_nodes.models.source import Folder, SingleFile, Source

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from weft_nodes.models.components import Placement

Config = Mapping[str, Any]

UNET: Config = {
    "sample_size": 64,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"],
    "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
    "block_out_channels": [320, 640, 1280, 1280],
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
VAE: Config = {
    "sample_size": 512,
    "latent_channels": 4,
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "scaling_factor": 0.18215,
}
TEXT: Config = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "projection_dim": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
}
SCHEDULER: Config = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
}
# Users of Stable Diffusion 1.4 measured these for colours in -1..1; halved here for 0..1.
# https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204
LATENT_FORMAT = LatentFormat(
    "sd1",
    channels=4,
    downscale=8,
    rgb_factors=(
        (0.298 / 2, 0.207 / 2, 0.208 / 2),
        (0.187 / 2, 0.286 / 2, 0.173 / 2),
        (-0.158 / 2, 0.189 / 2, 0.264 / 2),
        (-0.184 / 2, -0.271 / 2, -0.473 / 2),
    ),
)
PARTS = ("unet", "vae", "text_encoder", "scheduler")
CONV_IN = ldm.UNET + "input_blocks.0.0.weight"
PIPELINES = re.compile(r"StableDiffusion(Inpaint|Img2Img|InstructPix2Pix)?Pipeline")


@dataclass(frozen=True)
class Sd1:
    """Stable Diffusion 1.x, and models of other sizes in its layout."""

    name: str = "sd1"
    title: str = "Stable Diffusion 1.x"

    def recognises(self, source: Source) -> bool:
        if isinstance(source, Folder):
            pipeline = str(source.index.get("_class_name"))
            return PIPELINES.fullmatch(pipeline) is not None and not is_sd2(source)
        names = source.header.tensors
        # XL shares the U-Net's names, but never CLIP's prefix.
        text = any(name.startswith(ldm.TEXT) for name in names)
        return source.header.metadata.get("weft.family") == self.name or (CONV_IN in names and text)

    def load_model(self, source: Source, placement: Placement) -> Model:
        from weft_nodes.models.components import build_unet

        what = f"{source.path}: U-Net"
        configs = _configs(source)
        network, dtype = build_unet(
            configs["unet"], layouts.unet_tensors(source, configs["unet"], what), what, placement
        )
        where = f"{source.path}: scheduler"
        format = _latent_format(source, configs["vae"])
        return Model(
            network=network,
            family=self.name,
            prediction=noise_schedule.prediction(configs["scheduler"], where),
            training_sigmas=noise_schedule.training_sigmas(configs["scheduler"], where),
            latent_format=format,
            native_size=_native_size(configs["unet"], format.downscale, what),
            device=placement.device,
            dtype=dtype,
            modules=(network.module,),
        )

    def load_text_encoder(self, source: Source, placement: Placement) -> TextEncoder:
        from weft_nodes.models.components import build_clip
        from weft_nodes.models.tokenizer import clip_tokenizer

        what = f"{source.path}: text encoder"
        config = {**TEXT, **_configs(source)["text_encoder"]}
        tokenizer = clip_tokenizer(_tokenizer(source), config, what)
        encoder = build_clip(config, layouts.clip_tensors(source, what), tokenizer, what, placement)
        return TextEncoder(encoder, encoder.tokens, self.name, (encoder.module,))

    def load_vae(self, source: Source, placement: Placement) -> Vae:
        from weft_nodes.models.components import build_vae

        what = f"{source.path}: VAE"
        config = _configs(source)["vae"]
        vae = build_vae(config, layouts.vae_tensors(source, config, what), what, placement)
        return Vae(vae.encode, vae.decode, _latent_format(source, config), (vae.module,))


SD1 = Sd1()


def _configs(source: Source) -> dict[str, dict[str, Any]]:
    """The config of every part."""
    if isinstance(source, Folder):
        configs = {part: source.config(part) for part in PARTS[:3]}
        return {**configs, "scheduler": source.config("scheduler", "scheduler_config.json")}
    metadata = source.header.metadata
    if (text := metadata.get("weft.configs")) is not None:
        where = f"{source.path}: metadata weft.configs"
        configs = parse_json_object(text, where)
        if not all(isinstance(configs.get(part), dict) for part in PARTS):
            raise InputError(f"{where}: expected objects named {', '.join(PARTS)}")
        return configs
    unet = {**UNET, "in_channels": _input_channels(source)}
    scheduler = dict(SCHEDULER)
    # How fine-tunes with v-prediction say so: by the ModelSpec, or by an empty tensor.
    if metadata.get("modelspec.prediction_type") == "v" or "v_pred" in source.header.tensors:
        scheduler["prediction_type"] = "v_prediction"
    return {"unet": unet, "vae": dict(VAE), "text_encoder": dict(TEXT), "scheduler": scheduler}


def _input_channels(source: SingleFile) -> int:
    """4 for an ordinary U-Net, 9 for inpainting, 8 for editing by instruction."""
    entry = source.header.tensors.get(CONV_IN)
    shape = entry.shape if entry else ()
    if len(shape) != 4 or shape[0] != UNET["block_out_channels"][0] or shape[1] not in (4, 8, 9):
        raise InputError(
            f"{source.path}: U-Net: expected Stable Diffusion 1.5's dimensions ({CONV_IN} of "
            f"shape [320, 4, 3, 3]; 8 or 9 channels for editing or inpainting), got {list(shape)};"
            " a model of other dimensions must carry its configs in the metadata weft.configs"
        )
    return shape[1]


def _tokenizer(source: Source) -> Tokenizer:
    from weft_nodes.models.tokenizer import find_tokenizer, from_metadata

    if isinstance(source, Folder):
        return find_tokenizer([source.path / "tokenizer"])
    if (text := source.header.metadata.get("weft.tokenizer")) is not None:
        return from_metadata(text, f"{source.path}: metadata weft.tokenizer")
    return find_tokenizer(_tokenizer_folders(source.path))


def _tokenizer_folders(path: Path) -> list[Path]:
    """Beside the checkpoint, then in every models folder, the checkpoint's own first."""
    own = next((up.parent for up in path.parents if up.name == "checkpoints"), path.parent)
    roots = dict.fromkeys([own, *ModelFolders.default(shipped=()).roots])
    name = Path("text_encoders", "clip-vit-large-patch14")
    return [path.parent / "tokenizer", *(root / name for root in roots)]


def _native_size(config: Config, downscale: int, what: str) -> tuple[int, int]:
    size: Any = config.get("sample_size")
    pair = size if isinstance(size, list) else [size, size]
    if len(pair) != 2 or not all(type(side) is int and 0 < side <= 4096 for side in pair):
        raise InputError(f"{what}: config sample_size: expected 1 to 4096, got {size!r}")
    height, width = pair
    return width * downscale, height * downscale


def _latent_format(source: Source, config: Config) -> LatentFormat:
    metadata = source.header.metadata if isinstance(source, SingleFile) else {}
    return latents.latent_format(
        config, metadata, str(source.path), own_config=VAE, own=LATENT_FORMAT
    )
