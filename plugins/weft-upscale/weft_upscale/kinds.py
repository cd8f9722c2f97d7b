"""The socket kind of the plugin. Imports no torch: annotations only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from weft import kind


@kind("upscale:model", colour="#5aa9a0", shape="pill")
@dataclass(frozen=True, eq=False)
class UpscaleModel:
    """A network that turns a picture into a larger, or a cleaner, one.

    descriptor: spandrel's ImageModelDescriptor. Maps [1, channels, h, w] in 0..1, of the model's
        dtype and on its device, to [1, channels, h * scale, w * scale]; pads what is too small.
    architecture: its name, for example "ESRGAN".
    scale: how many times larger it makes a picture; 1 for models that denoise and the like.
    channels: 1 for grey, 3 for colour, 4 for colour and opacity.
    minimum, multiple_of: sides in pixels that the network takes without padding.
    tiling: "supported", "discouraged" where it looks at the whole picture, so that tiles may come
        out unlike each other, or "internal" where it cuts pictures up by itself.
    device, dtype: where and in which precision the network computes.
    modules: the torch modules behind it, so that their memory can be counted.
    """

    descriptor: Any
    architecture: str
    scale: int
    channels: int
    minimum: int = 0
    multiple_of: int = 1
    tiling: Literal["supported", "discouraged", "internal"] = "supported"
    device: str = "cpu"
    dtype: str = "float32"
    modules: tuple[Any, ...] = ()

    def weft_moved(self, device: str) -> Self:
        """A copy on another device, so that a model that has to leave one is not read again."""
        if device == self.device:
            return self
        from weft_upscale.moving import moved

        descriptor = moved(self.descriptor, device)
        return replace(self, descriptor=descriptor, device=device, modules=(descriptor.model,))

    def weft_shown(self) -> str:
        """What it is, in two lines."""
        what = {1: "grey", 3: "colour", 4: "colour with opacity"}[self.channels]
        return f"{self.architecture}, {self.scale}x, {what}\n{self.dtype} on {self.device}"
