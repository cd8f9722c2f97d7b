"""What every test shares: one thread for torch, and folders of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from weft_nodes.models.libraries import hide_broken_torchvision

# Tensors in tests are tiny: a second thread only waits, most of all on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Some tests, and the training, import transformers themselves, before Weft does.
hide_broken_torchvision()


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the tests out of the person's cache, config and data of plugins."""
    folder = tmp_path_factory.mktemp("weft")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEFT_CACHE_DIR", str(folder / "cache"))
        patch.setenv("WEFT_CONFIG", str(folder / "config.toml"))
        # An installed plugin may listen to the runs of tests.
        patch.setenv("WEFT_PLUGIN_DATA", str(folder / "plugins"))
        patch.delenv("WEFT_MODELS", raising=False)
        yield folder
