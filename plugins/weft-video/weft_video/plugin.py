"""What the plugin contributes. Imported to describe it, so it imports nothing heavy."""

from __future__ import annotations

from weft import hookimpl


@hookimpl
def weft_node_modules() -> list[str]:
    """The modules that declare nodes."""
    return [
        "weft_video.nodes.clips",
        "weft_video.nodes.files",
        "weft_video.nodes.frames",
        "weft_video.nodes.sampling",
    ]
