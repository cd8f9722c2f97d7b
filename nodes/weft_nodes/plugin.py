"""What the built-in nodes contribute, by the same door as any plugin."""

from __future__ import annotations

from weft import hookimpl


@hookimpl
def weft_node_modules() -> list[str]:
    """The modules that declare the built-in nodes."""
    return []


@hookimpl
def weft_model_folders() -> list[str]:
    """The folder that holds the starter models."""
    return ["weft_nodes:assets/models"]
