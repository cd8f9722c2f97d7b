"""Where the server itself may send something: webhooks, to public addresses only.

A job's webhook is an address that a client chose, called from where the server stands: behind
firewalls, beside other services, near a cloud's metadata. So the address is checked, and what it
resolves to is checked again at the moment of connecting, which a name that changes its mind
(rebinding) cannot get around. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from weft_web.errors import ApiError

SECONDS = 10
MAX_URL = 2000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Public by number, but a cloud's own: Azure's and Oracle's services for the machine.
METADATA = frozenset(ipaddress.ip_address(one) for one in ("168.63.129.16", "192.0.0.192"))
# IPv6 networks whose addresses carry an IPv4 address, and how far from its end.
_CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("::/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")


class RefusedAddressError(OSError):
    """A name resolved to an address that is not public."""


def check_target(url: str, allowed: Collection[str] = ()) -> URL:
    """The URL of a webhook, in its one canonical spelling. Resolves nothing.

    allowed: hosts, or `host:port`, that may be called although they are not public.
    Raises ApiError 422 for what is no http or https URL, or names what is not public.
    """
    if len(url) > MAX_URL or not url.isascii() or any(one <= " " or one == "\\" for one in url):
        raise _refused(f"expected an http or https URL of at most {MAX_URL} plain characters")
    try:
        target = URL(url)
        port, host = target.port, (target.host or "").rstrip(".").lower()
    except ValueError as error:
        raise _refused("expected an http or https URL") from error
    if target.scheme not in ("http", "https") or not host or not port:
        raise _refused("expected an http or https URL with a host")
    if target.user is not None or target.password is not None:
        raise _refused("a user and a password in the URL are not taken")
    if not is_allowed(host, port, allowed):
        _check_host(host)
    return target.with_fragment(None)


def is_allowed(host: str, port: int, allowed: Collection[str]) -> bool:
    """Whether the settings name this host, or this host with this port."""
    shown = f"[{host}]" if ":" in host else host
    return not {host, shown, f"{shown}:{port}"}.isdisjoint(one.lower() for one in allowed)


def _check_host(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # 2130706433, 0x7f.1, 017700000001: numbers to the system's resolver, names to us.
        last = host.rpartition(".")[2]
        if not last or last.isdigit() or last.startswith("0x"):
            raise _refused(f"{host!r} is no address in its usual spelling") from None
        if any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES):
            raise _refused(f"{host!r} is not public") from None
        return
    if not is_public(address):
        raise _refused(f"{host!r} is not public")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also by the IPv4 address it carries."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        for network, shift in _CARRIERS:
            if address in network:
                inner = ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)
                return int(address) > 0xFFFF and is_public(inner)
        if address.teredo is not None:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and address not in METADATA
    )


def open_session(
    allowed: Collection[str] = (), resolver: AbstractResolver | None = None
) -> ClientSession:
    """A client session that connects to public addresses only, and to what is allowed.

    To be closed by the caller. Give it URLs from `check_target`, `allow_redirects=False`, and
    read no answer's body: only its status is of interest.
    """
    connector = TCPConnector(
        resolver=PublicResolver(allowed, resolver),
        use_dns_cache=False,  # every connection is checked, none by an earlier answer
        force_close=True,
        limit=16,
        limit_per_host=4,
    )
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=SECONDS, connect=SECONDS / 2),
        trust_env=False,
        auto_decompress=False,
        headers={"User-Agent": "weft"},
    )


class PublicResolver(AbstractResolver):
    """Resolves names; one that has an address that is not public is refused as a whole.

    The connector connects to exactly the addresses returned here.
    """

    def __init__(
        self, allowed: Collection[str] = (), resolver: AbstractResolver | None = None
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolver: AbstractResolver | None = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises RefusedAddressError."""
        if self._resolver is None:
            self._resolver = ThreadedResolver(asyncio.get_running_loop())
        found = await self._resolver.resolve(host, port, family)
        if is_allowed(host.rstrip(".").lower(), port, self._allowed):
            return found
        for one in found:
            if not _is_public_text(one["host"]):
                raise RefusedAddressError(f"{host!r} is not public")
        return found

    async def close(self) -> None:
        """Close the resolver inside."""
        if self._resolver is not None:
            await self._resolver.close()


def _is_public_text(address: str) -> bool:
    try:
        return is_public(ipaddress.ip_address(address))
    except ValueError:
        return False


def _refused(why: str) -> ApiError:
    return ApiError(
        422, "webhook_refused",
        f"the webhook is refused: {why}; the setting `webhook_hosts` allows further hosts",
    )  # fmt: skip
