"""Model families: each is one module that knows how to recognise and build its checkpoints."""

from __future__ import annotations

from weft import offered
from weft_nodes.models.families.family import Family


def families() -> tuple[Family, ...]:
    """The families that plugins offer by `weft_model_families`; Weft's own are asked first."""
    offers = offered("model_families").values()
    return tuple(one.load(Family) for one in offers)  # type: ignore[type-abstract]


__all__ = ["Family", "families"]
