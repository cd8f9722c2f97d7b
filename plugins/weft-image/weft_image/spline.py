"""The curve behind the node: a monotone cubic. Without torch until a tensor is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from weft import InputError

if TYPE_CHECKING:
    from torch import Tensor

N = TypeVar("N", "float", "Tensor")


class Spline:
    """The monotone cubic through points: it rises and falls where they do, and never overshoots.

    Fritsch and Butland, "A method for constructing local monotone piecewise cubic interpolants"
    (SIAM J. Sci. Stat. Comput. 5, 1984). Flat beyond the first and the last point. Raises
    InputError for fewer than two points, or places that do not rise.
    """

    def __init__(
        self, heights: Sequence[float], places: Sequence[float] | None, name: str = "points"
    ) -> None:
        count = len(heights)
        if count < 2:
            raise InputError(f"{name}: expected two or more, got {count}")
        if places is None or not places:
            places = [index / (count - 1) for index in range(count)]
        if len(places) != count:
            raise InputError(f"places: expected one for each of {count} {name}, got {len(places)}")
        if any(right <= left for left, right in pairwise(places)):
            raise InputError(f"places: expected each above the one before, got {list(places)}")
        self.places, self.heights = list(places), list(heights)
        self.steps = [right - left for left, right in pairwise(places)]
        self.slopes = _slopes(self.steps, self.heights)

    def __call__(self, value: float) -> float:
        """The curve's height at one value."""
        last = len(self.steps) - 1
        index = min(max(bisect_right(self.places, value) - 1, 0), last)
        step = self.steps[index]
        t = min(max((value - self.places[index]) / step, 0), 1)
        low, high = self.heights[index], self.heights[index + 1]
        from_low, from_high = self.slopes[index] * step, self.slopes[index + 1] * step
        return _hermite(t, low, high, from_low, from_high)

    def of(self, values: Tensor) -> Tensor:
        """The curve's heights at many values, in float64 and back."""

        import torch

        def column(numbers: Sequence[float]) -> Tensor:
            return torch.tensor(numbers, dtype=torch.float64, device=values.device)

        places, heights, slopes = map(column, (self.places, self.heights, self.slopes))
        exact = values.double()
        index = torch.bucketize(exact, places, right=True).sub(1).clamp(0, len(self.steps) - 1)
        step = column(self.steps)[index]
        t = ((exact - places[index]) / step).clamp(0, 1)
        made = _hermite(
            t, heights[index], heights[index + 1], slopes[index] * step, slopes[index + 1] * step
        )
        return made.to(values.dtype)


def _hermite(t: N, low: N, high: N, from_low: N, from_high: N) -> N:
    """The cubic from low to high, with these slopes at its ends, for t in 0..1."""
    rise = high - low
    square = 3 * rise - 2 * from_low - from_high
    cube = from_low + from_high - 2 * rise
    return low + t * (from_low + t * (square + t * cube))


def _slopes(steps: Sequence[float], heights: Sequence[float]) -> list[float]:
    rises = [
        (high - low) / step for low, high, step in zip(heights, heights[1:], steps, strict=False)
    ]
    if len(rises) == 1:
        return [rises[0], rises[0]]
    inner = []
    for left, right, a, b in zip(rises, rises[1:], steps, steps[1:], strict=False):
        if left * right <= 0:
            inner.append(0.0)
        else:
            inner.append(3 * (a + b) / ((2 * b + a) / left + (b + 2 * a) / right))
    first = _end(steps[0], steps[1], rises[0], rises[1])
    last = _end(steps[-1], steps[-2], rises[-1], rises[-2])
    return [first, *inner, last]


def _end(near_step: float, far_step: float, near: float, far: float) -> float:
    """Three-point slope at an end, held to what keeps the piece monotone."""
    slope = ((2 * near_step + far_step) * near - near_step * far) / (near_step + far_step)
    if slope * near <= 0:
        return 0.0
    if near * far <= 0 and abs(slope) > 3 * abs(near):
        return 3 * near
    return slope
