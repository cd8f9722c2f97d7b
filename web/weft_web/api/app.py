"""The application: its parts, the order in which they start, and how they stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import cache, partial

from aiohttp import web

from weft import Absence, ModelFolders, Registry
from weft_web.api import keys, plugin_routes
from weft_web.api.catalogue import ServedCatalogue
from weft_web.api.editor import Editor
from weft_web.api.extensions import Extensions
from weft_web.api.failures import failures, line_log
from weft_web.api.intake import Intake
from weft_web.api.openapi import document_text
from weft_web.api.routes.pages import page_routes
from weft_web.api.table import ROUTES
from weft_web.api.templates import Templates
from weft_web.jobs.crashes import Crashes
from weft_web.jobs.dispatcher import Dispatcher
from weft_web.jobs.hub import Hub
from weft_web.jobs.ids import new_id
from weft_web.jobs.submissions import Submissions
from weft_web.security.gate import Secret, gate
from weft_web.security.headers import protect
from weft_web.security.signin import signin_routes
from weft_web.settings import Settings
from weft_web.store.store import Store
from weft_web.workers.choose import make_pool
from weft_web.workers.pool import WorkerPool

DRAIN_S = 5.0  # for running jobs to stop at a step


def create_app(
    settings: Settings, *, pool: WorkerPool | None = None, registry: Registry | None = None
) -> web.Application:
    """The server's application. Nothing starts before the application does.

    pool: what runs the jobs; one local process per device where none is given.
    registry: the node types; those of the installed plugins where none is given.
    Raises InputError where the settings would leave the server open.
    """
    settings = settings.checked()
    app = web.Application(
        middlewares=[failures, *gate(settings)], client_max_size=settings.limits.body
    )
    protect(app)
    app[keys.SETTINGS] = settings
    # Made when it is first asked for: it takes as long as all the rest of the start.
    cookie = Secret(settings.token or "").cookie
    describe: Callable[[], bytes] = cache(partial(_document, app, cookie))
    app[keys.OPENAPI] = describe
    for route in ROUTES:
        handler = route.handler()
        app.router.add_route(route.method, route.pattern, handler)
        if route.method == "GET" and route.head:
            app.router.add_route("HEAD", route.pattern, handler)
    # Before the plugins' files, whose pattern fits these paths too.
    for method in plugin_routes.METHODS:
        app.router.add_route(method, plugin_routes.PATTERN, _plugin_route)
    app[keys.EDITOR] = Editor()
    app[keys.TEMPLATES] = Templates()
    app.add_routes(page_routes())
    app.add_routes(signin_routes(settings))
    app.cleanup_ctx.append(
        partial(_parts, make_pool=lambda: pool or make_pool(settings), registry=registry)
    )
    app.on_shutdown.append(_wind_up)
    return app


def make_runner(app: web.Application, patience: float = 3.0) -> web.AppRunner:
    """What serves an application, set up as it has to be.

    patience: seconds for answers that are under way when it stops.
    """
    return web.AppRunner(
        app,
        # No access log: a job a millisecond would be one, and a link to sign in has the token.
        access_log=None,
        logger=line_log,
        handle_signals=False,
        shutdown_timeout=patience,
        # Bodies are bounded as they are sent; what came packed is refused, not unpacked.
        auto_decompress=False,
    )


async def _parts(
    app: web.Application, make_pool: Callable[[], WorkerPool], registry: Registry | None
) -> AsyncIterator[None]:
    """Start every part, and stop them in the other order: the queue, the pool, the store."""
    settings = app[keys.SETTINGS]
    async with AsyncExitStack() as stack:
        app[keys.STARTED] = time.monotonic()
        folder = settings.data_dir
        store = await Store.open(folder, boot=new_id())
        stack.push_async_callback(store.close)
        # The workers take seconds to warm up: they begin as soon as nobody else owns the folder.
        pool = app[keys.POOL] = make_pool()
        await pool.start()
        stack.push_async_callback(pool.close, DRAIN_S)
        if registry is None:
            registry = await asyncio.to_thread(Registry.installed)
        app[keys.REGISTRY] = registry
        app[keys.MODELS] = ModelFolders.default(settings.models, registry.model_folders)
        app[keys.EXTENSIONS] = Extensions(registry.web)
        offers = registry.offers["routes"]
        app[keys.PLUGIN_ROUTES] = await asyncio.to_thread(plugin_routes.PluginRoutes.of, offers)
        served = app[keys.CATALOGUE] = await asyncio.to_thread(ServedCatalogue, registry)
        app[keys.STORE] = store
        blobs = app[keys.BLOBS] = store.blobs
        intake = app[keys.INTAKE] = Intake(folder / "uploads", store, settings.limits)
        intake.prepare()
        hub = app[keys.HUB] = Hub(
            store, clients=settings.limits.clients, client_bytes=settings.limits.client_bytes
        )
        dispatcher = app[keys.DISPATCHER] = Dispatcher(store, pool, blobs, hub, settings)
        app[keys.SUBMISSIONS] = Submissions(
            registry,
            pool,
            store,
            settings.limits,
            app[keys.MODELS],
            webhook_hosts=settings.webhook_hosts,
            on_created=dispatcher.add,
        )

        def leave_out(plugins: dict[str, Absence]) -> None:
            served.renew()
            getattr(pool, "leave_out", lambda plugins: None)(plugins)

        dispatcher.on_crash = Crashes(registry, settings.plugin_crashes, leave_out).note
        stack.push_async_callback(dispatcher.close, DRAIN_S)
        await dispatcher.start()
        yield


def _document(app: web.Application, cookie: str) -> bytes:
    return document_text((*ROUTES, *app[keys.PLUGIN_ROUTES].routes), cookie)


async def _plugin_route(request: web.Request) -> web.StreamResponse:
    return await request.app[keys.PLUGIN_ROUTES].handle(request)


async def _wind_up(app: web.Application) -> None:
    """Start no other job, and tell those who follow events that it is over: answers that are
    under way have some seconds yet, and streams would take them all."""
    with contextlib.suppress(KeyError):  # it never started
        app[keys.DISPATCHER].pause("the server stops")
        app[keys.HUB].close()
