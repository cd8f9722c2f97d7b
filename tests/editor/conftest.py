"""The tests in a real browser: Chromium, the real server, the real engine, the starter model.

`pytest -m browser` runs them. They need the extra `browser`, and Chromium: /usr/bin/chromium, or
what WEFT_CHROMIUM names. The editor is built first, where it is not built from its sources already.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("playwright") is None:
    collect_ignore_glob = ["*.py"]
else:
    from editor.browser import (  # noqa: F401
        browser,
        built,
        page,
        server,
        visitor,
    )
    from editor.driver import editor  # noqa: F401

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
