"""Which values two runs of a node can be told apart by."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy
import pytest
import torch

from weft.plugin_check.values_check import opaque
from weft.testing.laws import difference


class Handle:
    """Compares by identity."""


@dataclass(frozen=True, eq=False)
class Held:
    """A value of a plugin."""

    part: object


@pytest.mark.parametrize("part", [1, "text", torch.zeros(2), [Fraction(1, 3)], {"a": (None, 2.0)}])
def test_data_tensors_and_what_says_that_it_is_equal_are_compared(part: object) -> None:
    assert opaque(Held(part)) == set()


def test_what_says_nothing_of_itself_is_named() -> None:
    assert opaque([Held(Handle()), Held(len)]) == {"Handle", "builtin_function_or_method"}


def test_two_arrays_differ() -> None:
    first, second = numpy.array([1.0, 2.0]), numpy.array([1.0, 3.0])
    assert difference(Held(first), Held(first.copy())) is None
    assert difference(Held(first), Held(second)) is not None
    assert difference(Held(first), Held(first[:1])) is not None


def test_two_fractions_differ() -> None:
    assert difference(Held(Fraction(1, 3)), Held(Fraction(2, 6))) is None
    said = difference(Held(Fraction(1, 3)), Held(Fraction(1, 4)))
    assert said is not None
    assert ".part" in said
