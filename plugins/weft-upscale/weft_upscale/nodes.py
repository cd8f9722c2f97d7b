"""The nodes of the plugin."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from weft import Advanced, Choices, Context, Image, Range, Slider, node
from weft_upscale.kinds import UpscaleModel

Tile = Annotated[int, Range(0, 8192), Advanced()]
Overlap = Annotated[int, Range(0, 1024), Advanced()]
Side = Annotated[int, Range(1, 16384)]


class Facts(NamedTuple):
    """What a model is."""

    scale: int
    channels: int
    architecture: str


@node("upscale:model.load", title="Load upscaler")
def load_model(
    file: Annotated[str, Choices.files("upscale_models")],
    ctx: Context,
    precision: Annotated[Literal["auto", "float32", "float16", "bfloat16"], Advanced()] = "auto",
) -> UpscaleModel:
    """Load a model that upscales, denoises or deblurs pictures.

    Its architecture is told from the file: ESRGAN, Real-ESRGAN compact, SwinIR, DAT, HAT and
    whatever else spandrel reads.

    file: a safetensors file.
    precision: what the network computes in; auto is float16 on an accelerator where the model
        can do with it, and float32 else.
    """
    from weft_upscale.loading import load

    path = ctx.model_file("upscale_models", file)
    return load(path, ctx.device, precision, ctx.check_cancelled)


@node("upscale:model.facts", lane="inline", title="Upscaler facts")
def facts(model: UpscaleModel) -> Facts:
    """How much larger a model makes pictures, how many channels it takes, and what it is.

    model: the upscaler.
    """
    return Facts(model.scale, model.channels, model.architecture)


@node("upscale:image.upscale", title="Upscale image")
async def upscale(
    model: UpscaleModel, image: Image, ctx: Context, tile: Tile = 512, overlap: Overlap = 32
) -> Image:
    """Upscale pictures by as much as the model does.

    model: the upscaler.
    image: the pictures; opacity is upscaled by itself.
    tile: pixels of the picture, in each direction, that are upscaled at once; less needs less
        memory. 0 takes the whole picture.
    overlap: pixels that neighbouring tiles share; a quarter of it on either side is only looked
        at, and over the half between them the tiles fade into each other.
    """
    from weft_upscale.upscale import upscaled

    return await upscaled(ctx, model, image, tile, overlap)


@node("upscale:image.scale_to", title="Upscale image to size")
async def scale_to(
    model: UpscaleModel,
    image: Image,
    ctx: Context,
    factor: Annotated[float, Slider(0.25, 16, 0.25)] = 2.0,
    width: Side | None = None,
    height: Side | None = None,
    passes: Annotated[int, Range(1, 4), Advanced()] = 1,
    method: Annotated[
        Literal["lanczos", "bicubic", "bilinear", "area", "nearest"], Advanced()
    ] = "lanczos",
    tile: Tile = 512,
    overlap: Overlap = 32,
) -> Image:
    """Upscale pictures by a model, then resize them to the size that is wanted.

    model: the upscaler.
    image: the pictures; opacity is upscaled by itself.
    factor: how many times larger they become; counts where no side is given.
    width: the new width in pixels; alone, the shape is kept.
    height: the new height in pixels; alone, the shape is kept.
    passes: how often the model may be applied, while pictures are smaller than wanted.
    method: how they are resized afterwards.
    tile: pixels of the picture, in each direction, that are upscaled at once; 0 for all.
    overlap: pixels that neighbouring tiles share.
    """
    from weft_upscale.scale import scaled_to, wanted_size

    size = wanted_size(image.shape[2], image.shape[1], factor, width, height)
    return await scaled_to(
        ctx, model, image, size, passes=passes, method=method, tile=tile, overlap=overlap
    )
