"""A throw-away plugin, and the command as a real process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLUGIN = """
import weft

@weft.hookimpl
def weft_node_modules():
    return ["weft_test_nodes.nodes"]
"""

NODES = '''
import json
import time
from typing import Annotated, Any, Literal

from weft import Choices, Context, InputError, Range, node, write_atomically


@node("test:number.int", lane="io")
def number(value: Annotated[int, Range(1, 100)] = 20) -> int:
    """A number.

    value: the number itself.
    """
    return value


@node("test:number.slow", lane="device")
def slow(ctx: Context, steps: int = 3, seconds: float = 0.001) -> int:
    """Counts, slowly."""
    for _ in ctx.track(range(steps)):
        time.sleep(seconds)
    return steps


@node("test:number.deaf", lane="io")
def deaf(seconds: float = 60.0) -> int:
    """Never asks whether it was cancelled."""
    print("deaf", flush=True)
    time.sleep(seconds)
    return 1


@node("test:number.fail", lane="io")
def fail(value: int = 1) -> int:
    """Fails."""
    raise ValueError(f"no luck with {value}")


@node("test:many.values", lane="inline")
def many(
    text: str = "",
    steps: Annotated[int, Range(1, 100)] = 20,
    scale: float = 1.0,
    on: bool = False,
    mode: Literal["fast", "slow"] = "fast",
    either: int | str = 0,
    table: dict = {},
    names: list[str] = [],
    maybe: int | None = None,
) -> str:
    """Gives its inputs back.

    text: any text.
    """
    return json.dumps(
        [text, steps, scale, on, mode, either, table, names, maybe], ensure_ascii=False
    )


@node("test:many.renamed", version=2, lane="inline")
def renamed(amount: float = 0.5) -> float:
    """Version 1 called its input `factor`."""
    return amount


@renamed.migrate(1)
def _(old):
    return {**old, "amount": old.pop("factor")}


@node("test:file.pick", lane="inline")
def pick(file: Annotated[str, Choices.files("checkpoints")] = "a.safetensors") -> str:
    """Names a model file."""
    return file


@node("test:out.write", lane="io")
def write(value: Any, ctx: Context, name: str = "out.txt") -> None:
    """Writes a value to a file."""
    print("printed by a node")
    path = ctx.output_dir / name
    write_atomically(path, str(value).encode())
    ctx.output({"path": str(path), "sha256": "of it"})


@node("test:out.show", lane="inline")
def show(value: Any, ctx: Context) -> None:
    """Shows a value."""
    ctx.output({"text": str(value)})
'''

BROKEN = "raise RuntimeError('broken on purpose')\n"
COMMANDS = '''
import typer

def hello(name: str = "you") -> None:
    """Say hello."""
    typer.echo(f"hello {name}")
'''


def distribution(root: Path, name: str, entries: str, files: dict[str, str]) -> None:
    """Write a distribution that is installed for whoever has the folder on its path."""
    package = root / name
    package.mkdir()
    for file, content in {"__init__.py": "", **files}.items():
        (package / file).write_text(content)
    info = root / f"{name}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(entries)
    (info / "RECORD").write_text("")


@dataclass(frozen=True)
class Done:
    """A process that ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Stdout as lines of JSON."""
        return [json.loads(one) for one in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        """The last line of stdout."""
        return self.lines[-1]


@dataclass(frozen=True)
class Shell:
    """Runs the real command in a folder of its own."""

    folder: Path
    env: dict[str, str]

    def __call__(self, *args: str, stdin: bytes | None = None, **env: str) -> Done:
        done = subprocess.run(
            self.command(*args),
            cwd=self.folder,
            env=self.env | env,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=60,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start the command and do not wait for it."""
        return subprocess.Popen(
            self.command(*args),
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *args: str) -> list[str]:
        """The command line of `weft ARGS`."""
        return [sys.executable, "-c", "from weft.cli import main; main()", *args]

    def write(self, name: str, data: object) -> Path:
        """Write a JSON file into the folder."""
        path = self.folder / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
        return path


InProcess = Callable[..., Done]


def node(type: str, values: dict[str, Any] | None = None, **links: str) -> dict[str, Any]:
    """A node of a workflow document."""
    return {"type": f"test:{type}", "version": 1, "values": values or {}, "links": links}
