"""The tests on a CUDA device, skipped where there is none; `pytest -m cuda` runs only these.

Noise is drawn on the processor and moved, so it is equal to the bit. Networks compute in float32 on
both, but add in another order, and a run feeds its errors back into itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from weft import Cache, Engine, Node, Registry, Workflow, default_cache
from weft.devices import choose_device

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
GPU = "cuda:0"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a CUDA device."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.cuda)
            if not torch.cuda.is_available():
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Make engines with all nodes, and those given; they are closed when the test ends."""
    made: list[Engine] = []

    def make(*nodes: Node[..., Any], device: str = GPU, cache: Cache | None = None) -> Engine:
        registry = Registry.installed()
        for one in nodes:
            registry.add(one)
        cache = cache or default_cache(choose_device(device), disk=False)
        made.append(Engine(registry=registry, device=device, cache=cache, output_dir=tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def flow() -> Workflow:
    """A prompt becomes a picture."""
    return Workflow.load(ROOT / "workflows" / "text-to-image.json")
