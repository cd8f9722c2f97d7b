"""What it offers."""

from __future__ import annotations

from weft import hookimpl


@hookimpl
def weft_samplers() -> dict[str, str]:
    """Heun's method."""
    return {"acme/heun": "acme_field.samplers:HEUN"}


@hookimpl
def weft_schedules() -> dict[str, str]:
    """Squared distances."""
    return {"acme/squared": "acme_field.schedules:SQUARED"}


@hookimpl
def weft_guiders() -> dict[str, str]:
    """Guidance that keeps the contrast."""
    return {"acme/rescaled": "acme_field.guiders:RESCALED"}


@hookimpl
def weft_model_families() -> dict[str, str]:
    """A family of one number."""
    return {"acme/number": "acme_field.family:NUMBER"}


@hookimpl
def weft_file_readers() -> dict[str, str]:
    """Arrays as NumPy saves them."""
    return {".npz": "acme_field.npz:READER"}
