"""Values as nodes, so that one value can feed many inputs, and lists of values."""

from __future__ import annotations

from typing import Annotated

from weft import InputError, Range, Seed, Text, node

Count = Annotated[int, Range(1, 10_000)]


@node("primitive.int", lane="inline", title="Integer")
def integer(value: int = 0) -> int:
    """A whole number.

    value: the number.
    """
    return value


@node("primitive.float", lane="inline", title="Float")
def number(value: float = 0.0) -> float:
    """A number.

    value: the number.
    """
    return value


@node("primitive.text", lane="inline")
def text(value: Annotated[str, Text(multiline=True)] = "") -> str:
    """A text.

    value: the text.
    """
    return value


@node("primitive.bool", lane="inline", title="True or false")
def boolean(value: bool = False) -> bool:
    """True or false.

    value: the answer.
    """
    return value


@node("primitive.seed", lane="inline")
def seed(value: Annotated[int, Seed()] = 0) -> int:
    """A seed: which noise to draw.

    value: the seed.
    """
    return value


@node("primitive.list_int", lane="inline", title="List of integers")
def list_int(values: list[int]) -> list[int]:
    """A list of whole numbers.

    values: the numbers.
    """
    return values


@node("primitive.list_float", lane="inline", title="List of floats")
def list_float(values: list[float]) -> list[float]:
    """A list of numbers.

    values: the numbers.
    """
    return [float(one) for one in values]


@node("primitive.list_text", lane="inline", title="List of texts")
def list_text(values: list[str]) -> list[str]:
    """A list of texts.

    values: the texts.
    """
    return values


@node("primitive.list_range", lane="inline", title="Evenly spaced numbers")
def list_range(start: float = 0.0, stop: float = 1.0, count: Count = 5) -> list[float]:
    """Numbers from start to stop, both among them, at equal distances.

    start: the first number.
    stop: the last number.
    count: how many; of one, it is the first.
    """
    if count == 1:
        return [start]
    step = (stop - start) / (count - 1)
    # The last is set, not added up, so that it is exact.
    return [start + step * index for index in range(count - 1)] + [stop]


@node("primitive.list_count", lane="inline", title="Counted integers")
def list_count(first: int = 0, count: Count = 4, step: int = 1) -> list[int]:
    """Whole numbers that follow one another, such as seeds.

    first: the first number.
    count: how many.
    step: from one to the next; it may be negative, and not 0.
    """
    if step == 0:
        raise InputError("step must not be 0: all numbers would be the same")
    return [first + step * index for index in range(count)]
