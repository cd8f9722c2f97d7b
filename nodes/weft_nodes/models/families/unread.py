"""Names layouts that Weft knows of but does not read, so that a refusal can say what came."""

from __future__ import annotations

from weft_nodes.models.source import Folder, Source

# The first that fits wins: (what it is, beginnings of tensor names of which one must occur).
LAYOUTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a LoRA, not a checkpoint", ("lora_unet_", "lora_te", "lora_transformer_")),
    ("a textual inversion embedding, not a checkpoint", ("emb_params", "string_to_param")),
    (
        "a ControlNet, not a checkpoint",
        ("control_model.", "controlnet_cond_embedding.", "input_hint_block."),
    ),
    (
        "Stable Diffusion 3",
        ("model.diffusion_model.joint_blocks.", "joint_blocks.", "transformer_blocks.0.attn.add_q"),
    ),
    (
        "Flux",
        (
            "model.diffusion_model.double_blocks.0.img_attn.",
            "double_blocks.0.img_attn.",
            "single_transformer_blocks.",
        ),
    ),
    (
        "Stable Diffusion XL",
        ("conditioner.embedders.", "model.diffusion_model.label_emb.", "add_embedding."),
    ),
    ("Stable Diffusion 2.x", ("cond_stage_model.model.",)),
    ("a VAE alone, not a checkpoint", ("encoder.conv_in.", "decoder.conv_in.")),
    ("a text encoder alone, not a checkpoint", ("text_model.", "encoder.block.")),
    (
        "a U-Net alone in the diffusers layout, not a whole checkpoint",
        ("down_blocks.0.", "conv_in."),
    ),
    (
        "a Stable Diffusion U-Net without its text encoder",
        ("model.diffusion_model.input_blocks.", "input_blocks."),
    ),
)
PIPELINES = {
    "StableDiffusionXL": "Stable Diffusion XL",
    "StableDiffusion3": "Stable Diffusion 3",
    "Flux": "Flux",
}


def name_layout(source: Source) -> str | None:
    """What the checkpoint is, for people; None where nothing fits."""
    if isinstance(source, Folder):
        pipeline = str(source.index.get("_class_name"))
        found = (title for start, title in PIPELINES.items() if pipeline.startswith(start))
        return next(found, "Stable Diffusion 2.x" if is_sd2(source) else None)
    names = source.header.tensors
    if any(name.endswith((".lora_A.weight", ".lora_down.weight")) for name in names):
        return LAYOUTS[0][0]
    for title, starts in LAYOUTS:
        if any(name.startswith(starts) for name in names):
            return title
    return None


def is_sd2(folder: Folder) -> bool:
    """Whether a Stable Diffusion folder has the text encoder of version 2, OpenCLIP's ViT-H."""
    if not (folder.path / "text_encoder" / "config.json").is_file():
        return False
    config = folder.config("text_encoder")
    return config.get("hidden_size") == 1024 and config.get("hidden_act") == "gelu"
