"""Making the cache's last tier: files in the cache folder, or what a plugin offers."""

from __future__ import annotations

from weft.cache import CacheBackend
from weft.disk import DiskTier
from weft.errors import PluginError, WeftError
from weft.files import cache_dir
from weft.offers import find_offer

FILES = "disk"  # Weft's own


def make_backend(name: str, budget: int) -> CacheBackend | None:
    """The backend of that name, on the cache folder; None where its budget is nothing.

    budget: most bytes to keep. Raises InputError where nobody offers that name, and PluginError
    where what is offered cannot be made.
    """
    if budget <= 0:
        return None
    if name == FILES:  # as it is offered, without asking who offers what
        return DiskTier(cache_dir(), budget)
    offer = find_offer("cache_backends", name)
    try:
        made = offer.function()(cache_dir(), budget)
    except WeftError:
        raise
    except Exception as error:
        raise PluginError(f"{offer}: {type(error).__name__}: {error}") from error
    if not isinstance(made, CacheBackend):
        raise PluginError(f"{offer}: expected a CacheBackend, got a {type(made).__name__}")
    return made
