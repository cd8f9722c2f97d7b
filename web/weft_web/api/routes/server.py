"""The server itself: health, devices, models, plugins, the cache, and its own description."""

from __future__ import annotations

import asyncio
import platform
import shutil
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from aiohttp import web

from weft import plugin_reports, safe_mode
from weft_web.api import keys
from weft_web.api.routing import JSON, answer
from weft_web.api.schemas import (
    CacheClear,
    CacheCleared,
    Health,
    PluginList,
    PluginView,
    SystemView,
    WorkerView,
)
from weft_web.workers.pool import AskError, WorkerStatus

PACKAGES = ("weft", "torch", "diffusers", "transformers", "safetensors", "aiohttp", "pydantic")
Condition = Literal["ok", "starting", "paused", "failing"]
PATIENCE_S = 3.0  # for what a busy worker adds to an answer that is of use without it


async def healthz(request: web.Request) -> Health | web.StreamResponse:
    """Say whether the server can run jobs: 503 where it cannot."""
    states = request.app[keys.POOL].status()
    workers: dict[str, str] = {one.name: one.state for one in states}
    health = Health(status=_health(states, request.app[keys.DISPATCHER].paused), workers=workers)
    return answer(health, 503 if health.status == "failing" else 200)


def _health(workers: list[WorkerStatus], paused: str | None) -> Condition:
    states = {one.state for one in workers}
    if not states & {"ready", "starting"}:
        return "failing"
    if paused is not None:
        return "paused"
    return "ok" if "ready" in states else "starting"


async def get_system(request: web.Request) -> SystemView:
    """Look at the machine and the server: devices, memory, disk, cache, versions."""
    app = request.app
    states = app[keys.POOL].status()
    ready = any(one.state == "ready" for one in states)
    told, cache = await asyncio.gather(
        _ask(request, "system", ready), _ask(request, "cache", ready)
    )
    versions = {"python": platform.python_version(), **_versions(), **told.get("versions", {})}
    return SystemView(
        versions=versions,
        uptime=time.monotonic() - app[keys.STARTED],
        safe_mode=safe_mode(),
        paused=app[keys.DISPATCHER].paused,
        queue=await app[keys.STORE].counts(),
        workers=[
            WorkerView(
                name=one.name,
                device=one.device,
                state=one.state,
                pid=one.pid,
                jobs=list(one.jobs),
                restarts=one.restarts,
            )
            for one in states
        ],
        devices=told.get("devices", []),
        memory=told.get("memory", {}),
        disk=await asyncio.to_thread(_disk, str(app[keys.SETTINGS].data_dir)),
        cache=cache,
        clients=app[keys.HUB].clients,
    )


async def _ask(request: web.Request, question: str, ready: bool) -> dict[str, Any]:
    """What a worker says; nothing where none is ready or it takes too long."""
    if not ready:
        return {}
    try:
        found = await request.app[keys.POOL].ask(question, {}, PATIENCE_S)
    except (AskError, TimeoutError):
        return {}
    return found if isinstance(found, dict) else {}


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _disk(folder: str) -> dict[str, int]:
    usage = shutil.disk_usage(folder)
    return {"total": usage.total, "free": usage.free}


async def clear_cache(request: web.Request, body: CacheClear) -> CacheCleared:
    """Forget what the workers computed: one tier of the cache, or all."""
    question = {} if body.tier is None else {"tier": body.tier}
    made = await request.app[keys.POOL].ask("clear_cache", question)
    return CacheCleared(freed=made["freed"])


async def list_plugins(request: web.Request) -> PluginList:
    """List the installed plugins: what each brings, and why any of them failed or stays out."""
    reports = await asyncio.to_thread(plugin_reports, request.app[keys.REGISTRY])
    plugins = [
        PluginView(
            name=one.name,
            distribution=one.distribution,
            version=one.version,
            state=one.state,
            nodes=one.contributes.get("nodes", 0) if one.state == "ok" else 0,
            error=one.reason,
            contributes=dict(one.contributes),
            seconds=one.seconds,
            heavy=list(one.heavy),
            warnings=list(one.warnings),
        )
        for one in reports
    ]
    return PluginList(plugins=plugins)


async def openapi(request: web.Request) -> web.StreamResponse:
    """Describe this interface."""
    return web.Response(
        body=await asyncio.to_thread(request.app[keys.OPENAPI]),
        content_type=JSON,
        headers={"Cache-Control": "no-cache"},
    )
