"""A torchvision that cannot be imported is taken for none; one that can is left alone."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from weft_nodes.models.libraries import hide_broken_torchvision


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The __init__ of a torchvision that is found before any other."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.delitem(sys.modules, "torchvision")
    (tmp_path / "torchvision").mkdir()
    return tmp_path / "torchvision" / "__init__.py"


def test_a_broken_one_is_hidden(installed: Path) -> None:
    installed.write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    hide_broken_torchvision()
    assert importlib.util.find_spec("torchvision") is None
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("torchvision")


def test_one_that_works_stays(installed: Path) -> None:
    installed.write_text("__version__ = '0.28.0'")
    hide_broken_torchvision()
    assert importlib.import_module("torchvision").__version__ == "0.28.0"
