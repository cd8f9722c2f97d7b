"""What the plugin contributes. Imported to describe it, so it imports nothing heavy."""

from __future__ import annotations

from weft import hookimpl


@hookimpl
def weft_node_modules() -> list[str]:
    """The modules that declare nodes."""
    return [
        "weft_image.nodes.adjust",
        "weft_image.nodes.analyse",
        "weft_image.nodes.compose",
        "weft_image.nodes.draw",
        "weft_image.nodes.filter",
        "weft_image.nodes.mask",
    ]
