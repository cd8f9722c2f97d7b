"""What the plugin contributes. Imported to describe it, so it imports nothing heavy."""

from __future__ import annotations

from weft import WebAssets, hookimpl


@hookimpl
def weft_node_modules() -> list[str]:
    """The modules that declare nodes."""
    return ["weft_example.nodes"]


@hookimpl
def weft_web_assets() -> WebAssets:
    """The widget with which the editor edits a curve."""
    return WebAssets("weft_example:web", {"example/curve": "curve.js"})
