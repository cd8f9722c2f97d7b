"""State that every node of a process shares: what it is now, whether it changed, and setting it
back.

An aspect is read in about a microsecond. What a library keeps is looked at only where somebody
has imported it; where that happens while a node runs, it is compared with what a fresh import
gives.
"""

from __future__ import annotations

import ctypes
import locale
import os
import random
import signal
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

# What libraries set for themselves as they are imported or reach a device.
LIBRARIES_OWN = (
    "CUDA_MODULE_LOADING",
    "KMP_",
    "LD_LIBRARY_PATH",
    "OPENCV_",
    "QT_",
    "TORCHINDUCTOR_",
    "TRITON_",
)
OWN_THREADS = ("weft", "asyncio_")
SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
_MT_WORDS = 624  # of a Mersenne twister
# `signal.getsignal` makes an enumeration's member of each answer, in twenty times the time.
_handler_of: Callable[[int], Any] = import_module("_signal").getsignal


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that a node may change for all others.

    read: its value; None where it cannot be told now.
    told: what was done, for people; None where the change needs no words.
    restore: sets it back; None where nobody can.
    fresh: its value where the library was not imported before; None where that is not known.
    """

    read: Callable[[], Any]
    told: Callable[[Any, Any], str | None]
    restore: Callable[[Any], object] | None
    fresh: Callable[[], Any] | None = None
    same: Callable[[Any, Any], bool] = lambda before, after: bool(before == after)


class Change(NamedTuple):
    """What was done to the process, and what became of that."""

    what: str
    then: str


def compare(aspects: tuple[Aspect, ...], before: list[Any]) -> list[Change]:
    """What changed since `before` was read. It is set back by then, where that can be done."""
    found = []
    for aspect, old in zip(aspects, before, strict=True):
        new = aspect.read()
        if new is None:
            continue
        if old is None:
            if aspect.fresh is None:
                continue
            old = aspect.fresh()
        if aspect.same(old, new):
            continue
        then = "nobody else can end them: a node does so before it returns"
        if aspect.restore is not None:
            try:
                aspect.restore(old)
                then = "it was set back"
            except Exception as error:  # a folder that is gone, a handler from outside Python
                then = f"it could not be set back: {error}"
        text = aspect.told(old, new)
        if text is not None:
            found.append(Change(text, then))
    return found


def read(aspects: tuple[Aspect, ...]) -> list[Any]:
    """The values of aspects, to compare with later."""
    return [aspect.read() for aspect in aspects]


def _torch() -> ModuleType | None:
    """torch, once it has been imported wholly."""
    torch = sys.modules.get("torch")
    return torch if hasattr(torch, "default_generator") and hasattr(torch, "no_grad") else None


def _of_torch(
    what: str,
    get: Callable[[Any], Any],
    put: Callable[[Any, Any], Any],
    fresh: Callable[[Any], Any],
) -> Aspect:
    def read() -> Any:
        torch = _torch()
        return None if torch is None else get(torch)

    return Aspect(
        read,
        lambda old, new: f"it changed {what} from {old} to {new}",
        lambda old: put(_torch(), old),
        lambda: fresh(_torch()),
    )


# --- random numbers ------------------------------------------------------------------------------


def _python_random() -> Any:
    """The state of Python's global generator; as it lies in memory, where that is known to be it:
    asking for it makes 625 numbers, in ten microseconds."""
    return ctypes.string_at(_PLACE, 4 * _MT_WORDS + 4) if _PLACE else random.getstate()


def _place() -> int | None:
    """Where CPython keeps the position and the words; None where they are not found there."""
    generator = getattr(random, "_inst", None)
    if sys.implementation.name != "cpython" or type(generator) is not random.Random:
        return None
    place = id(generator) + object.__basicsize__
    found = struct.unpack(f"i{_MT_WORDS}I", ctypes.string_at(place, 4 * _MT_WORDS + 4))
    _, words, _ = generator.getstate()
    return place if (*found[1:], found[0]) == words else None


def _put_python_random(before: Any) -> None:
    if isinstance(before, bytes):
        position, *words = struct.unpack(f"i{_MT_WORDS}I", before)
        before = (3, (*words, position), None)
    random.setstate(before)


def _numpy_random() -> bytes | None:
    """The words and the position of numpy's global generator, read where they lie: asking numpy
    for them takes 40 microseconds."""
    if not hasattr(sys.modules.get("numpy"), "ndarray"):
        return None
    # numpy itself imports it only when it is used.
    generator = import_module("numpy.random").get_bit_generator()
    if type(generator).__name__ != "MT19937":
        return None
    return ctypes.string_at(generator.ctypes.state_address, 4 * _MT_WORDS + 4)


def _put_numpy_random(before: bytes) -> None:
    numpy = sys.modules["numpy"]
    words = numpy.frombuffer(before, dtype=numpy.uint32)
    numpy.random.set_state(("MT19937", words[:_MT_WORDS], int(words[_MT_WORDS]), 0, 0.0))


def _torch_random() -> tuple[int, bytes] | None:
    torch = _torch()
    if torch is None:
        return None
    generator = torch.default_generator
    return generator.initial_seed(), generator.get_state().numpy().tobytes()


def _put_torch_random(before: tuple[int, bytes]) -> None:
    torch = _torch()
    assert torch is not None
    words = torch.frombuffer(bytearray(before[1]), dtype=torch.uint8)
    torch.default_generator.set_state(words)


def _seeded(before: Any, after: Any) -> str | None:
    """Building a network draws from torch's generator, and does no harm: only a seed is told."""
    return None if before[0] == after[0] else "it seeded torch's global random numbers"


