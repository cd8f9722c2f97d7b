"""The cache: device, host and disk, byte budgets, what took long per byte stays."""

import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest
import torch

from core.helpers import Calls, MakeEngine, flow, use
from weft import Cache, Context, Kind, Node, Tensor, node
from weft.values import Measure

SLOW = 0.06  # what takes as long as this is worth a file


@dataclass(frozen=True)
class Latent:
    """A composite value; the disk tier finds the class again by its name."""

    samples: Tensor
    scale: float
    mask: Tensor | None = None


class Pair(NamedTuple):
    left: int
    right: str


def block(bytes: int) -> torch.Tensor:
    return torch.zeros(bytes // 4)


# Host memory


def test_what_is_put_is_what_is_got_by_reference() -> None:
    cache, value = Cache(), block(1000)
    cache.put("a", value, 1)
    assert cache.get("b", "cpu") is None
    found = cache.get("a", "cpu")
    assert found is not None
    assert found[0] is value
    assert (found[1], cache.where("a"), cache.where("b")) == ("host", "host", None)


def test_a_budget_is_kept() -> None:
    cache = Cache(host=10_000)
    for index in range(50):
        cache.put(f"k{index}", block(1000), 1)
        assert cache.host.bytes <= 10_000
    assert 8 <= len(cache.host) <= 10


def test_a_value_larger_than_the_budget_pushes_nothing_out() -> None:
    cache = Cache(host=10_000)
    cache.put("small", block(1000), 0.001)
    cache.put("large", block(20_000), 1000)
    assert cache.where("large") is None
    assert cache.where("small") == "host"


def test_what_took_long_per_byte_stays() -> None:
    """
    dear: 1000 bytes in 10 s      cheap: 1000 bytes in 0.001 s      wide: 5000 bytes in 10 s
    """
    cache = Cache(host=7_500)
    cache.put("dear", block(1000), 10)
    cache.put("wide", block(5000), 10)
    cache.put("cheap", block(1000), 0.001)
    cache.put("new", block(1000), 1)
    assert [key for key in ("dear", "wide", "cheap", "new") if cache.where(key)] == [
        "dear",
        "wide",
        "new",
    ]
    cache.put("newer", block(1000), 10)
    cache.put("newest", block(1000), 10)
    assert cache.where("wide") is None  # per byte it cost a fifth of the others
    assert cache.where("dear") == "host"


def test_what_nobody_asks_for_sinks_however_dear_it_was() -> None:
    cache = Cache(host=5_000)
    cache.put("forgotten", block(1000), 2)
    for index in range(200):
        cache.put(f"k{index}", block(1000), 1)
        cache.get(f"k{index}", "cpu")
    assert cache.where("forgotten") is None


def test_what_is_used_often_stays_among_equals() -> None:
    cache = Cache(host=5_000)
    cache.put("used", block(1000), 1)
    for index in range(50):
        cache.put(f"k{index}", block(1000), 1)
        cache.get("used", "cpu")
    assert cache.where("used") == "host"


def test_a_tensor_met_twice_counts_once_and_a_view_counts_whole() -> None:
    cache, value = Cache(), block(4000)
    cache.put("twice", [value, value, value[:10]], 1)
    assert 4000 <= cache.host.bytes <= 4500
    cache.clear()
    cache.put("view", block(4000)[:1], 1)  # it holds all of the memory it looks into
    assert cache.host.bytes >= 4000


def test_a_model_counts_by_its_parameters() -> None:
    cache = Cache()
    cache.put("model", torch.nn.Linear(100, 100), 1)
    assert 40_400 <= cache.host.bytes <= 41_000


def test_clear_forgets_everything(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path)
    cache.put("a", 1, 1)
    cache.store("a", 1, 1)
    cache.clear()
    assert (cache.where("a"), cache.on_disk(["a"]), cache.host.bytes) == (None, set(), 0)
    assert list(tmp_path.rglob("*.safetensors")) == []
    cache.close()


def test_a_run_within_a_small_budget_is_still_right(engine: MakeEngine) -> None:
    @node("t:noise.grow")
    def grow(noise: Any | None = None) -> Any:
        return torch.ones(1000) if noise is None else noise + 1

    nodes = {"n0": use("t:noise.grow")}
    for index in range(1, 20):
        nodes[f"n{index}"] = use("t:noise.grow", links={"noise": f"n{index - 1}.value"})
    made = engine(grow, cache=Cache(host=9_000))
    for _ in range(3):
        assert float(made.run(flow(nodes), ["n19"])["n19.value"][0]) == 20
        assert made.cache.host.bytes <= 9_000


# Disk

VALUES: list[Any] = [
    None,
    True,
    -3,
    2**70,
    0.1,
    "größe",
    [],
    [1, [2.5, None]],
    (1, ("a", 2)),
    {"a": {"b": [1]}},
    torch.arange(6).reshape(2, 3),
    torch.zeros(0, 4),
    torch.tensor(3.5),
    torch.randn(3, 4).t(),
    torch.ones(2, 2, dtype=torch.bfloat16),
    torch.tensor([True, False]),
    torch.tensor([1 + 2j]),
    [torch.ones(2), {"x": torch.zeros(1)}],
    Latent(torch.ones(2, 2), 0.5, None),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda one: type(one).__name__)
def test_the_disk_tier_gives_back_what_it_got(tmp_path: Path, value: Any) -> None:
    cache = Cache(folder=tmp_path)
    assert cache.store("ab", (value,), 1)
    cache.close()
    again = Cache(folder=tmp_path)
    found = again.get("ab", "cpu")
    assert found is not None
    assert found[1] == "disk"
    assert same(found[0], (value,))
    again.close()


def same(one: Any, other: Any) -> bool:
    if isinstance(other, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)
    if isinstance(other, Latent):
        return type(one) is Latent and same(vars(one), vars(other))
    if isinstance(other, (list, tuple)):
        return (
            type(one) is type(other)
            and len(one) == len(other)
            and all(same(x, y) for x, y in zip(one, other, strict=True))
        )
    if isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in other)
    return type(one) is type(other) and bool(one == other)


