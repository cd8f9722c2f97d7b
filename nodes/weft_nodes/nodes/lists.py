"""Nodes that make lists and take from them."""

from __future__ import annotations

import re
from typing import TypeVar

from weft import InputError, node

T = TypeVar("T")


@node("list.make", lane="inline", title="Make list")
def make(**items: T) -> list[T]:
    """Make a list of values of one kind, one from each input.

    Inputs may have any names. They are taken in the order of their names, counting: `item2`
    comes before `item10`.
    """
    return [items[name] for name in sorted(items, key=_counting)]


@node("list.item", lane="inline", title="List item")
def item(items: list[T], index: int = 0) -> T:
    """Take one value from a list.

    items: the list.
    index: its place, from 0; -1 is the last.
    """
    if not -len(items) <= index < len(items):
        raise InputError(f"there is no place {index} in a list of {len(items)}")
    return items[index]


@node("list.length", lane="inline", title="List length")
def length(items: list[T]) -> int:
    """How many values a list has.

    items: the list.
    """
    return len(items)


def _counting(name: str) -> list[tuple[bool, int, str]]:
    """A sort key by which digits in names count as numbers, and stand before letters."""
    parts = re.findall(r"\d+|\D+", name)
    return [(False, int(one), "") if one.isdecimal() else (True, 0, one) for one in parts]
