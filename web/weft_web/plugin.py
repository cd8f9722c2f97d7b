"""What the server contributes, by the same door as any plugin."""

from __future__ import annotations

from weft import hookimpl


@hookimpl
def weft_worker_pools() -> dict[str, str]:
    """Processes of this machine, one for each device."""
    return {"local": "weft_web.workers.local:LocalPool"}
