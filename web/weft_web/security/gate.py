"""What every request passes before a handler sees it. Deny by default.

    well formed? -> Host known? -> not from another site? -> signed in? -> not too often?
     400, 415         403               403                   401            429

Names are compared, never resolved: a page that rebinds its own name to this machine still sends
that name as Host. Nothing that a proxy may add (X-Forwarded-...) is believed.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from time import monotonic

from aiohttp import web
from aiohttp.typedefs import Middleware

from weft import InputError
from weft_web.errors import ApiError
from weft_web.security.pages import continue_page, sign_in_page
from weft_web.settings import LOOPBACK, Settings

PUBLIC = frozenset({"/healthz", "/signin"})
LIMITED = frozenset({("POST", "/api/jobs")})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_CLIENTS = 4096  # addresses whose rate is remembered

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Secret:
    """The server's token, and the cookie that stands for it in a browser."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        # A cookie may be read off a screen or a profile's folder; it opens this, but is not the
        # token, and ends with it.
        self._session = hmac(self._token, b"weft session", sha256).hexdigest().encode()
        # Cookies know no ports: servers on one machine would sign each other's browsers out.
        name = hmac(self._token, b"weft cookie", sha256).hexdigest()[:8]
        self.cookie = f"weft_session_{name}"

    def is_token(self, value: str) -> bool:
        """Whether this is the token; takes equally long for every wrong one."""
        return compare_digest(value.encode("utf-8", "surrogateescape"), self._token)

    def is_session(self, value: str) -> bool:
        """Whether this is the cookie's value."""
        return compare_digest(value.encode("utf-8", "surrogateescape"), self._session)

    def set_cookie(self, request: web.Request, response: web.StreamResponse) -> None:
        """Sign a browser in."""
        response.set_cookie(
            self.cookie, self._session.decode(), path="/", httponly=True, samesite="Strict",
            secure=request.secure,
        )  # fmt: skip

    def del_cookie(self, response: web.StreamResponse) -> None:
        """Sign a browser out."""
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Strict")

    def admits(self, request: web.Request) -> bool:
        """Whether the request carries the token, or the cookie and no other credentials."""
        given = request.headers.getall("Authorization", [])
        if given:
            scheme, _, value = given[0].partition(" ")
            return len(given) == 1 and scheme.lower() == "bearer" and self.is_token(value.strip())
        return self.is_session(request.cookies.get(self.cookie, ""))


def gate(settings: Settings) -> list[Middleware]:
    """The middlewares, first one outermost. Raises ValueError where the settings have no token."""
    if settings.token is None:
        raise ValueError("a server needs a token: call Settings.checked() first")
    guard = _Guard(settings, Secret(settings.token))
    return [guard.host, guard.site, guard.sign_in, guard.rate]


