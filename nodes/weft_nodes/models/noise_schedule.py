"""The noise levels that a model was trained at, from its scheduler config. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from weft import InputError
from weft_nodes.kinds import Prediction

PREDICTIONS = {
    "epsilon": "epsilon",
    "v_prediction": "v",
    "v": "v",
    "sample": "x0",
    "x0": "x0",
}
TERMINAL_ABAR = 2.0**-24  # for schedules that end in pure noise, whose sigma would be infinite


def prediction(config: Mapping[str, Any], where: str) -> Prediction:
    """What the network was trained to predict."""
    name = config.get("prediction_type", "epsilon")
    if name not in PREDICTIONS:
        expected = ", ".join(PREDICTIONS)
        raise InputError(f"{where}: prediction_type: expected one of {expected}, got {name!r}")
    return cast(Prediction, PREDICTIONS[name])


def training_sigmas(config: Mapping[str, Any], where: str) -> tuple[float, ...]:
    """The VE noise level of every training timestep, rising: sqrt((1 - abar) / abar)."""
    alphas_bar, product = [], 1.0
    for beta in _betas(config, where):
        product *= 1.0 - beta
        alphas_bar.append(product)
    if config.get("rescale_betas_zero_snr"):
        alphas_bar = _zero_terminal_snr(alphas_bar)
    return tuple(math.sqrt((1.0 - abar) / abar) for abar in alphas_bar)


def _betas(config: Mapping[str, Any], where: str) -> list[float]:
    kind, count = config.get("beta_schedule"), config.get("num_train_timesteps")
    first, last = config.get("beta_start"), config.get("beta_end")
    if type(count) is not int or not 2 <= count <= 100_000:
        raise InputError(f"{where}: num_train_timesteps: expected 2 to 100000, got {count!r}")
    if not all(isinstance(one, float) and 0 < one < 1 for one in (first, last)):
        raise InputError(f"{where}: betas: expected numbers between 0 and 1, got {first}, {last}")
    first, last = cast(float, first), cast(float, last)
    if kind == "linear":
        return _linspace(first, last, count)
    if kind == "scaled_linear":
        return [root**2 for root in _linspace(math.sqrt(first), math.sqrt(last), count)]
    raise InputError(f"{where}: beta_schedule: expected linear or scaled_linear, got {kind!r}")


def _linspace(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * i / (count - 1) for i in range(count)]


def _zero_terminal_snr(alphas_bar: Sequence[float]) -> list[float]:
    """Shifts and scales sqrt(abar) so that it ends at 0 (Lin et al. 2305.08891, Algorithm 1)."""
    roots = [math.sqrt(abar) for abar in alphas_bar]
    scale = roots[0] / (roots[0] - roots[-1])
    return [max(((root - roots[-1]) * scale) ** 2, TERMINAL_ABAR) for root in roots]
