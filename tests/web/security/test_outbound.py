"""The server calls public addresses only, however a URL spells them or a name changes its mind."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import ClientConnectionError, web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from weft_web.errors import ApiError
from weft_web.security.outbound import check_target, open_session

REFUSED = [
    # loopback, in all its spellings
    "http://127.0.0.1/", "http://127.0.0.1:8320/", "http://127.8.9.1/", "http://localhost/",
    "http://LOCALHOST./", "http://a.localhost/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0/",
    "http://0.0.0.0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[0:0:0:0:0:ffff:127.0.0.1]:80/",
    # networks of one's own, and clouds' metadata
    "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/",
    "http://100.100.100.200/", "http://168.63.129.16/", "http://metadata.google.internal/",
    "http://[fd00:ec2::254]/", "http://[fe80::1%25eth0]/", "http://224.0.0.1/", "http://255.255.255.255/",
    # no URL to call
    "file:///etc/passwd", "gopher://example.com/", "http://user:pw@example.com/", "//example.com/",
    "http://example.com\\@127.0.0.1/",
]  # fmt: skip
ACCEPTED = [
    "http://example.com/hook", "https://example.com:8443/a?b=c", "http://93.184.216.34/",
    "https://[2606:2800:220:1:248:1893:25c8:1946]/", "https://hooks.example.com./x",
    "http://1.example/",
]  # fmt: skip


def test_there_are_forty() -> None:
    assert len(REFUSED) == 40


@pytest.mark.parametrize("url", [*REFUSED, "", "http://", "http:///x", "http://x:0/", "http://x:99999/",
                                 "http://exa mple.com/", "http://①②⑦.⓪.⓪.①/", "http://a\nb/",
                                 "http://example.com/" + "x" * 2000])  # fmt: skip
def test_a_target_that_is_not_public_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("looked something up"))
    with pytest.raises(ApiError) as refusal:
        check_target(url)
    assert (refusal.value.status, refusal.value.code) == (422, "webhook_refused")


@pytest.mark.parametrize("url", ACCEPTED)
def test_a_public_target_is_taken(url: str) -> None:
    assert str(check_target(url)) == url
    assert str(check_target(url + "#part")) == url


def test_what_the_settings_name_is_allowed() -> None:
    allowed = ("127.0.0.1:9000", "[::1]:9000", "nas.local", "192.168.1.7")
    for url in ("http://127.0.0.1:9000/x", "http://[::1]:9000/", "http://nas.local:81/"):
        assert str(check_target(url, allowed)) == url
    assert check_target("http://192.168.1.7/", allowed)
    for url in ("http://127.0.0.1:9001/", "http://127.0.0.1/", "http://192.168.1.70/",
                "http://x.nas.local/", "http://[::1]:1/"):  # fmt: skip
        with pytest.raises(ApiError):
            check_target(url, allowed)


class Names(AbstractResolver):
    """Gives each name its addresses in turn, as a rebinding name server does."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host, host=one, port=port, proto=0, flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
            )
            for one in addresses
        ]  # fmt: skip

    async def close(self) -> None:
        pass


def calls(names: Names, url: str, allowed: tuple[str, ...] = (), times: int = 1) -> list[str]:
    """Post to a name; what came of each time, and what a server on this machine was sent."""

    async def main() -> list[str]:
        got: list[str] = []

        async def receive(request: web.Request) -> web.Response:
            got.append(f"received {request.path}")
            return web.Response(status=302, headers={"Location": "/elsewhere"})

        app = web.Application()
        app.router.add_route("*", "/{any:.*}", receive)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        target = url.replace("PORT", str(server.port))
        named = tuple(one.replace("PORT", str(server.port)) for one in allowed)
        async with open_session(named, names) as session:
            for _ in range(times):
                try:
                    async with session.post(
                        check_target(target, named), json={}, allow_redirects=False
                    ) as answer:
                        got.append(str(answer.status))
                except (ClientConnectionError, ApiError) as error:
                    got.append(type(error).__name__)
        await server.close()
        return got

    return asyncio.run(main())


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["0.0.0.0"],
     ["93.184.216.34", "127.0.0.1"], ["fe80::1%2"], ["not an address"]],
)  # fmt: skip
def test_a_name_for_this_machine_is_refused_when_connecting(addresses: list[str]) -> None:
    assert calls(Names(addresses), "http://rebind.example:PORT/") == ["ClientConnectorDNSError"]


def test_a_name_is_checked_again_at_every_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []

    async def refuse(*args: Any, **kwargs: Any) -> Any:
        connected.append(kwargs["addr_infos"][0][4][0])
        raise OSError("no network here")

    monkeypatch.setattr("aiohappyeyeballs.start_connection", refuse)
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    got = calls(names, "http://rebind.example:PORT/", times=3)
    assert got[0] != "302"
    assert got[1:] == ["ClientConnectorDNSError"] * 2
    assert connected == ["93.184.216.34"]
    assert names.asked == 3


def test_a_redirect_is_not_followed_and_an_allowed_host_is_called() -> None:
    names = Names(["127.0.0.1"])
    got = calls(names, "http://nas.local:PORT/hook", ("nas.local:PORT",), times=2)
    assert got == ["received /hook", "302"] * 2
    assert calls(names, "http://127.0.0.1:PORT/hook", ("127.0.0.1:PORT",)) == [
        "received /hook",
        "302",
    ]
    assert calls(names, "http://127.0.0.1:PORT/hook", ("127.0.0.1:1",)) == ["ApiError"]