class _Guard:
    def __init__(self, settings: Settings, secret: Secret) -> None:
        self._names = allowed_hosts(settings)
        self._secret = secret
        self._buckets = Buckets(settings.limits.submits_per_second, settings.limits.submit_burst)

    @web.middleware
    async def host(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a request that was not meant for this server."""
        # `GET http://other/ HTTP/1.1` names a host besides the one in the header.
        if not request.raw_path.startswith("/"):
            raise ApiError(400, "bad_request", "expected a path that begins with '/'")
        # aiohttp unpacks what came packed: a small body would become a large one.
        encoding = request.headers.get("Content-Encoding", "identity")
        if encoding.lower() != "identity":
            raise ApiError(
                415, "unsupported_media_type",
                f"expected a body that is not compressed, got {ascii(encoding)[:100]}",
            )  # fmt: skip
        hosts = request.headers.getall("Host", [])
        name = host_name(hosts[0]) if len(hosts) == 1 else None
        if name is None or name not in self._names:
            shown = ascii(hosts[0])[:100] if hosts else "none"
            raise ApiError(
                403, "host_refused",
                f"this server does not go by the Host it was asked for: {shown}; the setting "
                "`hosts` gives it further names",
            )  # fmt: skip
        return await handler(request)

    @web.middleware
    async def site(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what a page of another site makes a browser send."""
        reason = cross_site(request)
        if reason is not None:
            raise ApiError(
                403, "cross_site", f"the request seems to come from another site: {reason}"
            )
        return await handler(request)

    @web.middleware
    async def sign_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse whoever has neither the token nor the cookie, but on the public routes."""
        if _route(request) in PUBLIC:
            return await handler(request)
        if request.path == "/" and request.method == "GET" and "token" in request.query:
            return self._by_link(request)
        if self._secret.admits(request):
            return await handler(request)
        if _wants_page(request):
            return sign_in_page(401)
        raise ApiError(
            401, "unauthorized",
            "expected the server's token, as `Authorization: Bearer ...`, or a browser that is "
            "signed in",
            headers={"WWW-Authenticate": 'Bearer realm="weft"'},
        )  # fmt: skip

    def _by_link(self, request: web.Request) -> web.StreamResponse:
        given = request.query.getall("token")
        if len(given) != 1 or not self._secret.is_token(given[0]):
            return sign_in_page(401, "The link's token is not this server's. Was it restarted?")
        # Where a link on another site led here, the browser keeps the cookie from the redirect.
        if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            response: web.Response = web.Response(status=303, headers={"Location": "/"})
        else:
            response = continue_page()
        self._secret.set_cookie(request, response)
        return response

    @web.middleware
    async def rate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a client that submits faster than it may."""
        if (request.method, _route(request)) in LIMITED:
            wait = self._buckets.take(client(request))
            if wait > 0:
                raise ApiError(
                    429, "rate_limited", f"too many submissions; try again in {wait:.1f} seconds",
                    headers={"Retry-After": str(int(wait) + 1)},
                )  # fmt: skip
        return await handler(request)


def _route(request: web.Request) -> str | None:
    """The path of the route that matched, not the one that was asked for."""
    resource = request.match_info.route.resource
    return None if resource is None else resource.canonical


def _wants_page(request: web.Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """The names and addresses that a request's Host may have.

    Raises InputError for one that no request could ever have.
    """
    names = {*LOOPBACK}
    for name in settings.hosts:
        known = host_name(f"[{name}]" if name.count(":") > 1 and "[" not in name else name)
        if known is None:
            raise InputError(
                f"{name!r} cannot be a server's name; expected one such as 'a.example'"
            )
        names.add(known)
    try:
        if not ipaddress.ip_address(settings.host).is_unspecified:
            names.add(settings.host)
    except ValueError:
        names.add(settings.host)
    return frozenset(_canonical(name) for name in names)


def host_name(host: str) -> str | None:
    """The name in a Host header, without its port; None where it is not well formed."""
    match = _HOST.fullmatch(host)
    if match is None or int(match[2] or 0) > 65535:
        return None
    return _canonical(match[1])


def _canonical(name: str) -> str:
    name = name.strip("[]").lower()
    try:
        # Only ::1 in its many spellings becomes one; ipaddress refuses 127.1, 0x7f.1 and 017.0.0.1.
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def cross_site(request: web.Request) -> str | None:
    """Why a request may be the doing of another site's page; None where it cannot be.

    What changes nothing may be sent by any page only as a navigation, whose answer that page
    cannot read. The rest, and every WebSocket, has to come from this server's own pages, or from
    a program: something that sends neither these headers nor a cookie by itself.
    """
    site = request.headers.get("Sec-Fetch-Site")
    safe = request.method in SAFE and "Upgrade" not in request.headers
    if site is not None and site not in ("same-origin", "none"):
        navigation = request.headers.get("Sec-Fetch-Mode") == "navigate"
        return None if safe and navigation else f"Sec-Fetch-Site is {ascii(site)[:40]}"
    if safe:
        return None
    origin = request.headers.get("Origin")
    if origin == "null" and site == "same-origin":
        return None  # a form of our own pages: they say no-referrer, which hides the origin too
    if origin is not None:
        return None if _same_origin(origin, request) else f"Origin is {ascii(origin)[:100]}"
    if site is None and "Cookie" in request.headers:
        return "it carries a cookie, but neither Sec-Fetch-Site nor Origin"
    return None


def _same_origin(origin: str, request: web.Request) -> bool:
    # The scheme is the proxy's matter: the server behind it does not know which one was used.
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.lower() == request.headers["Host"].lower()


def client(request: web.Request) -> str:
    """Who a rate is counted for: the address; of IPv6 the network, as one machine has many."""
    address = request.remote or ""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is None:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return address


class Buckets:
    """A token bucket per client: `burst` at once, then `rate` a second. Bounded in memory."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = monotonic) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> float:
        """Take one. The seconds to wait where there is none; 0 where it was taken."""
        now = self._now()
        left, since = self._known.pop(who, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._known[who] = (left if wait else left - 1, now)
        if len(self._known) > MAX_CLIENTS:
            self._known.popitem(last=False)
        return wait
