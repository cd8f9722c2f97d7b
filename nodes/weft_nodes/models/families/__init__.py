"""Model families: each is one module that knows how to recognise and build its checkpoints."""

from __future__ import annotations

from weft_nodes.models.families.family import Family
from weft_nodes.models.families.sd1 import Sd1

FAMILIES: tuple[Family, ...] = (Sd1(),)
"""The families that are built in, asked in this order."""

__all__ = ["FAMILIES", "Family"]
