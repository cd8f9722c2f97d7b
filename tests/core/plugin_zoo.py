"""Plugins that are not: distributions in a folder on the path, as pip would have put them there."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from weft import catalogues, discovery
from weft.offers import forget_offers
from weft.probe import Answer
from weft.probe import ask as really_ask

PLUGIN = """
import weft

@weft.hookimpl
def weft_node_modules():
    return ["{package}.nodes"]
"""
NODES = """
import weft
print("a plugin may print while it is imported")

@weft.node("{namespace}:number.double", lane="inline")
def double(number: int) -> int:
    "Twice the number."
    return 2 * number
"""
# What a module does as it is imported, by name.
IMPORTS = {
    "raises": "raise ValueError('no licence')",
    "exits": "raise SystemExit(3)",
    "interrupts": "raise KeyboardInterrupt",
    "misspelt": "def broken(:",
    "needy": "import a_module_that_nobody_has",
    "hangs": "import time; time.sleep(3600)",
    "dies": "import os; os._exit(7)",
    "crashes": "import ctypes; ctypes.string_at(0)",
}
LIMIT = 5.0


class Zoo:
    """Distributions in a folder on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        *,
        nodes: str = NODES,
        plugin: str = PLUGIN,
        namespace: str | None = None,
        version: str = "1.0",
        points: str | None = None,
        requires: Iterable[str] = (),
    ) -> Path:
        """Install a distribution; returns the folder of its package."""
        package = name.replace("-", "_")
        code = self.folder / package
        code.mkdir(exist_ok=True)
        (code / "__init__.py").write_text("")
        names = {"package": package, "namespace": namespace or name}
        for file, source in (("plugin.py", plugin), ("nodes.py", nodes)):
            for key, value in names.items():
                source = source.replace(f"{{{key}}}", value)
            (code / file).write_text(textwrap.dedent(source))
        info = self.info(name, version)
        info.mkdir(exist_ok=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {one}" for one in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n\nVersion: in the README\n")
        entry = points or f"{name} = {package}.plugin\n"
        (info / "entry_points.txt").write_text(f"[weft]\n{entry}")
        importlib.invalidate_caches()
        return code

    def info(self, name: str, version: str = "1.0") -> Path:
        """The folder of a distribution's metadata."""
        return self.folder / f"{name.replace('-', '_')}-{version}.dist-info"


def a_zoo(parent: Path, patch: pytest.MonkeyPatch) -> Zoo:
    """A zoo whose plugins are the only ones that are installed."""
    folder = parent / "site"
    folder.mkdir()
    patch.syspath_prepend(folder)
    patch.setenv("PYTHONPATH", str(folder))
    patch.setattr(catalogues, "IMPORT_LIMIT", LIMIT)
    # Of what is installed for real, only the folder of this test is looked at.
    real = importlib.metadata.distributions
    patch.setattr(discovery, "distributions", lambda: real(path=[str(folder)]))
    return Zoo(folder)


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zoo]:
    forget_offers()
    yield a_zoo(tmp_path, monkeypatch)
    forget_offers()
    for name in [name for name in sys.modules if name.startswith(("acme", "trouble", "zebra"))]:
        del sys.modules[name]


def probes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the plugins that are imported from now on, to describe them."""
    seen: list[str] = []

    def ask(module: str, questions: Iterable[Sequence[str]], limit: float) -> list[Answer]:
        questions = list(questions)
        seen.extend(question[0] for question in questions)
        return really_ask(module, questions, limit)

    monkeypatch.setattr(catalogues, "ask", ask)
    return seen
