"""What the server promises, in a size that a test suite has time for.

`python -m tests.reliability` tests the same in full, and prints what it measured.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reliability.checks import CHECKS
from reliability.harness import Size


@pytest.mark.parametrize("id", CHECKS)
def test_the_promise_is_kept(id: str, tmp_path: Path) -> None:
    result = CHECKS[id](tmp_path, Size())
    assert result.faults == [], result.measured
