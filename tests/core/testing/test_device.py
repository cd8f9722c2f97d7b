"""The fake device: memory that is refused, tensors that stay apart, values that move."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
import torch

from weft import Cache, Context, DeviceMemoryError, Image, InPlaceEditError, InputError, node
from weft.testing import FakeDevice, picture, run_node, run_workflow

SIZE = 16 * 12 * 3 * 4  # bytes of `picture()`


@node("t:image.light")
def light(image: Image, ctx: Context) -> Image:
    """Twice as light, on the device."""
    return image.to(ctx.device) * 2


@node("t:image.start")
def start(seed: int, ctx: Context) -> Image:
    """A picture on the device."""
    return picture(seed=seed).to(ctx.device)


@pytest.fixture
def device() -> Iterator[FakeDevice]:
    with FakeDevice(memory=100_000) as entered:
        yield entered


def test_a_node_runs_on_it_with_the_processors_numbers(device: FakeDevice) -> None:
    made = run_node(light, image=picture())
    assert str(made.device) == "fake:0"
    assert torch.equal(made.cpu(), picture() * 2)


def test_it_counts_what_lives_and_views_count_once(device: FakeDevice) -> None:
    made = run_node(light, image=picture())
    assert (device.used, device.peak) == (SIZE, 2 * SIZE)
    half = made[:, :6]
    del made
    assert device.used == SIZE
    del half
    assert device.used == 0


def test_what_no_longer_fits_is_refused_twice_and_is_then_a_clear_error() -> None:
    with (
        FakeDevice(memory=SIZE) as device,
        pytest.raises(DeviceMemoryError, match=r"fake:0 has no room.*tried to allocate 2,304"),
    ):
        run_node(light, image=picture())
    assert (device.refused, device.released) == (2, 1)
    gc.collect()
    assert device.used == 0


def test_a_node_may_make_do_with_less() -> None:
    @node("t:image.tiled")
    def tiled(image: Image, ctx: Context) -> Image:
        try:
            return (image.to(ctx.device) * 2).cpu()
        except torch.OutOfMemoryError:
            pass
        return torch.cat(
            [(row.to(ctx.device) * 2).cpu() for row in torch.chunk(image, 12, 1)], dim=1
        )

    with FakeDevice(memory=SIZE) as device:
        assert torch.equal(run_node(tiled, image=picture()), picture() * 2)
    assert (device.refused, device.released) == (1, 0)


@pytest.mark.parametrize(
    "operation",
    [
        lambda there: there + torch.ones(2, 3),
        lambda there: torch.cat([torch.ones(2, 3), there]),
        lambda there: torch.nn.functional.linear(there, torch.ones(4, 3)),
        lambda there: there.numpy(),
    ],
)
def test_tensors_of_two_devices_do_not_mix(
    device: FakeDevice, operation: Callable[[torch.Tensor], object]
) -> None:
    there = torch.ones(2, 3).to(device.name)
    with pytest.raises((RuntimeError, TypeError), match=r"same device|Tensor\.cpu"):
        operation(there)


def test_what_may_cross_does(device: FakeDevice) -> None:
    there = torch.arange(6.0, device=device.name).reshape(2, 3)
    assert (there + torch.tensor(1.0)).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert there[torch.tensor([1])].tolist() == [[3, 4, 5]]
    here = torch.zeros(2, 3)
    here.copy_(there)
    assert torch.equal(here, there.cpu())
    assert torch.tensor([1, 2], device=device.name).tolist() == [1, 2]


def test_modules_move_as_well(device: FakeDevice) -> None:
    layer = torch.nn.Conv2d(3, 4, 3)
    values = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        expected = layer(values)
        made = layer.to(device.name)(values.to(device.name))
    assert str(made.device) == "fake:0"
    torch.testing.assert_close(made.cpu(), expected, rtol=0, atol=0)


def test_an_edit_in_place_is_found_there_too(device: FakeDevice) -> None:
    @node("t:image.careless")
    def careless(image: Image) -> Image:
        image[:, 0].add_(1)
        return image.clone()

    there = picture().to(device.name)
    with pytest.raises(InPlaceEditError, match="'image'"):
        run_node(careless, image=there)


FLOW = {
    "weft": 1,
    "nodes": {
        "a": {"type": "t:image.start", "values": {"seed": 1}},
        "b": {"type": "t:image.start", "values": {"seed": 2}},
        "c": {"type": "t:image.start", "values": {"seed": 3}},
    },
}


def test_the_cache_moves_values_off_and_back() -> None:
    """Room for two pictures in the cache's share: the first of three leaves for host memory."""
    with FakeDevice(memory=10 * SIZE, budget=2 * SIZE + 500) as device:
        cache = Cache(device=device.budget())
        nodes = [start]
        for wanted in "abc":
            run_workflow(FLOW, targets=[wanted], nodes=nodes, cache=cache)
        gc.collect()
        assert (len(cache.device), len(cache.host)) == (2, 1)
        assert device.used == 2 * SIZE
        again = run_workflow(FLOW, targets=["a", "b", "c"], nodes=nodes, cache=cache)
        assert {one["state"] for one in again.nodes.values()} == {"cached"}
        for seed, name in enumerate("abc", start=1):
            value = again[f"{name}.image"]
            assert str(value.device) == "fake:0"
            assert torch.equal(value.cpu(), picture(seed=seed))


def test_a_full_device_is_emptied_of_cached_values_first() -> None:
    with FakeDevice(memory=2 * SIZE, budget=3 * SIZE) as device:
        cache = Cache(device=device.budget())
        run_workflow(FLOW, targets=["a"], nodes=[start], cache=cache)
        run_workflow(FLOW, targets=["b"], nodes=[start], cache=cache)
        outcome = run_workflow(FLOW, targets=["c"], nodes=[start], cache=cache)
        assert torch.equal(outcome["c.image"].cpu(), picture(seed=3))
    assert (device.refused, device.released) == (1, 1)


def test_nobody_finds_an_accelerator_afterwards() -> None:
    def accelerators() -> tuple[bool, int]:
        return torch.accelerator.is_available(), torch.accelerator.device_count()

    with FakeDevice():
        assert accelerators() == (True, 1)
        with torch.random.fork_rng(device_type="fake"):
            torch.manual_seed(1)
    if torch.cuda.is_available():
        pytest.skip("this machine has an accelerator of its own")
    assert accelerators() == (False, 0)
    with torch.random.fork_rng():
        torch.manual_seed(1)


def test_there_is_one_at_a_time_and_none_outside() -> None:
    with FakeDevice() as device, pytest.raises(InputError, match="one at a time"), FakeDevice():
        pass
    with pytest.raises(RuntimeError, match="FakeDevice is entered"):
        torch.zeros(1, device=device.name)
    with pytest.raises(InputError, match="1 byte or more"):
        FakeDevice(memory=0)
