"""The nodes. Each kind of fault is there on each lane: `fault.<kind>_<lane>`."""

from __future__ import annotations

import ctypes
import os
import random
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal

from weft import Context, Image, node, write_atomically

Lane = Literal["device", "io", "inline"]
LANES: tuple[Lane, ...] = ("device", "io", "inline")


def content(text: str, size: int) -> bytes:
    """The bytes that `work` makes of a text: anybody can tell whether they are right."""
    block = sha256(text.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


@node("faults:work.write", lane="io")
def write(text: str, ctx: Context, size: int = 1000, seconds: float = 0.0, files: int = 1) -> None:
    """Writes files whose content follows from the text."""
    for index in range(files):
        time.sleep(seconds / files)
        path = ctx.output_dir / f"{index}.bin"
        write_atomically(path, content(f"{text} {index}", size))
        ctx.output({"path": str(path)})


@node("faults:work.show", lane="inline")
def show(value: Any, ctx: Context) -> None:
    """Shows a value."""
    ctx.output({"text": str(value)})


@node("faults:work.text", lane="inline")
def text(value: str = "") -> str:
    """A text."""
    return value


@node("faults:work.join", lane="inline")
def join(a: str, b: str = "") -> str:
    """Two texts as one, cut short."""
    return f"{a}{b}"[-40:]


@node("faults:work.steps", lane="device")
def steps(ctx: Context, count: int = 100, seconds: float = 0.01, salt: str = "") -> str:
    """Counts, and can be stopped at every step."""
    for _ in ctx.track(range(count)):
        time.sleep(seconds)
    return salt


@node("faults:work.wait", lane="io")
def wait(ctx: Context, seconds: float = 0.1, salt: str = "") -> str:
    """Waits beside the device, and can be stopped."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ctx.check_cancelled()
        time.sleep(0.005)
    return salt


@node("faults:fault.picture", lane="device")
def picture() -> Image:
    """A picture for the nodes that spoil theirs."""
    import torch

    return torch.zeros(1, 8, 8, 3)


# --- the faults -----------------------------------------------------------------------------------


def _raise() -> None:
    raise ValueError("a fault")


def _system_exit() -> None:
    raise SystemExit(3)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _os_exit() -> None:
    os._exit(7)


def _segfault() -> None:
    ctypes.string_at(0)


def _hang() -> None:
    while True:
        pass


def _deaf() -> None:
    """In C, with the interpreter's lock held: nothing in the process can run beside it."""
    ctypes.PyDLL(None).sleep(3600)


def _sleep() -> None:
    time.sleep(3600)


def _memory() -> None:
    raise MemoryError("a fault")


def _huge() -> None:
    bytearray(1 << 60)


def _slow() -> None:
    time.sleep(0.5)


def _state() -> None:
    random.seed(0)
    os.chdir("/")
    os.environ["HOME"] = "/nowhere"


PLAIN: dict[str, Callable[[], None]] = {
    "raise": _raise,
    "system_exit": _system_exit,
    "interrupt": _interrupt,
    "os_exit": _os_exit,
    "segfault": _segfault,
    "hang": _hang,
    "deaf": _deaf,
    "sleep": _sleep,
    "memory": _memory,
    "huge": _huge,
    "slow": _slow,
    "state": _state,
}


def _fault(kind: str, lane: Lane) -> Any:
    def fault(salt: str = "") -> str:
        """Goes wrong."""
        PLAIN[kind]()
        return salt

    return node(f"faults:fault.{kind}_{lane}", lane=lane)(fault)


def _wrong_type(lane: Lane) -> Any:
    def fault(salt: str = "") -> int:
        """Promises a number and gives a list."""
        return [salt]  # type: ignore[return-value]

    return node(f"faults:fault.wrong_type_{lane}", lane=lane)(fault)


def _nan(lane: Lane) -> Any:
    def fault(salt: str = "") -> float:
        """No number."""
        return float("nan")

    return node(f"faults:fault.nan_{lane}", lane=lane)(fault)


def _edit(lane: Lane) -> Any:
    def fault(image: Image, salt: str = "") -> Image:
        """Changes its input."""
        image.add_(1)
        return image

    return node(f"faults:fault.edit_{lane}", lane=lane)(fault)


for _lane in LANES:
    for _kind in PLAIN:
        globals()[f"{_kind}_{_lane}"] = _fault(_kind, _lane)
    globals()[f"wrong_type_{_lane}"] = _wrong_type(_lane)
    globals()[f"nan_{_lane}"] = _nan(_lane)
    globals()[f"edit_{_lane}"] = _edit(_lane)
