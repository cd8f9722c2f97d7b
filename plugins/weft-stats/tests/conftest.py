"""Statistics of each test's own, and short stories of jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from weft_stats.listener import RECORDER
from weft_stats.store import default_path


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the statistics of the test are; there are none yet."""
    monkeypatch.setenv("WEFT_PLUGIN_DATA", str(tmp_path / "data"))
    yield default_path()
    RECORDER.close()
