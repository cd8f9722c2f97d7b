"""The pages for people: the editor, and what it is made of. Not of the interface for programs."""

from __future__ import annotations

import asyncio

from aiohttp import web

from weft_web.api import keys
from weft_web.api.routes.files import FOREVER
from weft_web.api.routes.nodes import matches
from weft_web.api.static import StaticFile
from weft_web.errors import not_found
from weft_web.security.headers import CONTENT_POLICY
from weft_web.security.pages import unbuilt_page

ASKED_EACH_TIME = "private, no-cache"


async def editor_page(request: web.Request) -> web.StreamResponse:
    """The editor; where it is not built, a page that says how to build it."""
    page = await asyncio.to_thread(request.app[keys.EDITOR].page)
    return unbuilt_page() if page is None else built(request, page, ASKED_EACH_TIME)


async def editor_icon(request: web.Request) -> web.StreamResponse:
    """The editor's icon."""
    icon = await asyncio.to_thread(request.app[keys.EDITOR].icon)
    if icon is None:
        raise not_found("file", "icon.svg")
    return built(request, icon, ASKED_EACH_TIME)


async def editor_asset(request: web.Request) -> web.StreamResponse:
    """A script, a style sheet or a picture of the editor."""
    name = request.match_info["name"]
    asset = await asyncio.to_thread(request.app[keys.EDITOR].asset, name)
    if asset is None:
        raise not_found("file", name)
    return built(request, asset, FOREVER)


async def plugin_file(request: web.Request) -> web.StreamResponse:
    """A file that a plugin brings for the editor."""
    plugin, digest, name = (request.match_info[one] for one in ("plugin", "digest", "path"))
    file = await asyncio.to_thread(request.app[keys.EXTENSIONS].file, plugin, digest, name)
    if file is None:
        raise not_found("file", name)
    response = built(request, file, FOREVER)
    # Loaded by the editor it is what it is; opened by itself, as a picture may be, it is nothing.
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    return response


def built(request: web.Request, file: StaticFile, cache: str) -> web.Response:
    """A file as an answer: not at all where the client has it, compressed where it can unpack."""
    response = web.Response(headers={"Cache-Control": cache, "Vary": "Accept-Encoding"})
    response.etag = file.digest
    if matches(request, file.digest):
        response.set_status(304)
        return response
    if file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.body = file.packed
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.body = file.content
    response.content_type = file.mime
    if file.mime.startswith("text/"):
        response.charset = "utf-8"
    return response


def page_routes() -> list[web.RouteDef]:
    """The routes of the pages, but for those to sign in and out."""
    return [
        web.get("/", editor_page),
        web.get("/icon.svg", editor_icon),
        web.get("/assets/{name}", editor_asset),
        web.get("/ext/{plugin}/{digest}/{path:.+}", plugin_file),
    ]