@pytest.mark.parametrize(
    "value",
    [object(), torch.nn.Linear(1, 1), {1: 2}, Pair(1, "a"), b"bytes", {1, 2}, lambda: 0],
    ids=lambda one: type(one).__name__,
)
def test_what_cannot_be_given_back_exactly_is_not_stored(tmp_path: Path, value: Any) -> None:
    cache = Cache(folder=tmp_path)
    stored = cache.store("ab", (value,), 1)
    if stored:
        found = cache.get("ab", "cpu")
        assert found is not None
        assert same(found[0], (value,))
    cache.close()


def slow_nodes(calls: Calls) -> list[Node[..., Any]]:
    @node("t:noise.sample")
    def sample(seed: int) -> Annotated[Tensor, Kind("t:noise")]:
        calls.note("sample")
        time.sleep(SLOW)
        return torch.full((8,), float(seed))

    @node("t:text.show")
    def show(noise: Annotated[Tensor, Kind("t:noise")], ctx: Context) -> None:
        ctx.output({"value": float(noise[0])})

    return [sample, show]


WORKFLOW = flow(
    {
        "sample": use("t:noise.sample", seed=3),
        "show": use("t:text.show", links={"noise": "sample.noise"}),
    }
)


def test_the_disk_tier_survives_a_restart(engine: MakeEngine, tmp_path: Path) -> None:
    """
    sample ── show        a second engine samples nothing
    """
    calls = Calls()
    for attempt in range(2):
        cache = Cache(folder=tmp_path)
        outcome = engine(*slow_nodes(calls), cache=cache).run(WORKFLOW).check()
        assert outcome.outputs == {"show": [{"value": 3.0}]}
        assert outcome.nodes["sample"]["state"] == ("ran", "cached")[attempt]
        cache.close()
    assert calls == {"sample": 1}


def test_the_plan_says_that_it_is_on_disk(engine: MakeEngine, tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path)
    made = engine(*slow_nodes(Calls()), cache=cache)
    made.run(WORKFLOW)
    cache.clear(disk=False)
    step = made.plan(WORKFLOW).steps["sample"]
    assert (step.state, step.reason) == ("cached", "disk")


