"""What an application holds, by typed keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aiohttp import web

from weft import ModelFolders, Registry
from weft_web.api.catalogue import ServedCatalogue
from weft_web.api.editor import Editor
from weft_web.api.extensions import Extensions
from weft_web.api.intake import Intake
from weft_web.api.templates import Templates
from weft_web.jobs.dispatcher import Dispatcher
from weft_web.jobs.hub import Hub
from weft_web.jobs.submissions import Submissions
from weft_web.settings import Settings
from weft_web.store.blobs import Blobs
from weft_web.store.store import Store
from weft_web.workers.pool import WorkerPool

if TYPE_CHECKING:
    from weft_web.api.plugin_routes import PluginRoutes

SETTINGS = web.AppKey("settings", Settings)
STORE = web.AppKey("store", Store)
BLOBS = web.AppKey("blobs", Blobs)
HUB = web.AppKey("hub", Hub)
POOL = web.AppKey("pool", WorkerPool)
DISPATCHER = web.AppKey("dispatcher", Dispatcher)
SUBMISSIONS = web.AppKey("submissions", Submissions)
REGISTRY = web.AppKey("registry", Registry)
MODELS = web.AppKey("models", ModelFolders)
CATALOGUE = web.AppKey("catalogue", ServedCatalogue)
EDITOR = web.AppKey("editor", Editor)
PLUGIN_ROUTES: web.AppKey[PluginRoutes] = web.AppKey("plugin_routes")
EXTENSIONS = web.AppKey("extensions", Extensions)
INTAKE = web.AppKey("intake", Intake)
TEMPLATES = web.AppKey("templates", Templates)
OPENAPI: web.AppKey[Callable[[], bytes]] = web.AppKey("openapi")
STARTED = web.AppKey("started", float)
