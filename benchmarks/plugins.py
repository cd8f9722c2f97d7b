"""What installed plugins cost: `weft nodes` with twenty of them, over `weft nodes` with none.

    python benchmarks/plugins.py [--repeat 7] [--plugins 20]

Each plugin has six nodes in three modules, beside twelve modules that those import. "Cold" is the
first start after they were installed, which imports each in a child process; "warm" is any other;
"one edited" follows a change of one of them; "one hangs" is cold with one whose import never ends.
Wall time and processor time of the whole process, children counted; ratios are of the medians.
Then what the engine's guard of the process's state costs for one call of a plugin's node.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
# Without what is installed beside Weft: of its own it needs only to be found.
START = "import sys; sys.argv[0] = 'weft'; from weft.cli import main; main()"
PLUGIN = """
import weft

@weft.hookimpl
def weft_node_modules():
    return ["{package}.first", "{package}.second", "{package}.third"]
"""
MODULE = '''
from typing import Annotated
from weft import Image, Range, node
from {package} import {helpers}

@node("{name}:{group}.brighten")
def brighten(image: Image, amount: Annotated[float, Range(-1.0, 1.0)] = 0.1) -> Image:
    """Adds to every value of a picture.

    amount: what is added.
    """
    return (image + amount).clamp(0, 1)

@node("{name}:{group}.mean", lane="inline")
def mean(image: Image, digits: Annotated[int, Range(0, 9)] = 3) -> float:
    """The mean of a picture's values."""
    return round(float(image.mean()), digits)
'''
HELPER = "\n".join(f"def helper_{n}(value):\n    return [value + {n}] * {n}\n" for n in range(60))
FORMAT = (
    "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: numpy\n\n" + "about " * 900
)


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds of a process and its children."""

    wall: float
    processor: float


def install(site: Path, count: int) -> None:
    """Put plugins into a folder, as pip would."""
    for number in range(count):
        name = f"bench{number:02}"
        package = site / name
        package.mkdir(parents=True)
        helpers = [f"helper{n:02}" for n in range(12)]
        (package / "__init__.py").write_text("")
        (package / "plugin.py").write_text(PLUGIN.replace("{package}", name))
        for helper in helpers:
            (package / f"{helper}.py").write_text(HELPER)
        for group in ("first", "second", "third"):
            text = MODULE.format(package=name, name=name, group=group, helpers=", ".join(helpers))
            (package / f"{group}.py").write_text(text)
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(FORMAT.format(name=name))
        (info / "entry_points.txt").write_text(f"[weft]\n{name} = {name}.plugin\n")


def nodes(site: Path, cache: Path) -> Cost:
    """`weft nodes`, once. Raises RuntimeError where it fails."""
    places = [site, *(ROOT / one for one in ("core", "nodes", "web"))]
    env = {key: one for key, one in os.environ.items() if not key.startswith(("WEFT_", "PYTHON"))}
    env["PYTHONPATH"] = os.pathsep.join(map(str, places))
    env |= {"WEFT_CACHE_DIR": str(cache), "WEFT_CONFIG": str(cache / "config.toml")}
    begin, before = perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "-P", "-c", START, "nodes"], env=env, capture_output=True, text=True
    )
    wall, after = perf_counter() - begin, os.times()
    if done.returncode != 0:
        raise RuntimeError(f"weft nodes failed:\n{done.stderr[-2000:]}")
    used = after.children_user + after.children_system
    return Cost(wall, used - before.children_user - before.children_system)


def middle(repeat: int, run: Callable[[int], Cost]) -> Cost:
    """The medians of several runs."""
    costs = [run(number) for number in range(repeat)]
    return Cost(median(one.wall for one in costs), median(one.processor for one in costs))


def measure(folder: Path, repeat: int, count: int) -> dict[str, Cost]:
    """Every case, in one run."""
    bare, full, empty = folder / "bare", folder / "full", folder / "cache"
    bare.mkdir()
    install(full, count)
    old = perf_counter()
    for path in full.rglob("*"):  # as installed a while ago: what is fresh is read every time
        os.utime(path, (1e9, 1e9))
    nodes(bare, empty)
    found = {"bare": middle(repeat, lambda _: nodes(bare, empty))}
    found["cold"] = middle(3, lambda number: nodes(full, folder / f"cold-{number}"))
    while perf_counter() - old < 3:  # the change of their times is a change, too
        nodes(full, folder / "cold-0")
    found["warm"] = middle(repeat, lambda _: nodes(full, folder / "cold-0"))

    def edited(number: int) -> Cost:
        (full / "bench00/helper00.py").write_text(HELPER + f"EDIT = {number}\n")
        return nodes(full, folder / "cold-0")

    found["one edited"] = middle(3, edited)
    (full / "bench00/plugin.py").write_text("import time\ntime.sleep(3600)\n")
    found["one hangs"] = middle(1, lambda _: nodes(full, folder / "hanging"))
    return found


def guard() -> Mapping[str, float]:
    """Microseconds for one call of a node that does nothing: a plugin's, and one of Weft's own."""
    import numpy
    import torch

    from weft.guard import Guard

    def call(name: str | None) -> Callable[[], None]:
        def run() -> None:
            with Guard(name, print):
                pass

        return run

    assert numpy.random.get_state() is not None
    assert torch.default_generator.initial_seed()
    cases = {"a plugin's node": call("node"), "one of Weft's own": call(None)}
    return {
        name: min(timeit.repeat(one, number=2000, repeat=7)) * 500 for name, one in cases.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--plugins", type=int, default=20)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="weft-plugins-"))
    try:
        found = measure(folder, options.repeat, options.plugins)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("weft nodes", "wall, s", "over bare", "processor, s", "over bare")
    bare = found["bare"]
    for name, one in found.items():
        table.add_row(
            name,
            f"{one.wall:.2f}",
            f"{one.wall / bare.wall:.2f}",
            f"{one.processor:.2f}",
            f"{one.processor / bare.processor:.2f}",
        )
    Console().print(table)
    for name, microseconds in guard().items():
        print(f"the guard costs {microseconds:.1f} us for {name}")


if __name__ == "__main__":
    main()
