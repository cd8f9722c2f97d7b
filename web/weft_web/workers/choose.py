"""Choosing the worker pool: processes of this machine, or what a plugin offers."""

from __future__ import annotations

from weft import PluginError, WeftError, find_offer
from weft_web.settings import Settings
from weft_web.workers.local import LocalPool
from weft_web.workers.pool import WorkerPool

LOCAL = "local"  # Weft's own


def make_pool(settings: Settings) -> WorkerPool:
    """The pool that the settings name.

    Raises InputError where nobody offers it, and PluginError where what is offered cannot be made.
    """
    if settings.pool == LOCAL:  # as it is offered, without asking who offers what
        return LocalPool(settings)
    offer = find_offer("worker_pools", settings.pool)
    try:
        made = offer.function()(settings)
    except WeftError:
        raise
    except Exception as error:
        raise PluginError(f"{offer}: {type(error).__name__}: {error}") from error
    if not isinstance(made, WorkerPool):
        raise PluginError(f"{offer}: expected a WorkerPool, got a {type(made).__name__}")
    return made
