"""Nodes that calculate."""

from __future__ import annotations

import math
from typing import Literal

from weft import InputError, node

MAX_EXPONENT = 1024


@node("number.calculate", lane="inline")
def calculate(
    a: int | float,
    b: int | float = 0,
    operation: Literal[
        "add", "subtract", "multiply", "divide", "remainder", "power", "smaller", "larger"
    ] = "add",
) -> int | float:
    """Calculate with two numbers. Whole numbers stay whole where the result is.

    a: the first number.
    b: the second number.
    operation: remainder has the sign of the second number; smaller and larger choose one of both.
    """
    if b == 0 and operation in ("divide", "remainder"):
        raise InputError(f"{a} cannot be divided by 0")
    try:
        result = _calculated(a, b, operation)
    except OverflowError:
        result = math.inf
    if isinstance(result, float) and not math.isfinite(result):
        raise InputError(f"{operation} of these numbers gives one that is too large")
    return result


def _calculated(a: int | float, b: int | float, operation: str) -> int | float:
    match operation:
        case "add":
            return a + b
        case "subtract":
            return a - b
        case "multiply":
            return a * b
        case "divide":
            return _divided(a, b)
        case "remainder":
            return a % b
        case "power":
            return _power(a, b)
        case "smaller":
            return min(a, b)
    return max(a, b)


def _divided(a: int | float, b: int | float) -> int | float:
    if isinstance(a, int) and isinstance(b, int) and a % b == 0:
        return a // b
    return a / b


def _power(a: int | float, b: int | float) -> int | float:
    if a == 0 and b < 0:
        raise InputError(f"0 to the power of {b} is a division by 0")
    if a < 0 and b != int(b):
        raise InputError(f"{a} is negative and has no real power of {b}")
    # Unbounded whole numbers would keep the machine busy for hours.
    if isinstance(a, int) and isinstance(b, int) and a.bit_length() * abs(b) > MAX_EXPONENT:
        raise InputError(f"{a} to the power of {b} is too large")
    result: int | float = a**b
    return result


@node("number.round", lane="inline", title="Round number")
def round_to_integer(
    number: int | float, mode: Literal["nearest", "down", "up"] = "nearest"
) -> int:
    """Make a whole number, for inputs that take no other.

    number: the number; a whole one stays as it is, however large.
    mode: nearest takes the even one of two that are equally near.
    """
    if mode == "down":
        return math.floor(number)
    if mode == "up":
        return math.ceil(number)
    return round(number)


@node("number.compare", lane="inline", title="Compare numbers")
def compare(
    a: int | float, b: int | float = 0, operation: Literal["<", "<=", "==", "!=", ">=", ">"] = "=="
) -> bool:
    """Compare two numbers, exactly.

    a: the first number.
    b: the second number.
    operation: what is asked.
    """
    match operation:
        case "<":
            return a < b
        case "<=":
            return a <= b
        case "==":
            return a == b
        case "!=":
            return a != b
        case ">=":
            return a >= b
    return a > b
