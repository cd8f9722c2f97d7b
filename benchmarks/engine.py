"""Engine overhead: what a node costs besides its own work.

    python benchmarks/engine.py [--repeat 5]

Chains and binary trees of trivial inline nodes. The ratio is to a bare loop that calls the same
functions. Figures are the best of the repeats: others use the machine too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from time import perf_counter

from rich.console import Console
from rich.table import Table

from weft import Cache, Engine, Registry, Workflow, node


@node("bench:number.start", lane="inline")
def start(value: int = 1) -> int:
    """A constant."""
    return value


@node("bench:number.add", lane="inline")
def add(a: int, b: int = 1) -> int:
    """A sum."""
    return a + b


def chain(length: int) -> tuple[Workflow, str]:
    """Each node adds one to the node before."""
    nodes: dict[str, object] = {"n0": {"type": "bench:number.start"}}
    for index in range(1, length):
        nodes[f"n{index}"] = {"type": "bench:number.add", "links": {"a": f"n{index - 1}.value"}}
    return Workflow.from_data({"nodes": nodes}), f"n{length - 1}.value"


def tree(size: int) -> tuple[Workflow, str]:
    """Each node adds two others; the leaves are constants, all different."""
    nodes: dict[str, object] = {}
    half = size // 2
    for index in range(size):
        left, right = 2 * index + 1, 2 * index + 2
        if index < half and right < size:
            links = {"a": f"n{left}.value", "b": f"n{right}.value"}
            nodes[f"n{index}"] = {"type": "bench:number.add", "links": links}
        else:
            nodes[f"n{index}"] = {"type": "bench:number.start", "values": {"value": index}}
    return Workflow.from_data({"nodes": nodes}), "n0.value"


def bare_chain(length: int) -> int:
    """The same functions in a loop, as a chain."""
    value = start(1)
    for _ in range(length - 1):
        value = add(value)
    return value


def bare_tree(size: int) -> int:
    """The same functions in a loop, as a tree."""
    values = [0] * size
    for index in reversed(range(size)):
        left, right = 2 * index + 1, 2 * index + 2
        if index < size // 2 and right < size:
            values[index] = add(values[left], values[right])
        else:
            values[index] = start(index)
    return values[0]


def best(repeat: int, work: Callable[[], float]) -> float:
    """The shortest of several times, in seconds."""
    return min(work() for _ in range(repeat))


def measure(
    make: Callable[[int], tuple[Workflow, str]], size: int, repeat: int
) -> dict[str, float]:
    """Seconds of a cold run, a cached run, and a run after the last node changed."""
    workflow, target = make(size)
    last = target.removesuffix(".value")
    registry = Registry([start, add])
    times: dict[str, list[float]] = {"cold": [], "cached": [], "reread": [], "changed": []}
    for turn in range(repeat):
        fresh = Workflow.from_data(workflow.data())
        with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
            begin = perf_counter()
            value = engine.run(fresh, [target]).check()[target]
            times["cold"].append(perf_counter() - begin)
            begin = perf_counter()
            again = engine.run(fresh, [target]).check()
            times["cached"].append(perf_counter() - begin)
            assert again[target] == value
            assert not any(one["state"] == "ran" for one in again.nodes.values())
            reread = Workflow.from_data(workflow.data())
            begin = perf_counter()
            engine.run(reread, [target]).check()
            times["reread"].append(perf_counter() - begin)
            title = "value" if fresh.nodes[last].type.endswith("start") else "b"
            changed = fresh.with_values({f"{last}.{title}": 100 + turn})
            begin = perf_counter()
            outcome = engine.run(changed, [target]).check()
            times["changed"].append(perf_counter() - begin)
            assert sum(one["state"] == "ran" for one in outcome.nodes.values()) == 1
    return {name: min(values) for name, values in times.items()}


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begin = perf_counter()
    work()
    return perf_counter() - begin


def main() -> None:
    """Print a table, or JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = Table(title="Engine overhead (trivial inline nodes)")
    for name in (
        "graph",
        "nodes",
        "cold us/node",
        "over a bare loop",
        "cached ms",
        "cached, reread ms",
        "last node changed ms",
    ):
        table.add_column(name, justify="right")
    for name, make, bare in (("chain", chain, bare_chain), ("tree", tree, bare_tree)):
        for size in (100, 1_000, 10_000):
            result = measure(make, size, options.repeat)
            floor = best(options.repeat, lambda: timed(lambda: bare(size)))  # noqa: B023
            row = {
                "graph": name,
                "nodes": size,
                "cold_us_per_node": result["cold"] / size * 1e6,
                "over_bare_loop": result["cold"] / floor,
                "cached_ms": result["cached"] * 1e3,
                "reread_ms": result["reread"] * 1e3,
                "changed_ms": result["changed"] * 1e3,
            }
            if options.json:
                print(json.dumps(row))
            table.add_row(name, f"{size:,}", *(f"{value:.1f}" for value in list(row.values())[2:]))
    if not options.json:
        Console().print(table)


if __name__ == "__main__":
    main()
