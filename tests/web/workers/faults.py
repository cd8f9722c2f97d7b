"""Nodes that go wrong in every way, for the registry of a worker process."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import torch

from weft import Choices, Context, Image, InputError, Range, Registry, Text, node


@node("fault.value", lane="inline")
def value(text: str = "hello") -> str:
    """A text."""
    return text


@node("fault.show", lane="inline")
def show(ctx: Context, text: str = "hello") -> None:
    """Show a text."""
    ctx.output({"text": text})


@node("fault.log", lane="io")
def log(ctx: Context, times: int = 1) -> None:
    """Log."""
    for time_ in range(times):
        ctx.log.warning("for the %d. time", time_ + 1)


@node("fault.sink", lane="inline")
def sink(ctx: Context, image: Image) -> None:
    """Take an image."""
    ctx.output({"mean": float(image.mean())})


@node("fault.picture")
def picture(seed: int = 0) -> Image:
    """A small picture."""
    return torch.rand(1, 4, 4, 3, generator=torch.Generator().manual_seed(seed))


@node("fault.raise")
def raises() -> Image:
    """Raise."""
    raise ValueError("on purpose")


@node("fault.exit")
def exits() -> Image:
    """Raise SystemExit."""
    sys.exit(3)


@node("fault.exit_inline", lane="inline")
def exits_inline() -> Image:
    """Raise SystemExit on the event loop."""
    sys.exit(3)


@node("fault.interrupt_inline", lane="inline")
def interrupts() -> Image:
    """Raise KeyboardInterrupt on the event loop."""
    raise KeyboardInterrupt


@node("fault.exit_hard")
def exits_hard() -> Image:
    """End the process."""
    os._exit(4)


@node("fault.segfault")
def segfaults() -> Image:
    """Read what is not there."""
    ctypes.string_at(0)
    return torch.zeros(1, 1, 1, 3)


@node("fault.killed")
def killed() -> Image:
    """As the system does that has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(10)
    return torch.zeros(1, 1, 1, 3)


@node("fault.hang")
def hangs() -> Image:
    """Sleep without a look at anything."""
    time.sleep(3600)
    return torch.zeros(1, 1, 1, 3)


@node("fault.hang_with_lock")
def hangs_with_lock() -> Image:
    """Sleep in C and keep the interpreter to itself."""
    ctypes.PyDLL(None).sleep(3600)
    return torch.zeros(1, 1, 1, 3)


@node("fault.hang_inline", lane="inline")
def hangs_inline() -> Image:
    """Keep the event loop."""
    time.sleep(3600)
    return torch.zeros(1, 1, 1, 3)


@node("fault.memory")
def memory() -> Image:
    """Ask for more than there is."""
    raise MemoryError("no room")


@node("fault.wrong_type")
def wrong_type() -> Image:
    """Return a text for an image."""
    return cast(torch.Tensor, "no image")


@node("fault.nan")
def nan() -> Image:
    """Return what is not finite."""
    return torch.full((1, 2, 2, 3), float("nan"))


@node("fault.in_place")
def in_place(image: Image) -> Image:
    """Change the input."""
    image.add_(1)
    return image


@node("fault.cuda")
def cuda() -> Image:
    """As a broken CUDA context says it."""
    raise RuntimeError("CUDA error: device-side assert triggered")


@node("fault.slow")
def slow(ctx: Context, seconds: float = 30.0) -> Image:
    """Take its time, and look whether it is still wanted."""
    steps = int(seconds / 0.02)
    for step in ctx.track(range(steps)):
        time.sleep(0.02)
        ctx.preview(partial(torch.full, (8, 16, 3), step / steps))
    return torch.zeros(1, 2, 2, 3)


@node("fault.slow_io", lane="io")
def slow_io(ctx: Context, seconds: float = 30.0) -> str:
    """As slow, on another lane."""
    for _ in ctx.track(range(int(seconds / 0.02))):
        time.sleep(0.02)
    return "done"


@node("fault.odd", lane="io")
def odd(ctx: Context) -> None:
    """Say what no JSON can hold."""
    endless: dict[str, Any] = {}
    endless["self"] = endless
    ctx.output(endless)
    ctx.output({(1, 2): "a key that is no text"})  # type: ignore[dict-item]
    ctx.output({"nan": float("nan"), "half": "\ud800", "type": int})


