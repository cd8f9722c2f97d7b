"""The values that nodes are tried with are values that they must take."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft import Registry
from weft.literals import literal_problem
from weft.plugin_check.generating import CannotMakeError, Maker, literals
from weft.spec import InputSpec


@pytest.mark.parametrize(
    ("schema", "default", "expected"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 8}, 3, [3, 1, 8]),
        ({"type": "integer", "minimum": 1, "maximum": 99_999}, 512, [512, 1, 1024]),
        (
            {"type": "integer", "minimum": 0, "maximum": 2**64 - 1, "x-widget": "seed"},
            None,
            [0, 7, 2**64 - 1],
        ),
        ({"type": "number", "minimum": -1.0, "maximum": 1.0}, None, [0.0, -1.0, 1.0]),
        ({"type": "boolean"}, None, [True, False]),
        ({"type": "string", "enum": ["a", "b"]}, "b", ["b", "a", "b"]),
        ({"type": "string", "maxLength": 2}, None, ["a ", ""]),
        ({"anyOf": [{"type": "boolean"}, {"type": "object"}]}, None, [True, False, {}]),
    ],
)
def test_literals(schema: dict[str, object], default: object, expected: list[object]) -> None:
    assert list(literals(schema, default)) == expected


def test_every_built_in_input_takes_what_is_made_for_it(tmp_path: Path) -> None:
    registry = Registry.installed()
    maker = Maker(registry, "weft", tmp_path)
    count = 0
    for spec in (one for one in registry.specs() if one.distribution == "weft"):
        node = registry.load(spec)
        for one in (each for each in spec.inputs if each.literal):
            try:
                values = [maker.usual(one, node), *maker.others(one, node, None)]
            except CannotMakeError:
                continue
            assert [value for value in values if literal_problem(one, value)] == []
            count += len(values)
    assert count > 300


def test_kinds_are_made_by_the_nodes_that_give_them(tmp_path: Path) -> None:
    maker = Maker(Registry.installed(), "weft", tmp_path)
    assert maker.of_kind("image", 2).shape[0] == 2
    assert [one.dim() for one in maker.of_kind("list[mask]", 1)] == [3, 3]
    schedule = maker.of_kind("noise", 1)
    assert maker.of_kind("noise", 1) is schedule  # made once
    with pytest.raises(CannotMakeError, match="no node makes a value of the kind 'acme:x'"):
        maker.of_kind("acme:x", 1)


def test_null_is_tried_where_it_is_a_value(tmp_path: Path) -> None:
    registry = Registry.installed()
    maker = Maker(registry, "weft", tmp_path)
    one = InputSpec("size", "int", {"type": "integer"}, False, 4, nullable=True)
    blend = registry.get("image.blend")
    assert blend is not None
    assert list(maker.others(one, registry.load(blend), 4)) == [1, 2, None]
