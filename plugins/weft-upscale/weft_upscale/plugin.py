"""What the plugin contributes. Imported to describe it, so it imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from weft import InputError, hookimpl


@hookimpl
def weft_node_modules() -> list[str]:
    """The modules that declare nodes."""
    return ["weft_upscale.nodes"]


@hookimpl
def weft_model_folders() -> list[str]:
    """The folder that holds the starter upscaler."""
    return ["weft_upscale:models"]


@hookimpl
def weft_warm_up() -> list[str]:
    """spandrel, whose import takes a second."""
    return ["weft_upscale.libraries:warm_up"]


@hookimpl
def weft_describe_model(path: Path) -> dict[str, str] | None:
    """The architecture of a file among the upscalers, by its header; None for any other file."""
    if "upscale_models" not in path.parts or not path.is_file():
        return None
    from weft_upscale.recognise import recognise

    try:
        architecture, _ = recognise(path)
    except InputError as error:
        return {"error": str(error).removeprefix(f"{path}: ")}
    return {"family": str(architecture.id), "title": f"{architecture.name} upscaler"}
