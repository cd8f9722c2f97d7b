"""Named options of samplers and schedules: what they are called, and what they may be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from weft import InputError

OptionValue = float | int | bool | str


@dataclass(frozen=True, slots=True)
class Option:
    """One option. A bool default makes it a switch; otherwise it is a number in a range."""

    name: str
    default: float | bool
    minimum: float = -math.inf
    maximum: float = math.inf
    help: str = ""

    def check(self, value: OptionValue, owner: str) -> float | bool:
        """The value, if it may be used."""
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
            raise InputError(f"{owner}: option {self.name!r} is a switch, got {value!r}")
        if isinstance(value, bool | str) or not self.minimum <= value <= self.maximum:
            raise InputError(
                f"{owner}: option {self.name!r} must be a number from {self.minimum:g} to "
                f"{self.maximum:g}, got {value!r}"
            )
        return float(value)


def check_options(
    owner: str, known: Sequence[Option], given: Mapping[str, OptionValue]
) -> dict[str, float | bool]:
    """The given options, each one known and in range."""
    by_name = {option.name: option for option in known}
    for name in given:
        if name not in by_name:
            names = ", ".join(by_name) or "none"
            raise InputError(f"{owner} has no option {name!r}; its options: {names}")
    return {name: by_name[name].check(value, owner) for name, value in given.items()}
