"""A throw-away plugin that a subprocess can see, and the command run as a real process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli.support import (
    BROKEN,
    COMMANDS,
    NODES,
    PLUGIN,
    Done,
    InProcess,
    Shell,
    distribution,
    node,
)


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that makes the test nodes an installed plugin for whoever has it on its path."""
    root = tmp_path_factory.mktemp("plugins")
    entries = "[weft]\ntest = weft_test_nodes.plugin\n"
    entries += "[weft.commands]\nhello = weft_test_nodes.commands:hello\n"
    files = {"plugin.py": PLUGIN, "nodes.py": NODES, "commands.py": COMMANDS}
    distribution(root, "weft_test_nodes", entries, files)
    return root


@pytest.fixture(scope="session")
def broken_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Likewise, a plugin whose import fails."""
    root = tmp_path_factory.mktemp("broken")
    entries = "[weft]\nbroken = weft_broken_nodes.plugin\n"
    distribution(root, "weft_broken_nodes", entries, {"plugin.py": BROKEN})
    return root


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that keeps the catalogues for the whole session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def weft(tmp_path: Path, plugin_folder: Path, shared_cache: Path) -> Shell:
    """The command with the test nodes installed."""
    root = Path(__file__).parents[3]
    folders = [plugin_folder, root / "core", root / "nodes", root / "web"]
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WEFT_", "PYTHON", "COVERAGE"))
    }
    env |= {
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "WEFT_CACHE_DIR": str(shared_cache),
        "WEFT_CONFIG": str(tmp_path / "config.toml"),
        "WEFT_MODELS": str(tmp_path / "models"),
        "WEFT_PLUGIN_DATA": str(tmp_path / "plugin-data"),
    }
    return Shell(tmp_path, env)


@pytest.fixture
def in_process(weft: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InProcess]:
    """The command in this process: quicker, where no signal, stream or import matters."""
    from typer.testing import CliRunner

    from weft.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(weft.env["PYTHONPATH"].split(os.pathsep)[0])
    # A plugin is first imported by a child process, which has the environment but not our path.
    for name in ("PYTHONPATH", "WEFT_CACHE_DIR", "WEFT_CONFIG", "WEFT_MODELS"):
        monkeypatch.setenv(name, weft.env[name])
    runner = CliRunner()

    def call(*args: str, stdin: str | bytes | None = None) -> Done:
        result = runner.invoke(app, list(args), input=stdin, catch_exceptions=False)
        return Done(result.exit_code, result.stdout, result.stderr)

    yield call
    for name in [one for one in sys.modules if one.startswith("weft_test_nodes")]:
        del sys.modules[name]


@pytest.fixture
def flow(weft: Shell) -> Path:
    """A workflow that counts and writes, with parameters."""
    return weft.write(
        "flow.json",
        {
            "weft": 1,
            "nodes": {
                "count": node("number.slow", {"steps": 3}),
                "values": node("many.values", {"text": "red"}),
                "write": node("out.write", value="count.value"),
                "show": node("out.show", value="values.value"),
            },
            "parameters": {
                "prompt": "values.text",
                "step_count": ["count.steps", "values.steps"],
                "mode": "values.mode",
                "on": "values.on",
            },
        },
    )