class Mute:
    """Something that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("on purpose")


@node("fault.mute", lane="io")
def mute(ctx: Context) -> None:
    """Say what cannot even be put into words, and then what can."""
    ctx.output({"what": Mute()})
    ctx.output({"text": "afterwards"})


@node("fault.counting")
def counting(ctx: Context) -> Image:
    """Count with numbers that are no Python numbers."""
    ctx.progress(cast(float, torch.tensor(1)), cast(float, torch.tensor(2)))
    return torch.zeros(1, 2, 2, 3)


@node("fault.full", lane="io")
def full(ctx: Context) -> None:
    """Find the disk full."""
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError as error:
        raise InputError("it cannot be written") from error


@node("fault.file", lane="io")
def file(ctx: Context, name: str = "note.txt", text: str = "hello") -> None:
    """Write a file."""
    path = ctx.output_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    ctx.output({"path": str(path), "mime": "text/plain"})


@node("fault.stray", lane="io")
def stray(ctx: Context, path: str = "/etc/passwd") -> None:
    """Name somebody else's file as an output."""
    ctx.output({"path": path})


@node("fault.pipe", lane="io")
def pipe(ctx: Context) -> None:
    """Name a pipe, which nobody writes to, as an output."""
    path = ctx.output_dir / "pipe"
    ctx.output_dir.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    ctx.output({"path": str(path)})


@node("fault.read", lane="io")
def read(file: Annotated[str, Choices.uploads()], ctx: Context) -> str:
    """Read an uploaded file."""
    return ctx.input_file(file).read_text()


def _options() -> list[str]:
    return ["a", "b"]


@node("fault.choose", lane="inline")
def choose(ctx: Context, one: Annotated[str, Choices(_options)] = "a") -> None:
    """Choose."""
    ctx.output({"text": one})


@node("fault.charted", lane="inline")
def charted(
    ctx: Context,
    count: Annotated[int, Range(2, 10)] = 3,
    scale: float = 2.0,
    how: Literal["well", "uneven", "endless", "raises"] = "well",
) -> None:
    """Fall to 0."""


@charted.chart
def _(count: int | None, scale: float, how: str) -> dict[str, list[float]] | None:
    if how == "raises":
        raise RuntimeError("no chart today")
    if count is None:
        return None
    if how == "endless":
        return {"y": [float("inf")]}
    falling = [scale * (1 - index / (count - 1)) for index in range(count)]
    return {"x": [0.0], "y": falling} if how == "uneven" else {"y": falling}


def _endless() -> list[str]:
    time.sleep(3600)
    return []


@node("fault.choose_never", lane="inline")
def choose_never(ctx: Context, one: Annotated[str, Choices(_endless)]) -> None:
    """Choose from what never comes."""
    ctx.output({"text": one})


@node("fault.renamed", version=2, lane="inline")
def renamed(ctx: Context, words: Annotated[str, Text()] = "x") -> None:
    """Version 1 called its input "text"."""
    ctx.output({"text": words})


@renamed.migrate(1)
def _(old: dict[str, Any]) -> dict[str, Any]:
    return {**old, "words": old.pop("text")}


@node("fault.fork", lane="io")
def fork(note: str) -> str:
    """Start a process that outlives its parent, where it can."""
    pid = os.fork()
    if pid == 0:
        time.sleep(3600)
        os._exit(0)
    Path(note).write_text(f"{os.getpid()} {pid}")
    time.sleep(3600)
    return note


def registry() -> Registry:
    """The nodes of this module."""
    from weft import Node

    return Registry([one for one in globals().values() if isinstance(one, Node)])


def registry_of_a_plugin() -> Registry:
    """The nodes of this module, as if a distribution had brought them."""
    found = registry()
    for id, spec in found._specs.items():
        found._specs[id] = replace(spec, distribution="acme-nodes")
    return found


def registry_that_hangs_once() -> Registry:
    """The nodes of this module, but never for the first process that asks."""
    note = Path(os.environ["WEFT_TEST_HANGS_ONCE"])
    if not note.exists():
        note.touch()
        time.sleep(600)
    return registry()
