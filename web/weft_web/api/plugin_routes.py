"""Routes that plugins bring, under `/ext/PLUGIN/api`.

The server starts to answer before it knows its plugins, so the router has one route for all of
them, and what a path means is looked up here. It stands behind the same checks as every other.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from aiohttp import web

from weft import Offer, PluginError
from weft_web.api.failures import Handler
from weft_web.api.routing import Route
from weft_web.errors import ApiError

log = logging.getLogger("weft.server")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
PATTERN = "/ext/{plugin}/api/{path:.*}"
PREFIX = "/ext/{plugin}/api"
PARTS: web.RequestKey[Mapping[str, str]] = web.RequestKey("plugin_route_parts")


@dataclass(frozen=True, slots=True)
class _Mounted:
    route: Route
    pattern: re.Pattern[str]
    handle: Handler


@dataclass(slots=True)
class PluginRoutes:
    """What plugins bring, mounted. `failed`: why one of them is not, by the offer's name."""

    mounted: list[_Mounted] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, offers: Mapping[str, Offer]) -> PluginRoutes:
        """Import the modules and mount their routes. One that fails costs the others nothing."""
        found = cls()
        for name, offer in offers.items():
            try:
                found.mounted += [_mount(one, offer) for one in _routes(offer)]
            except PluginError as error:
                found.failed[name] = str(error)
                log.warning("%s", error)
        return found

    @property
    def routes(self) -> list[Route]:
        """All of them, with their whole paths, for the OpenAPI document."""
        return [one.route for one in self.mounted]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer as the route that a request is for. Raises ApiError where there is none."""
        allowed = set()
        for one in self.mounted:
            match = one.pattern.fullmatch(request.path)
            if match is None:
                continue
            if one.route.method == request.method or (
                request.method == "HEAD" and one.route.method == "GET" and one.route.head
            ):
                request[PARTS] = match.groupdict()
                return await one.handle(request)
            allowed.add(one.route.method)
        if allowed:
            raise web.HTTPMethodNotAllowed(request.method, sorted(allowed))
        raise ApiError(404, "not_found", f"no plugin has a route {request.path!r:.200}")


def _routes(offer: Offer) -> list[Route]:
    given = offer.load(object)
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, Route) for one in given):
        raise PluginError(f"{offer}: expected {offer.target} to be a list of weft_web.Route")
    for one in given:
        if not one.path.startswith("/") or one.public:
            raise PluginError(
                f"{offer}: {one.path!r}: a path begins with '/', and no route of a plugin is public"
            )
        if one.method not in METHODS:
            raise PluginError(f"{offer}: expected one of {', '.join(METHODS)}, got {one.method!r}")
    return list(given)


def _mount(route: Route, offer: Offer) -> _Mounted:
    path = PREFIX.replace("{plugin}", quote(offer.plugin, safe="")) + route.path
    label = re.sub(r"\W", "_", f"{offer.plugin}_{route.name}")
    whole = replace(route, path=path, tag="plugins", label=label)
    pieces = re.split(r"\{(\w+)\}", path)
    pattern = "".join(
        f"(?P<{piece}>[^/]+)" if index % 2 else re.escape(piece)
        for index, piece in enumerate(pieces)
    )
    return _Mounted(whole, re.compile(pattern), whole.handler(lambda request: request[PARTS]))
