"""Every path that comes from outside goes through the engine's one helper."""

from weft import confined, open_new

__all__ = ["confined", "open_new"]
