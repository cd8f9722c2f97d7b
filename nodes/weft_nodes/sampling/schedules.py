"""Schedules: which noise levels a run visits.

A schedule turns a model's training sigmas and a number of steps into `steps + 1` falling sigmas.
The first is the model's highest level and the last is 0; any sampler takes any schedule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from weft import InputError, find_offer
from weft_nodes.sampling.levels import NoiseLevels
from weft_nodes.sampling.options import Option, OptionValue, check_options

MAX_STEPS = 100_000

ScheduleFunction = Callable[..., Tensor]
"""`(training_sigmas, steps, *, flow=False, **options) -> float64 [steps + 1]`."""


def linear(training_sigmas: Sequence[float], steps: int, *, flow: bool = False) -> Tensor:
    """Equal distances in the training timestep, from the last to the first.

    The customary "linspace" spacing of Lin et al. 2023, arXiv:2305.08891, Table 2. Linear in the
    timestep, not in sigma, which is read off the training table between whole timesteps. On the
    flow path the steps end at timestep 0, where sigma is 0.
    """
    levels = NoiseLevels(training_sigmas, flow=flow)
    _check_steps(steps)
    fractions = _fractions(steps + 1)[:-1] if flow else _fractions(steps)
    inner = [levels.sigma(levels.last_timestep * (1 - u)) for u in fractions]
    return _finish(inner, levels)


def logarithmic(training_sigmas: Sequence[float], steps: int, *, flow: bool = False) -> Tensor:
    """Equal distances in the logarithm of the signal-to-noise ratio, log(alpha / sigma).

    The spacing of DPM-Solver (Lu et al. 2022, arXiv:2206.00927, Section 3). Where alpha is 1, as
    for SD-like models, this is exactly `exponential`; on the flow path, alpha = 1 - sigma, it
    differs, and visits both ends more densely. The ratio has a pole at flow sigma 1: spacing then
    starts as far from 1 as the lowest trained level lies from 0, and the first sigma stays the
    highest level.
    """
    if not flow:
        return exponential(training_sigmas, steps)
    levels = NoiseLevels(training_sigmas, flow=True)
    _check_steps(steps)
    low = _logit(levels.sigma_min)
    high = max(low, _logit(min(levels.sigma_max, 1 - levels.sigma_min)))
    inner = [1 / (1 + math.exp(-(high + u * (low - high)))) for u in _fractions(steps)]
    return _finish(inner, levels)


def exponential(training_sigmas: Sequence[float], steps: int, *, flow: bool = False) -> Tensor:
    """Sigma falls by the same factor each step: equal distances in log sigma."""
    levels = NoiseLevels(training_sigmas, flow=flow)
    _check_steps(steps)
    high, low = math.log(levels.sigma_max), math.log(levels.sigma_min)
    return _finish([math.exp(high + u * (low - high)) for u in _fractions(steps)], levels)


def karras(
    training_sigmas: Sequence[float], steps: int, *, rho: float = 7.0, flow: bool = False
) -> Tensor:
    """Equal distances in sigma^(1/rho).

    Karras et al. 2022, arXiv:2206.00364, Equation 5. rho 1 is linear in sigma; a higher rho spends
    more steps at low noise, and rho to infinity is `exponential`.
    """
    levels = NoiseLevels(training_sigmas, flow=flow)
    _check_steps(steps)
    high, low = levels.sigma_max ** (1 / rho), levels.sigma_min ** (1 / rho)
    return _finish([(high + u * (low - high)) ** rho for u in _fractions(steps)], levels)


@dataclass(frozen=True, slots=True)
class ScheduleInfo:
    """A schedule and the facts about it.

    name, title: what files and people call it; the name is the one it is offered by.
    function: see `ScheduleFunction`. It gives `steps + 1` falling sigmas, the first the highest
        level of the training sigmas and the last 0.
    paper: where it comes from.
    options: its keywords besides `flow`.
    """

    name: str
    title: str
    function: ScheduleFunction
    paper: str
    options: tuple[Option, ...] = ()


LINEAR = ScheduleInfo("linear", "Linear", linear, "Lin et al. 2023, arXiv:2305.08891")
LOGARITHMIC = ScheduleInfo(
    "logarithmic", "Logarithmic", logarithmic, "Lu et al. 2022, arXiv:2206.00927"
)
EXPONENTIAL = ScheduleInfo(
    "exponential", "Exponential", exponential, "Lu et al. 2022, arXiv:2206.00927"
)
KARRAS = ScheduleInfo(
    "karras",
    "Karras",
    karras,
    "Karras et al. 2022, arXiv:2206.00364",
    (Option("rho", 7.0, 1.0, 100.0, "Curvature: 1 is linear in sigma."),),
)


def make_schedule(
    name: str,
    training_sigmas: Sequence[float],
    steps: int,
    *,
    denoise: float = 1.0,
    flow: bool = False,
    options: Mapping[str, OptionValue] | None = None,
) -> Tensor:
    """The sigmas of a run of `steps` steps: float64 [steps + 1], on the CPU.

    denoise: how much of the way from noise to picture the run covers, above 0 and up to 1. A part
    is the end of a longer schedule of int(steps / denoise) steps, so it has `steps` steps always.
    """
    info = find_offer("schedules", name).load(ScheduleInfo)
    if not 0 < denoise <= 1:
        raise InputError(f"denoise must be above 0 and at most 1, got {denoise!r}")
    _check_steps(steps)
    checked = check_options(f"schedule {name!r}", info.options, options or {})
    # A whisker more, since a quotient that is whole on paper may fall just short of it.
    total = int(steps / denoise + 1e-9)
    sigmas = info.function(training_sigmas, total, flow=flow, **checked)
    return sigmas[-(steps + 1) :].clone()


def check_sigmas(sigmas: Tensor) -> list[float]:
    """The sigmas as floats, if a sampler can follow them."""
    if sigmas.ndim != 1 or len(sigmas) < 2:
        raise InputError(f"sigmas must be a list of two or more, got shape {list(sigmas.shape)}")
    values: list[float] = sigmas.tolist()
    falling = all(high > low for high, low in pairwise(values))
    if not falling or not math.isfinite(values[0]) or not values[-1] >= 0:
        raise InputError(f"sigmas must be finite, fall, and end at 0 or above, got {values}")
    return values


def _check_steps(steps: int) -> None:
    if not 1 <= steps <= MAX_STEPS:
        raise InputError(f"a schedule takes 1 to {MAX_STEPS} steps, got {steps}")


def _fractions(count: int) -> list[float]:
    """`count` equally spaced numbers from 0 to 1; a single one is 0."""
    return [index / max(count - 1, 1) for index in range(count)]


def _logit(value: float) -> float:
    return math.log(value / (1 - value))


def _finish(inner: list[float], levels: NoiseLevels) -> Tensor:
    """Start at the highest level to the last bit, end at 0."""
    return torch.tensor([levels.sigma_max, *inner[1:], 0.0], dtype=torch.float64)
