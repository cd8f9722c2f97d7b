"""A picture for tests, and saving by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from weft import Context
from weft_nodes.nodes import image_files


def picture(height: int = 4, width: int = 6, batch: int = 1) -> Tensor:
    """Pixels that all differ, exactly on the 8-bit levels."""
    numbers = torch.arange(batch * height * width * 3) * 7 % 256
    return (numbers / 255).reshape(batch, height, width, 3)


def saved(folder: Path, image: Tensor, **more: Any) -> list[dict[str, Any]]:
    """What image.save records, saving by itself."""
    context = Recorder(output_dir=folder)
    image_files.save(image, context, **more)
    return context.items


class Recorder(Context):
    """A context with nothing behind it that keeps what a node gives out."""

    def __init__(self, output_dir: Path, workflow: dict[str, Any] | None = None) -> None:
        super().__init__(output_dir=output_dir, workflow=workflow)
        self.items: list[dict[str, Any]] = []

    def output(self, item: dict[str, Any]) -> None:
        self.items.append(item)