# --- the process ---------------------------------------------------------------------------------


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - a Path would cost ten times as much
    except OSError:
        return None


def _environment() -> dict[Any, Any]:
    # `os.environ.copy()` decodes every variable, each time.
    return dict(getattr(os.environ, "_data", os.environ))


def _changed(before: dict[Any, Any], after: dict[Any, Any]) -> list[str]:
    names = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    texts = sorted(os.fsdecode(name) for name in names)
    return [name for name in texts if not name.startswith(LIBRARIES_OWN)]


def _put_environment(before: dict[Any, Any]) -> None:
    known = {os.fsdecode(name): os.fsdecode(value) for name, value in before.items()}
    for name in _changed(before, _environment()):
        if name in known:
            os.environ[name] = known[name]
        else:
            os.environ.pop(name, None)


def _threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def _left(before: set[threading.Thread], after: set[threading.Thread]) -> list[str]:
    """New threads that would keep the process from ending. Daemons end with it."""
    return sorted(
        one.name
        for one in after - before
        if not one.daemon and one.is_alive() and not one.name.startswith(OWN_THREADS)
    )


def _handlers() -> dict[int, Any] | None:
    """Python's signal handlers, which only the main thread can change."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return {number: _handler_of(number) for number in SIGNALS}


def _replaced(before: dict[int, Any], after: dict[int, Any]) -> str:
    names = [signal.Signals(one).name for one in before if before[one] is not after.get(one)]
    return f"it replaced the signal handler of {', '.join(names)}"


def _put_handlers(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        if _handler_of(number) is not handler:
            signal.signal(number, handler)


_PLACE = _place()
PROCESS = (
    Aspect(
        _python_random,
        lambda old, new: "it seeded, or drew from, Python's global random numbers",
        _put_python_random,
    ),
    Aspect(
        _numpy_random,
        lambda old, new: "it seeded, or drew from, numpy's global random numbers",
        _put_numpy_random,
    ),
    # torch seeds it at random as it is imported: what a fresh one is, nobody knows.
    Aspect(_torch_random, _seeded, _put_torch_random),
    _of_torch(
        "torch's default dtype",
        lambda torch: torch.get_default_dtype(),
        lambda torch, old: torch.set_default_dtype(old),
        lambda torch: torch.float32,
    ),
    _of_torch(
        "torch's use of deterministic algorithms (on, only warn)",
        lambda torch: (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ),
        lambda torch, old: torch.use_deterministic_algorithms(old[0], warn_only=old[1]),
        lambda torch: (False, False),
    ),
    _of_torch(
        "torch's precision of float32 products",
        lambda torch: torch.get_float32_matmul_precision(),
        lambda torch, old: torch.set_float32_matmul_precision(old),
        lambda torch: "highest",
    ),
    Aspect(
        _folder,
        lambda old, new: f"it changed the current folder from {old} to {new}",
        os.chdir,
    ),
    Aspect(
        _environment,
        lambda old, new: f"it changed the environment: {', '.join(_changed(old, new))}",
        _put_environment,
        same=lambda old, new: old == new or not _changed(old, new),
    ),
    Aspect(
        lambda: locale.setlocale(locale.LC_ALL),
        lambda old, new: f"it changed the locale from {old} to {new}",
        lambda old: locale.setlocale(locale.LC_ALL, old),
    ),
    Aspect(
        _threads,
        lambda old, new: f"it left threads running: {', '.join(_left(old, new))}",
        None,
        same=lambda old, new: not _left(old, new),
    ),
)

THREAD = (
    _of_torch(
        "whether torch records gradients",
        lambda torch: torch.is_grad_enabled(),
        lambda torch, old: torch.set_grad_enabled(old),
        lambda torch: True,
    ),
    _of_torch(
        "torch's number of threads",
        lambda torch: torch.get_num_threads(),
        lambda torch, old: torch.set_num_threads(old),
        lambda torch: torch.get_num_threads(),
    ),
    _of_torch(
        "torch's default device",
        # Three times as quick as `torch.get_default_device`.
        lambda torch: torch.empty(0).device,
        lambda torch, old: torch.set_default_device(None if old.type == "cpu" else old),
        lambda torch: torch.device("cpu"),
    ),
    Aspect(_handlers, _replaced, _put_handlers),
)
