"""`weft serve` as a real process, with a small plugin of nodes that do what tests need."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from core.cli.support import NODES, PLUGIN, Done, distribution

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
UPLOADING = '''

@node("test:file.read", lane="io")
def read(ctx: Context, file: Annotated[str, Choices.uploads()] = "") -> str:
    """The size of a file."""
    return f"{len(ctx.input_file(file).read_bytes())} bytes"
'''


def make_environment(folder: Path) -> dict[str, str]:
    """Folders of the tests' own, and the test nodes as an installed plugin."""
    plugins = folder / "plugins"
    plugins.mkdir()
    files = {"plugin.py": PLUGIN, "nodes.py": NODES + UPLOADING}
    distribution(plugins, "weft_test_nodes", "[weft]\ntest = weft_test_nodes.plugin\n", files)
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WEFT_", "PYTHON", "COVERAGE"))
    }
    return env | {
        "PYTHONPATH": os.pathsep.join(
            map(str, [plugins, ROOT / "core", ROOT / "nodes", ROOT / "web"])
        ),
        "WEFT_CACHE_DIR": str(folder / "cache"),
        "WEFT_CONFIG": str(folder / "config.toml"),
        "WEFT_MODELS": str(folder / "models"),
        "WEFT_PLUGIN_DATA": str(folder / "plugin-data"),
    }


def command(*args: str) -> list[str]:
    """The command line of `weft ARGS`."""
    return [sys.executable, "-c", "from weft.cli import main; main()", *args]


def weft(env: Mapping[str, str], folder: Path, *args: str) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        command(*args), cwd=folder, env=env, capture_output=True, timeout=PATIENCE, text=True
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass
class ServerProcess:
    """A running server. `url`: what it printed, with the token."""

    process: subprocess.Popen[str]
    url: str
    data_dir: Path
    said: list[str]

    @property
    def base(self) -> str:
        return self.url.partition("/?token=")[0]

    @property
    def token(self) -> str:
        return self.url.partition("/?token=")[2]

    def get(self, path: str, *, token: bool = True) -> bytes:
        """A GET request's answer. Raises HTTPError."""
        headers = {"Authorization": f"Bearer {self.token}"} if token else {}
        with urlopen(Request(self.base + path, headers=headers), timeout=PATIENCE) as answer:
            content: bytes = answer.read()
        return content

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """The exit code."""
        return self.process.wait(PATIENCE)


@contextmanager
def server_process(env: Mapping[str, str], data_dir: Path, *args: str) -> Iterator[ServerProcess]:
    """A server with its data in a folder, on a free port."""
    line = ["serve", "--port", "0", "--workers", "cpu", "--data-dir", str(data_dir), *args]
    process = subprocess.Popen(
        command(*line),
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    stderr = process.stderr
    reader = threading.Thread(target=lambda: said.extend(stderr))
    reader.start()
    try:
        url = process.stdout.readline().strip()
        if not url:
            process.wait(PATIENCE)
            reader.join(PATIENCE)
            raise AssertionError("the server did not start: " + "".join(said))
        yield ServerProcess(process, url, data_dir, said)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reader.join(PATIENCE)
        process.stdout.close()
        process.stderr.close()


def flow(**nodes: dict[str, Any]) -> dict[str, Any]:
    """A workflow document."""
    return {"weft": 1, "nodes": nodes}
