"""A kind's class says how its values are sized, moved, stored and shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
import torch

from core.helpers import flow, use
from weft import Cache, Context, Engine, Moves, Registry, Shows, Stores, Weighs, kind, node
from weft.disk import DiskTier
from weft.values import measure, moved
from weft_nodes.shown import shown

MIB = 1 << 20


class Handle:
    """Something that no walk over fields can know: memory of another library."""

    def __init__(self, numbers: list[float], place: str = "cpu") -> None:
        self.numbers = numbers
        self.place = place


@kind("acme:table", colour="#cc8844")
@dataclass(frozen=True, eq=False)
class Table:
    """A table that another library keeps."""

    handle: Handle
    name: str = "table"

    def weft_bytes(self) -> int:
        return 3 * MIB

    def weft_moved(self, device: str) -> Self:
        return type(self)(Handle(self.handle.numbers, device), self.name)

    def weft_stored(self) -> object:
        return {"numbers": torch.tensor(self.handle.numbers), "name": self.name}

    @classmethod
    def weft_restored(cls, stored: Any) -> Self:
        return cls(Handle(stored["numbers"].tolist()), stored["name"])

    def weft_shown(self) -> str:
        return f"{self.name} of {len(self.handle.numbers)} numbers"


@dataclass(frozen=True, eq=False)
class Opaque:
    handle: Handle


def test_the_methods_are_what_the_protocols_ask_for() -> None:
    table = Table(Handle([1.0]))
    assert isinstance(table, Weighs)
    assert isinstance(table, Moves)
    assert isinstance(table, Stores)
    assert isinstance(table, Shows)


def test_memory_that_fields_do_not_show_is_counted() -> None:
    assert 3 * MIB <= measure([Table(Handle([1.0]))]).host < 3 * MIB + 1000
    assert measure([Opaque(Handle([1.0]))]).host < 1000


def test_a_value_that_can_move_is_movable_though_a_field_is_opaque() -> None:
    assert measure([Table(Handle([1.0]))]).movable
    assert not measure([Opaque(Handle([1.0]))]).movable
    assert not measure([Table(Handle([1.0])), Opaque(Handle([1.0]))]).movable
    (there,) = moved([Table(Handle([1.0]))], "elsewhere")
    assert there.handle.place == "elsewhere"


def test_it_is_stored_and_restored(tmp_path: Path) -> None:
    tier = DiskTier(tmp_path, MIB)
    assert tier.put("ab", [Table(Handle([1.0, 2.5]), "sums")], 1.0)
    assert not tier.put("cd", [Opaque(Handle([1.0]))], 1.0)
    found = tier.get("ab", "cpu")
    assert found is not None
    ((table,), _) = found
    assert (table.name, table.handle.numbers) == ("sums", [1.0, 2.5])
    tier.close()


def test_a_stored_class_that_cannot_restore_is_a_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = DiskTier(tmp_path, MIB)
    assert tier.put("ab", [Table(Handle([1.0]))], 1.0)
    monkeypatch.delattr(Table, "weft_restored")
    assert tier.get("ab", "cpu") is None
    tier.close()


@node("acme:table.make", lane="inline")
def make() -> Table:
    """A table."""
    return Table(Handle([1.0, 2.0]))


@node("acme:table.show", lane="inline")
def show(table: Table, ctx: Context) -> None:
    """Show it."""
    ctx.output({"text": str(shown(table))})


def test_it_is_shown() -> None:
    assert shown(Table(Handle([1.0, 2.0]))) == "table of 2 numbers"
    with Engine(registry=Registry([make, show]), device="cpu", cache=Cache()) as engine:
        workflow = flow(
            {"m": use("acme:table.make"), "s": use("acme:table.show", links={"table": "m.table"})}
        )
        done = engine.run(workflow).check()
    assert done.outputs["s"] == [{"text": "table of 2 numbers"}]


def test_what_says_nothing_of_itself_is_shown_by_its_fields() -> None:
    @dataclass(frozen=True)
    class Palette:
        name: str
        weights: torch.Tensor

    text = shown(Palette("warm", torch.tensor([0.0, 0.5])))
    assert text == "Palette\nname: 'warm'\nweights: float32 [2], 0 to 0.5"
    assert shown("as it is") == "as it is"
    assert shown([1, 2.5, True]) == "[1, 2.5, True]"
    assert len(str(shown("x" * 10_000))) < 5000


def test_pictures_and_masks_are_shown_as_pictures() -> None:
    picture = torch.rand(2, 4, 5, 3)
    assert shown(picture) is picture
    mask = shown(torch.ones(1, 4, 5))
    assert isinstance(mask, torch.Tensor)
    assert mask.shape == (1, 4, 5, 3)
