"""What the tests of every plugin here share: folders of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the tests out of the person's cache, config and data of plugins."""
    folder = tmp_path_factory.mktemp("weft")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEFT_CACHE_DIR", str(folder / "cache"))
        patch.setenv("WEFT_CONFIG", str(folder / "config.toml"))
        # An installed plugin may listen to the runs of tests.
        patch.setenv("WEFT_PLUGIN_DATA", str(folder / "plugins"))
        yield folder
