"""What the built-in nodes contribute, by the same door as any plugin."""

from __future__ import annotations

from pathlib import Path

from weft import InputError, hookimpl


@hookimpl
def weft_node_modules() -> list[str]:
    """The modules that declare the built-in nodes."""
    return [
        "weft_nodes.nodes.flow",
        "weft_nodes.nodes.image",
        "weft_nodes.nodes.image_files",
        "weft_nodes.nodes.latent",
        "weft_nodes.nodes.latent_sampling",
        "weft_nodes.nodes.lists",
        "weft_nodes.nodes.model",
        "weft_nodes.nodes.number",
        "weft_nodes.nodes.primitive",
        "weft_nodes.nodes.sampling",
        "weft_nodes.nodes.text",
        "weft_nodes.nodes.text_encode",
        "weft_nodes.nodes.value",
    ]


@hookimpl
def weft_model_folders() -> list[str]:
    """The folder that holds the starter models."""
    return ["weft_nodes:assets/models"]


@hookimpl
def weft_warm_up() -> list[str]:
    """The model libraries, which take seconds to import."""
    return ["weft_nodes.models.libraries:warm_up"]


@hookimpl
def weft_describe_model(path: Path) -> dict[str, str]:
    """The family that a checkpoint is of, by its header; or what else the file is."""
    from weft_nodes.models.loader import identify

    try:
        family, _ = identify(path)
    except InputError as error:
        return {"error": str(error).removeprefix(f"{path}: ")}
    return {"family": family.name, "title": family.title}


@hookimpl
def weft_samplers() -> dict[str, str]:
    """The samplers, in the order of menus."""
    names = "euler euler_ancestral ddpm ddim dpm_2 dpm_2_ancestral pndm dpmpp_2m"
    return {name: f"weft_nodes.sampling.samplers:{name.upper()}" for name in names.split()}


@hookimpl
def weft_schedules() -> dict[str, str]:
    """The schedules, in the order of menus."""
    names = "linear logarithmic exponential karras"
    return {name: f"weft_nodes.sampling.schedules:{name.upper()}" for name in names.split()}


@hookimpl
def weft_guiders() -> dict[str, str]:
    """Classifier-free guidance."""
    return {"cfg": "weft_nodes.sampling.guiders:CFG"}


@hookimpl
def weft_model_families() -> dict[str, str]:
    """The families, in the order in which they are asked."""
    return {"sd1": "weft_nodes.models.families.sd1:SD1"}


@hookimpl
def weft_file_readers() -> dict[str, str]:
    """Safetensors."""
    return {".safetensors": "weft_nodes.models.readers:SAFETENSORS"}


@hookimpl
def weft_cache_backends() -> dict[str, str]:
    """Files in the cache folder."""
    return {"disk": "weft.disk:DiskTier"}
