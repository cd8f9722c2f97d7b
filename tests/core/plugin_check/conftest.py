"""A fresh project for a test that changes one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.plugin_check.projects import Project, project_in


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project as generated, on the path."""
    with project_in(tmp_path) as made:
        yield made
