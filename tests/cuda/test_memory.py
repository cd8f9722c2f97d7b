"""Where values go when they leave the device: to host memory, to disk, and back."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import torch
from torch import Tensor

from weft import (
    Cache,
    DeviceMemoryError,
    Engine,
    Event,
    Kind,
    NodeFinished,
    Outcome,
    Workflow,
    node,
)

GPU = "cuda:0"
MIB = 1 << 20
MakeEngine = Callable[..., Engine]
Block = Annotated[Tensor, Kind("test:block")]
calls: list[str] = []


@node("test:block.make")
def make(mebibytes: int = 1, number: int = 0) -> Block:
    """A tensor of that size, full of a number."""
    calls.append(f"make {number}")
    return torch.full((mebibytes, MIB // 4), float(number), device=GPU)


@node("test:block.sum")
def total(block: Block, spare: int = 0) -> float:
    """The mean of a block, with that many MiB beside it."""
    calls.append("sum")
    beside = torch.zeros(spare, MIB // 4, device=GPU)
    return float(block.mean() + beside.sum())


def blocks(*parts: tuple[int, int], spare: int = 0) -> Workflow:
    """Blocks of (MiB, number), the last one summed."""
    nodes: dict[str, Any] = {
        f"b{number}": {
            "type": "test:block.make",
            "version": 1,
            "values": {"mebibytes": mebibytes, "number": number},
        }
        for mebibytes, number in parts
    }
    nodes["sum"] = {
        "type": "test:block.sum",
        "version": 1,
        "values": {"spare": spare},
        "links": {"block": f"b{parts[-1][1]}.block"},
    }
    return Workflow.from_data({"weft": 1, "nodes": nodes})


def state(outcome: Outcome, id: str) -> str:
    found: str = outcome.nodes[id]["state"]
    return found


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


@pytest.fixture
def room() -> Iterator[Callable[[int], None]]:
    """Lets torch take that many MiB more than it holds now."""
    gc.collect()
    torch.cuda.empty_cache()
    size = torch.cuda.get_device_properties(0).total_memory

    def allow(mebibytes: int) -> None:
        allowed = torch.cuda.memory_reserved() + mebibytes * MIB
        torch.cuda.set_per_process_memory_fraction(allowed / size)

    yield allow
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


# Disk


def test_the_disk_cache_brings_values_back_to_the_device(
    engine: MakeEngine, flow: Workflow, tmp_path: Path
) -> None:
    """Made by one engine, read by another that has nothing in memory: the same bits, there."""
    targets = ["positive.conditioning", "sample.latent", "decode.image"]
    first = engine(cache=Cache(folder=tmp_path, device=1 << 30))
    made = first.run(flow).check()
    kept = first.run(flow, targets).check()
    first.close()

    second = engine(cache=Cache(folder=tmp_path, device=1 << 30))
    again = second.run(flow).check()
    assert again.nodes["decode"]["state"] == "cached"
    assert set(again.nodes) == {"decode", "save"}  # nothing before it is needed
    found = second.run(flow, targets[1:]).check()
    assert state(found, "sample") == "cached"
    assert str(found["sample.latent"].samples.device) == GPU
    assert str(found["decode.image"].device) == GPU
    assert torch.equal(found["sample.latent"].samples, kept["sample.latent"].samples)
    assert torch.equal(found["decode.image"], kept["decode.image"])
    shas = [one.outputs["save"][0]["sha256"] for one in (made, again)]
    assert shas[0] == shas[1]


# Room


def test_what_is_over_the_budget_goes_to_host_memory_and_returns(engine: MakeEngine) -> None:
    cache = Cache(device=3 * MIB + 1000)
    made = engine(make, total, cache=cache)
    for number in range(4):
        made.run(blocks((1, number)), ["sum"]).check()
    report = cache.report()["device"]
    assert report is not None
    assert report["values"] == 3
    (left,) = [one.value[0] for _, one in cache.host if one.measure.place is not None]
    assert left.device.type == "cpu"
    number = int(left.mean())
    tiers: list[str | None] = []

    def heard(event: Event) -> None:
        if isinstance(event, NodeFinished):
            tiers.append(event.tier)

    calls.clear()
    block = f"b{number}.block"
    found = made.run(blocks((1, number)), [block], on_event=heard).check()[block]
    assert tiers == ["host"]
    assert calls == []
    assert str(found.device) == GPU
    assert torch.equal(found.cpu(), left)


def test_a_refused_allocation_empties_the_cache_and_is_tried_once_more(
    engine: MakeEngine, room: Callable[[int], None]
) -> None:
    """
    limit 512:  b1 200 + b2 200 in the cache, then b3 100 with 200 beside it
    """
    cache = Cache(device=1 << 40)
    made = engine(make, total, cache=cache)
    room(512)
    for number in (1, 2):
        made.run(blocks((200, number)), ["sum"]).check()
    calls.clear()
    outcome = made.run(blocks((100, 3), spare=200), ["sum"]).check()
    assert outcome["sum.value"] == 3.0
    assert calls == ["make 3", "sum", "sum"]
    # What left the device is in host memory, and comes back where it is asked for.
    calls.clear()
    back = made.run(blocks((200, 1)), ["b1.block"]).check()["b1.block"]
    assert calls == []
    assert str(back.device) == GPU
    assert float(back.mean()) == 1.0


def test_a_value_that_returns_makes_room_for_itself(
    engine: MakeEngine, room: Callable[[int], None]
) -> None:
    made = engine(make, total, cache=Cache(device=1 << 40))
    room(512)
    made.run(blocks((300, 1)), ["sum"]).check()
    made.run(blocks((300, 2)), ["sum"]).check()  # b1 leaves
    calls.clear()
    outcome = made.run(blocks((300, 1)), ["b1.block"]).check()  # b2 leaves
    assert calls == []
    assert str(outcome["b1.block"].device) == GPU


def test_where_there_is_no_room_at_all_that_is_a_clear_error(
    engine: MakeEngine, room: Callable[[int], None]
) -> None:
    made = engine(make, total, cache=Cache(device=1 << 40))
    room(256)
    before = torch.cuda.memory_allocated()
    outcome = made.run(blocks((100, 1), spare=400), ["sum"])
    (error,) = outcome.errors
    assert isinstance(error, DeviceMemoryError)
    assert (error.node, calls) == ("sum", ["make 1", "sum", "sum"])
    assert "cuda:0 has no room, even after the cache left it and a second try" in str(error)
    assert "Tried to allocate 400.00 MiB" in str(error)
    # Though the outcome is kept, it keeps nothing on the device, and the next run has the room.
    gc.collect()
    assert torch.cuda.memory_allocated() == before
    assert made.run(blocks((200, 1)), ["sum"]).check()["sum.value"] == 1.0


def test_a_picture_that_is_too_large_fails_and_the_next_one_works(
    engine: MakeEngine, flow: Workflow, room: Callable[[int], None]
) -> None:
    made = engine()
    made.run(flow, ["decode.image"], parameters={"steps": 2}).check()
    room(64)
    large = {"steps": 2, "width": 2048, "height": 2048}
    outcome = made.run(flow, ["decode.image"], parameters=large)
    (error,) = outcome.errors
    assert isinstance(error, DeviceMemoryError), error
    assert error.node in ("sample", "decode")
    picture = made.run(flow, ["decode.image"], parameters={"steps": 3}).check()["decode.image"]
    assert torch.isfinite(picture).all()
