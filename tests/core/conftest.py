"""Every test of the engine has a cache folder and a config of its own, and closes its engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.helpers import MakeEngine
from core.plugin_zoo import zoo as zoo
from weft import Cache, Device, Engine, Node, Registry


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def engine() -> Iterator[MakeEngine]:
    made: list[Engine] = []

    def make(
        *nodes: Node[..., Any],
        cache: Cache | None = None,
        device: str | Device = "cpu",
        output_dir: str | Path = "output",
    ) -> Engine:
        one = Engine(
            registry=Registry(nodes), device=device, cache=cache or Cache(), output_dir=output_dir
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()
