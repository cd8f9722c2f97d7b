"""Holding back Python's garbage collector for a moment."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def paused_collection() -> Iterator[None]:
    """Hold back garbage collection while many lasting objects are made.

    The collector would search them again and again and find nothing. Nothing waits for long: it
    runs as soon as the block ends.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
