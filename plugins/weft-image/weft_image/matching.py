"""Giving pictures the colours of others."""

from __future__ import annotations

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from weft import InputError
from weft_image.colours import from_oklab, to_oklab
from weft_image.pixels import colours, opacity


def measured(image: Tensor, name: str) -> Tensor:
    """The colours [N, C] of one picture [H, W, C] that can be seen at all.

    Raises InputError where every pixel is transparent.
    """
    alpha = opacity(image)
    pixels = colours(image).flatten(0, 1)
    if alpha is None:
        return pixels
    seen = pixels[alpha.flatten() > 0]
    if len(seen) == 0:
        raise InputError(f"{name}: a picture is transparent everywhere; it has no colours to match")
    return seen


def by_statistics(image: Tensor, reference: Tensor) -> Tensor:
    """Colours [H, W, C] moved and stretched to the reference's mean and standard deviation.

    Reinhard et al., "Color Transfer between Images" (2001), eq. 10 and 11, in Oklab in place of
    lab: log-LMS has no black. One channel is matched as it is.
    """
    if image.shape[-1] == 1:
        ours, theirs, all_ours = measured(image, "image"), measured(reference, "reference"), image
        return _moved(all_ours, ours, theirs)
    ours = to_oklab(measured(image, "image"))
    theirs = to_oklab(measured(reference, "reference"))
    return from_oklab(_moved(to_oklab(colours(image)), ours, theirs)).to(image.dtype)


def _moved(values: Tensor, ours: Tensor, theirs: Tensor) -> Tensor:
    spread = ours.std(0, correction=0)
    # A channel without spread has nothing to stretch.
    scale = torch.where(spread > 1e-9, theirs.std(0, correction=0) / spread.clamp(min=1e-9), 1.0)
    return (values - ours.mean(0)) * scale + theirs.mean(0)


def by_histogram(image: Tensor, reference: Tensor) -> Tensor:
    """Colours [H, W, C] of which each channel is distributed as the reference's.

    Each value becomes the reference's value of the same quantile (Gonzalez and Woods, Digital Image
    Processing, section 3.3). A value that fills many pixels stands at the middle of them, so that
    a flat picture takes the reference's median.
    """
    ours, theirs = measured(image, "image"), measured(reference, "reference")
    planes = []
    for channel in range(ours.shape[1]):
        known, places = _quantiles(_host(ours[:, channel]))
        values, wanted = _quantiles(_host(theirs[:, channel]))
        targets = numpy.interp(places, wanted, values)
        plane = _host(colours(image)[..., channel])
        planes.append(numpy.interp(plane, known, targets).astype(numpy.float32))
    return torch.from_numpy(numpy.stack(planes, axis=-1)).to(image.device, image.dtype)


def _host(values: Tensor) -> NDArray[numpy.float32]:
    made: NDArray[numpy.float32] = values.detach().to("cpu", torch.float32).numpy()
    return made


def _quantiles(
    values: NDArray[numpy.float32],
) -> tuple[NDArray[numpy.float32], NDArray[numpy.float64]]:
    """The distinct values, and the middle of the ranks of each, as shares of all."""
    known, counts = numpy.unique(values, return_counts=True)
    return known, (numpy.cumsum(counts) - counts / 2) / values.size
