"""What this plugin brings."""

from __future__ import annotations

from collections.abc import Iterable

import weft


@weft.hookimpl
def weft_node_modules() -> Iterable[str]:
    """The modules with nodes."""
    return ["weft_faults.nodes"]
