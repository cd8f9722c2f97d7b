"""Assertions on pictures, whose messages say where and how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from weft.checks import describe_value

if TYPE_CHECKING:
    from torch import Tensor

AXES = ("picture", "y", "x", "channel")


def picture(
    width: int = 16, height: int = 12, *, batch: int = 1, channels: int = 3, seed: int = 0
) -> Tensor:
    """A picture to test with: [batch, height, width, channels], evenly random values in 0..1.

    The same for the same arguments everywhere.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    return torch.rand(batch, height, width, channels, generator=generator)


def assert_image(
    value: Any,
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    batch: int | None = None,
) -> None:
    """Assert that a value is an image: float32 [B, H, W, C], finite, within 0..1.

    size: the (width, height) it must have; channels, batch: likewise; None where any will do.
    """
    import torch

    if not isinstance(value, torch.Tensor) or value.dim() != 4 or value.dtype != torch.float32:
        _fail(f"expected an image (float32 [B, H, W, C]), got {describe_value(value)}")
    found = {"batch": value.shape[0], "channels": value.shape[3]}
    for name, wanted in (("batch", batch), ("channels", channels)):
        if wanted is not None and found[name] != wanted:
            _fail(f"expected {name} {wanted}, got {found[name]} in {list(value.shape)}")
    width, height = value.shape[2], value.shape[1]
    if size is not None and (width, height) != tuple(size):
        _fail(f"expected {size[0]} by {size[1]} pixels, got {width} by {height}")
    value = value.cpu()
    wrong = ~((value >= 0) & (value <= 1))  # NaN is neither
    if bool(wrong.any()):
        where = wrong.nonzero()[0]
        _fail(
            f"expected values in 0..1, got {value[tuple(where)].item():.6g} at {_place(where)}; "
            f"{int(wrong.sum())} of {wrong.numel()} values are outside"
        )


def assert_images_close(
    actual: Tensor,
    expected: Tensor,
    *,
    atol: float = 1e-5,
    message: str = "",
    difference: Path | str | None = None,
) -> None:
    """Assert that two images, or masks, agree in every value to within `atol`.

    atol: the largest difference allowed, in units of the value range 0..1; half a step of an
        8-bit picture is 0.002.
    message: what is said first where they do not agree.
    difference: a PNG to write in that case: actual, expected, and their difference scaled to
        white, side by side, for the first picture that differs.
    """
    import torch

    head = f"{message}: " if message else ""
    for name, one in (("actual", actual), ("expected", expected)):
        if not isinstance(one, torch.Tensor) or one.dim() not in (3, 4):
            _fail(f"{head}{name}: expected an image or a mask, got {describe_value(one)}")
    if actual.shape != expected.shape:
        _fail(f"{head}expected {describe_value(expected)}, got {describe_value(actual)}")
    first, second = (one.detach().cpu().double() for one in (actual, expected))
    gap = (first - second).abs()
    gap = torch.where(torch.isfinite(gap), gap, torch.inf)  # NaN agrees with nothing
    wrong = gap > atol
    if not bool(wrong.any()):
        return
    worst = torch.unravel_index(gap.argmax(), gap.shape)
    places = wrong.nonzero()
    low, high = places.amin(0), places.amax(0)
    region = f"x {low[2]} to {high[2]}, y {low[1]} to {high[1]}"
    if wrong.shape[0] > 1:
        region += f", pictures {low[0]} to {high[0]}"
    text = (
        f"{head}the pictures differ by up to {gap.max().item():.6g} (allowed {atol:g}) at "
        f"{_place(worst)}: expected {second[worst].item():.6g}, got {first[worst].item():.6g}; "
        f"{int(wrong.sum())} of {wrong.numel()} values differ, within {region}; "
        f"mean difference {gap.mean().item():.3g}"
    )
    if difference is not None:
        _write(Path(difference), first, second, gap, int(low[0]))
        text += f"; see {difference}"
    _fail(text)


def _fail(text: str) -> None:
    raise AssertionError(text)


def _place(index: Any) -> str:
    return ", ".join(f"{axis} {int(one)}" for axis, one in zip(AXES, index, strict=False))


def _write(path: Path, first: Tensor, second: Tensor, gap: Tensor, which: int) -> None:
    """Actual, expected and difference of one picture of the batch, in a row."""
    import torch
    from PIL import Image

    finite = torch.nan_to_num(gap, posinf=1.0)
    scaled = finite / finite.max().clamp(min=1e-12)
    row = []
    for one in (first, second, scaled):
        picture = one[which].unsqueeze(-1) if one.dim() == 3 else one[which]
        picture = picture.mean(-1, keepdim=True) if picture.shape[-1] == 2 else picture[..., :3]
        row.append(picture.expand(*picture.shape[:2], 3).nan_to_num().clamp(0, 1))
    strip = torch.full((row[0].shape[0], 2, 3), 0.5, dtype=row[0].dtype)
    whole = torch.cat([row[0], strip, row[1], strip, row[2]], dim=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((whole * 255).round().byte().numpy(), "RGB").save(path, "PNG")
