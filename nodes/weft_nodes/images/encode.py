"""Pictures as file content: the same picture and texts give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Literal

import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from weft import InputError, Workflow

Format = Literal["png", "jpeg", "webp"]
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
SUFFIXES: dict[Format, str] = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


def pictures(image: Tensor) -> Iterator[Image.Image]:
    """The pictures of a batch. Raises InputError where one holds NaN or an infinity."""
    channels = image.shape[-1]
    if channels not in MODES:
        raise InputError(f"a picture has 1, 3 or 4 channels, got {channels}")
    for index, one in enumerate(image):
        if not torch.isfinite(one).all():
            raise InputError(
                f"picture {index} of the batch holds {_share_not_finite(one)} values that are NaN "
                "or infinite; the model or a node before this one failed to compute it"
            )
        pixels = (one.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
        yield Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels, MODES[channels])


def _share_not_finite(one: Tensor) -> str:
    return f"{int((~torch.isfinite(one)).sum()):,} of {one.numel():,}"


def encoded(
    picture: Image.Image, format: Format, quality: int = 90, texts: Mapping[str, str] | None = None
) -> bytes:
    """The content of a picture file. Only a PNG takes texts. No time enters it."""
    buffer = BytesIO()
    if format == "png":
        info = PngInfo()
        for key, text in (texts or {}).items():
            # Not compressed: readers refuse to unpack texts of a megabyte, and workflows grow.
            info.add_itxt(key, text)
        picture.save(buffer, "PNG", pnginfo=info)
    elif format == "jpeg":
        if picture.mode == "RGBA":
            raise InputError("jpeg has no transparency; choose png or webp")
        picture.save(buffer, "JPEG", quality=quality, subsampling=0)
    else:
        picture.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def provenance(workflow: Mapping[str, Any] | None) -> dict[str, str]:
    """What a picture says of its making: the workflow, and the parameters it was run with."""
    if workflow is None:
        return {}
    import json

    document = Workflow.from_data(workflow)
    texts = {"weft": document.dumps()}
    settings = {}
    for name, target in document.parameters.items():
        node, _, input = (target if isinstance(target, str) else target[0]).partition(".")
        if node in document.nodes and input in document.nodes[node].values:
            settings[name] = document.nodes[node].values[input]
    if settings:
        texts["weft-parameters"] = json.dumps(settings, ensure_ascii=False, sort_keys=True)
    return texts
