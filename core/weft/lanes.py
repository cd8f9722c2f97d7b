"""Lanes: the threads that nodes run on.

"device": one thread, so that one piece of work at a time owns the device.
"io": a pool of threads, for files and encoding.
"inline" is no thread: such nodes run on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from weft.spec import Lane

T = TypeVar("T")
IO_THREADS = 4


class Lanes:
    """The lanes of one engine, shared by all its runs, which take turns on them."""

    def __init__(self) -> None:
        self.closed = False
        self._pools: dict[str, ThreadPoolExecutor] = {
            "device": ThreadPoolExecutor(1, "weft-device"),
            "io": ThreadPoolExecutor(IO_THREADS, "weft-io"),
        }

    def submit(self, lane: Lane, work: Callable[[], None]) -> None:
        """Run `work` on a lane. It must not raise: nobody would hear of it."""
        self._pools[lane].submit(work)

    async def call(self, lane: str, function: Callable[[], T]) -> T:
        """Run a function on a lane and wait for its answer."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pools[lane], without_grad, function)

    def close(self) -> None:
        """Let the threads end once they have done what was submitted: a run waits for it."""
        self.closed = True
        for pool in self._pools.values():
            pool.shutdown(wait=True)


def without_grad(function: Callable[[], T]) -> T:
    """Call a function with autograd off. Not inference mode, which has no version counters."""
    with no_grad():
        return function()


def no_grad() -> contextlib.AbstractContextManager[None]:
    """`torch.no_grad()`, or nothing while nobody has imported torch."""
    torch = sys.modules.get("torch")
    # While another thread is still importing torch, the module is there but not yet complete.
    if torch is None or not hasattr(torch, "no_grad"):
        return contextlib.nullcontext()
    manager: contextlib.AbstractContextManager[None] = torch.no_grad()
    return manager


class StepsWithoutGrad:
    """Await a coroutine with autograd off in each of its steps, and only there.

    Autograd's switch belongs to the thread, so it must not stay off while other tasks run.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        answer: Any = None
        error: BaseException | None = None
        while True:
            try:
                with no_grad():
                    if error is None:
                        wanted = self._coroutine.send(answer)
                    else:
                        wanted = self._coroutine.throw(error)
            except StopIteration as stop:
                return stop.value
            answer, error = None, None
            try:
                answer = yield wanted
            except BaseException as caught:
                error = caught
