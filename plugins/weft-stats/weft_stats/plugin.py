"""What the plugin contributes: a listener and routes. `weft stats` is an entry point of its own."""

from __future__ import annotations

from weft import hookimpl


@hookimpl
def weft_event_listeners() -> dict[str, str]:
    """What counts the runs."""
    return {"stats/count": "weft_stats.listener:count"}


@hookimpl
def weft_routes() -> dict[str, str]:
    """The statistics as JSON and for Prometheus, under /ext/stats/api."""
    return {"stats/all": "weft_stats.routes:ROUTES"}