def test_a_quick_value_is_not_worth_a_file(engine: MakeEngine, tmp_path: Path) -> None:
    @node("t:number.one")
    def one() -> int:
        return 1

    engine(one, cache=Cache(folder=tmp_path)).run(flow({"n": use("t:number.one")}), ["n"])
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_the_disk_budget_is_kept_by_cost(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path, disk=30_000)
    cache.store("dear", block(4000), 100)
    for index in range(20):
        cache.store(f"k{index}", block(4000), 0.1)
    files = list(tmp_path.rglob("*.safetensors"))
    assert sum(one.stat().st_size for one in files) <= 30_000
    assert len(files) >= 5
    assert cache.on_disk(["dear"]) == {"dear"}
    assert not cache.store("huge", block(40_000), 1000)
    cache.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-5]),
        lambda path: path.write_bytes(path.read_bytes()[:20]),
        lambda path: path.write_bytes(b"x" * path.stat().st_size),
        lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x7f"),
        lambda path: path.unlink(),
    ],
    ids=["empty", "truncated", "header only", "rubbish", "one byte", "gone"],
)
def test_a_damaged_file_is_a_miss_and_the_value_is_made_again(
    engine: MakeEngine, tmp_path: Path, damage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    calls = Calls()
    first = Cache(folder=tmp_path)
    engine(*slow_nodes(calls), cache=first).run(WORKFLOW).check()
    first.close()
    (path,) = tmp_path.rglob("*.safetensors")
    damage(path)
    second = Cache(folder=tmp_path)
    with caplog.at_level(logging.WARNING, "weft"):
        outcome = engine(*slow_nodes(calls), cache=second).run(WORKFLOW).check()
    assert outcome.outputs == {"show": [{"value": 3.0}]}
    assert "could not be read" in caplog.text
    second.close()
    third = Cache(folder=tmp_path)
    engine(*slow_nodes(calls), cache=third).run(WORKFLOW).check()
    assert calls == {"sample": 2}  # and the next run works
    third.close()


@pytest.mark.parametrize("content", [b"", b"rubbish", b"SQLite format 3\0 but not"])
def test_a_damaged_index_never_fails_a_run(
    engine: MakeEngine, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "values-1").mkdir()
    (tmp_path / "values-1" / "index.sqlite").write_bytes(content)
    outcome = engine(*slow_nodes(Calls()), cache=Cache(folder=tmp_path)).run(WORKFLOW).check()
    assert outcome.outputs == {"show": [{"value": 3.0}]}


def test_a_folder_that_cannot_be_made_never_fails_a_run(
    engine: MakeEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(folder=tmp_path / "file" / "cache")
    with caplog.at_level(logging.WARNING, "weft"):
        assert engine(*slow_nodes(Calls()), cache=cache).run(WORKFLOW).check().status == "done"
    assert caplog.text.count("disk cache") == 1  # told once, not at every value


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_never_fails_a_run(engine: MakeEngine, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        outcome = engine(*slow_nodes(Calls()), cache=Cache(folder=tmp_path)).run(WORKFLOW).check()
        assert outcome.status == "done"
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_never_fails_a_run_and_leaves_no_half(
    engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        cache = Cache(folder=tmp_path)
        assert engine(*slow_nodes(Calls()), cache=cache).run(WORKFLOW).check().status == "done"
        cache.close()
    assert [one for one in tmp_path.rglob("*") if "tmp" in one.name and one.is_file()] == []
    again = Cache(folder=tmp_path)
    calls = Calls()
    engine(*slow_nodes(calls), cache=again).run(WORKFLOW).check()
    assert calls == {"sample": 1}
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1
    again.close()


PROGRAM = """
import json, sys, time
from pathlib import Path
from weft import Builder, Cache, Engine, Registry, node

@node("t:number.sample")
def sample(seed: int, names: str = "") -> int:
    if seed in {1, 2, 3} or names in {"a", "b", "c"}:  # sets of texts have no fixed order
        time.sleep(0.06)
    print("sampled", file=sys.stderr)
    return seed

@node("t:text.show")
def show(number: int) -> None:
    print(number)

flow = Builder()
flow.add("t:text.show", number=flow.add("t:number.sample", seed=3, version=1).value)
with Engine(
    registry=Registry([sample, show]), device="cpu", cache=Cache(folder=Path(sys.argv[1]))
) as engine:
    outcome = engine.run(flow.workflow()).check()
print(json.dumps({id: one["state"] for id, one in outcome.nodes.items()}))
"""


def test_two_processes_share_a_folder(tmp_path: Path) -> None:
    """The second process samples nothing, whatever the seed of its hashes."""
    (tmp_path / "program.py").write_text(PROGRAM)
    sampled = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, str(tmp_path / "program.py"), str(tmp_path / "cache")],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        number, states = done.stdout.splitlines()
        assert number == "3"
        sampled.append((done.stderr.count("sampled"), json.loads(states)["sample"]))
    assert sampled == [(1, "ran"), (0, "cached")]


def test_two_caches_on_one_folder_at_once(tmp_path: Path) -> None:
    one, other = Cache(folder=tmp_path), Cache(folder=tmp_path)
    for index in range(20):
        (one if index % 2 else other).store(f"k{index}", torch.full((4,), float(index)), 1)
    keys = [f"k{index}" for index in range(20)]
    assert one.on_disk(keys) == other.on_disk(keys) == set(keys)
    found = one.get("k0", "cpu")
    assert found is not None
    assert float(found[0][0]) == 0
    one.clear()
    assert other.get("k3", "cpu") is None
    one.close()
    other.close()


# A device


def test_a_device_without_room_costs_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the device says while a value comes back from disk says nothing of the file."""
    cache = Cache(folder=tmp_path)
    cache.store("k", torch.ones(4), 1)

    def refused(data: object, stored: object, device: str) -> object:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr("weft.disk.unpack", refused)
        with pytest.raises(torch.OutOfMemoryError):
            cache.get("k", "cuda:0")
    assert cache.on_disk(["k"]) == {"k"}
    assert cache.get("k", "cpu") is not None
    cache.close()


def test_a_value_that_cannot_leave_the_device_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the device is lost: it must not take the run with it that asked for room."""
    cache = Cache(host=100_000, device=10_000)
    cache.put("k", block(1000), 1, on_device(1000))

    def lost(value: object, device: str) -> object:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr("weft.cache.moved", lost)
    assert cache.free_device() == 1000
    assert cache.where("k") is None


def on_device(bytes: int) -> Measure:
    """The measure of a value in the memory of a device that is not the host's."""
    return Measure(device=bytes, place="cpu")


def test_device_memory_goes_down_a_tier_when_its_budget_is_spent() -> None:
    """A simulated device: what the cache is told is on it, it counts there."""
    cache = Cache(host=100_000, device=3_000)
    for index in range(5):
        cache.put(f"k{index}", block(1000), 1, on_device(1000))
        assert cache.device.bytes <= 3_000
    assert [cache.where(f"k{index}") for index in range(5)] == ["host"] * 2 + ["device"] * 3
    found = cache.get("k4", "cpu")
    assert found is not None
    assert found[1] == "device"


def test_a_refused_allocation_moves_everything_off_the_device() -> None:
    cache = Cache(host=100_000, device=10_000)
    for index in range(5):
        cache.put(f"k{index}", block(1000), 1, on_device(1000))
    assert cache.free_device() == 5_000
    assert {cache.where(f"k{index}") for index in range(5)} == {"host"}
    assert cache.device.bytes == 0


def test_what_cannot_be_moved_leaves_the_device_for_good() -> None:
    cache = Cache(host=100_000, device=10_000)
    opaque = Measure(device=1000, movable=False, place="cpu")
    cache.put("model", object(), 1, opaque)
    cache.free_device()
    assert cache.where("model") is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_tensors_stay_on_the_device_they_were_made_on() -> None:
    cache = Cache(device=10_000)
    first = torch.ones(1000, device="cuda:0")
    cache.put("first", (first,), 1)
    assert cache.where("first") == "device"
    cache.put("second", (torch.ones(2000, device="cuda:0"),), 2)
    assert cache.where("first") == "host"  # over budget: down a tier
    found = cache.get("first", "cuda:0")
    assert found is not None
    assert str(found[0][0].device) == "cuda:0"
    cache.free_device()
    assert cache.where("second") == "host"
