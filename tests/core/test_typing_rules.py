"""Which kind may flow into which."""

from __future__ import annotations

import pytest

from weft.typing_rules import Bindings, accepts, alternatives, item_kind, resolve


@pytest.mark.parametrize(
    ("target", "source", "good"),
    [
        ("image", "image", True),
        ("image", "mask", False),
        ("any", "image", True),
        ("image", "any", True),
        ("float", "int", True),
        ("int", "float", False),
        ("int", "bool", False),
        ("int|float", "float", True),
        ("int", "int|float", False),
        ("float", "int|float", True),
        ("list[float]", "list[int]", True),
        ("list[image]", "image", False),
        ("image", "list[image]", False),
        ("list[image]|image", "list[image]", True),
        ("list[image]|list[mask]", "list[mask]", True),
        ("list[image]|list[mask]", "list[int]", False),
        ("list[image]", "list[image]|list[mask]", False),
    ],
)
def test_what_flows(target: str, source: str, good: bool) -> None:
    assert accepts(target, source, {}) is good


@pytest.mark.parametrize("kinds", [("int", "int|float"), ("int|float", "int"), ("int", "float")])
def test_a_variable_is_the_widest_kind_in_any_order(kinds: tuple[str, str]) -> None:
    bindings: Bindings = {}
    assert all(accepts("$T", kind, bindings) for kind in kinds)
    assert set(alternatives(resolve("$T", bindings))) >= {"float"}


def test_a_variable_is_one_kind() -> None:
    bindings: Bindings = {}
    assert accepts("$T", "image", bindings)
    assert not accepts("$T", "mask", bindings)
    assert resolve("list[$T]", bindings) == "list[image]"
    assert resolve("$U", bindings) == "any"


def test_unions_and_lists_nest() -> None:
    assert alternatives("int|list[int|float]") == ("int", "list[int|float]")
    assert item_kind("list[list[int]]") == "list[int]"
    assert item_kind("image") is None
    assert item_kind("list[int]|list[image]") is None
    assert resolve("list[$T]|list[int]", {"$T": "image"}) == "list[image]|list[int]"
