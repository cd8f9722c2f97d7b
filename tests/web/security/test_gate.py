"""Nothing is answered without a token (S1), under another name or for another site (S2)."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Coroutine
from itertools import product
from typing import Any

import pytest
from aiohttp import web

from web.security.serving import (
    BEARER,
    CHANGES,
    COOKIE,
    TOKEN,
    WRONG,
    Line,
    serve,
    settings,
    signed_in,
    small_app,
)
from weft import InputError
from weft_web.security.gate import Buckets, Secret, allowed_hosts, client, gate
from weft_web.settings import Limits, Settings


def with_server(
    work: Callable[[Line, web.Application], Coroutine[Any, Any, None]], **more: Any
) -> None:
    """Run something against a small server."""

    async def main() -> None:
        app = small_app(settings(**more))
        async with serve(app) as line:
            await work(line, app)

    asyncio.run(main())


# --- the token ----------------------------------------------------------------------------------

REFUSED_CREDENTIALS: list[dict[str, str]] = [
    {},
    {"Authorization": f"Bearer {WRONG}"},
    {"Authorization": f"Bearer {TOKEN}x"},
    {"Authorization": f"Bearer {TOKEN[:-1]}"},
    {"Authorization": f"Bearer {TOKEN.upper()}"},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": TOKEN},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": "Bearer \u00e4\udcff"},
    {"Cookie": f"{COOKIE}={TOKEN}"},  # the token is no cookie
    {"Cookie": f"{COOKIE}="},
    {"Cookie": f"{COOKIE}=\u00e4"},
    {"Cookie": COOKIE},
    {"X-Token": TOKEN},
]


@pytest.mark.parametrize("credentials", REFUSED_CREDENTIALS)
def test_no_route_answers_without_the_token(credentials: dict[str, str]) -> None:
    async def work(line: Line, app: web.Application) -> None:
        asked = 0
        for route in app.router.routes():
            path = route.resource.canonical if route.resource else ""
            if path in ("/healthz", "/signin"):
                continue
            method = "GET" if route.method == "*" else route.method
            answer = await line.ask(method, path, credentials)
            assert answer.status in (401, 403), (method, path)
            if method != "HEAD":
                assert json.loads(answer.body)["error"]["code"] in ("unauthorized", "cross_site")
            asked += 1
        for path in (
            "/nothing",
            "/api",
            "//signin",
            "/healthz/",
            "/signin/..%2fapi",
            "/%68ealthzz",
        ):
            assert (await line.ask("GET", path, credentials)).status == 401
        assert asked >= 9
        assert app[CHANGES] == []

    with_server(work)


def test_the_token_opens_and_so_does_its_cookie() -> None:
    async def work(line: Line, app: web.Application) -> None:
        assert (await line.ask("GET", "/api/jobs", BEARER)).status == 200
        assert (
            await line.ask("GET", "/api/jobs", {"authorization": f"bearer {TOKEN}"})
        ).status == 200
        cookie = await signed_in(line)
        assert TOKEN not in cookie["Cookie"]
        assert (await line.ask("GET", "/api/jobs", cookie)).status == 200
        # Wrong credentials are wrong, whatever else there is.
        both = {**cookie, "Authorization": f"Bearer {WRONG}"}
        assert (await line.ask("GET", "/api/jobs", both)).status == 401

    with_server(work)


def test_the_public_routes_are_two() -> None:
    async def work(line: Line, app: web.Application) -> None:
        assert (await line.ask("GET", "/healthz")).status == 200
        answer = await line.ask("GET", "/signin")
        assert answer.status == 200
        assert "<form" in answer.body
        assert "<script" not in answer.body
        assert "script-src" not in answer.headers["content-security-policy"]

    with_server(work)


def test_a_browser_gets_the_page_to_sign_in_and_a_program_json() -> None:
    async def work(line: Line, app: web.Application) -> None:
        page = await line.ask("GET", "/", {"Accept": "text/html,*/*"})
        assert (page.status, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert "<form" in page.body
        answer = await line.ask("GET", "/", {"Accept": "*/*"})
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert json.loads(answer.body)["error"]["code"] == "unauthorized"

    with_server(work)


def test_a_link_signs_in_and_leaves_no_token_behind() -> None:
    async def work(line: Line, app: web.Application) -> None:
        answer = await line.ask("GET", f"/?token={TOKEN}")
        assert (answer.status, answer.headers["location"]) == (303, "/")
        (cookie,) = answer.cookies
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/" in cookie
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        # From a link in somebody's mail the browser would not send the cookie after a redirect.
        foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        page = await line.ask("GET", f"/?token={TOKEN}", foreign)
        assert page.status == 200
        assert 'url=/"' in page.body
        assert page.cookies
        for query in (f"token={WRONG}", "token=", f"token={TOKEN}&token={WRONG}", "token=%ff"):
            wrong = await line.ask("GET", f"/?{query}")
            assert (wrong.status, wrong.cookies) == (401, ())
        assert (await line.ask("GET", f"/api/jobs?token={TOKEN}")).status == 401

    with_server(work)


def test_the_form_signs_in_and_out() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}

    async def work(line: Line, app: web.Application) -> None:
        good = await line.ask("POST", "/signin", form, f"token={TOKEN}".encode())
        assert (good.status, good.headers["location"]) == (303, "/")
        cookie = {"Cookie": good.cookies[0].partition(";")[0]}
        assert (await line.ask("GET", "/api/jobs", cookie)).status == 200
        bad = [f"token={WRONG}", "token=", "other=1", f"token={TOKEN}&token=2", "token=<script>"]
        for body in bad:
            answer = await line.ask("POST", "/signin", form, body.encode())
            assert (answer.status, answer.cookies) == (401, ())
            assert "<script" not in answer.body
        for raw in (b"", b"\xff=\xfe", b"%", b"a&b", b"&".join([b"a=1"] * 9)):
            assert (await line.ask("POST", "/signin", form, raw)).status in (400, 401)
        assert (await line.ask("POST", "/signin", form, b"a" * 5000)).status == 413
        assert (await line.ask("POST", "/signin", {}, b"{}")).status == 415
        foreign = {**form, "Sec-Fetch-Site": "cross-site"}
        answer = await line.ask("POST", "/signin", foreign, f"token={TOKEN}".encode())
        assert (answer.status, answer.cookies) == (403, ())
        out = await line.ask("POST", "/signout", {**form, **cookie})
        assert (out.status, out.headers["location"]) == (303, "/signin")
        assert "Max-Age=0" in out.cookies[0]
        foreign = {**cookie, "Sec-Fetch-Site": "same-site"}
        assert (await line.ask("POST", "/signout", foreign)).status == 403

    with_server(work)


def test_settings_without_a_token_make_no_gate() -> None:
    with pytest.raises(ValueError, match="token"):
        gate(Settings())


def test_another_token_ends_the_sessions() -> None:
    one, other = Secret(TOKEN), Secret(WRONG)
    response = web.Response()
    one.set_cookie(_request(), response)
    value = response.cookies[one.cookie].value
    assert one.is_session(value)
    assert not other.is_session(value)
    assert not one.is_token(value)


def test_servers_on_one_machine_do_not_sign_each_other_out() -> None:
    async def work(line: Line, app: web.Application) -> None:
        mine = (await signed_in(line))["Cookie"]
        other = Secret(WRONG)
        response = web.Response()
        other.set_cookie(_request(), response)
        theirs = f"{other.cookie}={response.cookies[other.cookie].value}"
        assert mine.partition("=")[0] != other.cookie
        both = {"Cookie": f"{mine}; {theirs}"}
        assert (await line.ask("GET", "/api/jobs", both)).status == 200
        out = await line.ask("POST", "/signout", {**both, "Sec-Fetch-Site": "same-origin"})
        assert [one.partition("=")[0] for one in out.cookies] == [mine.partition("=")[0]]

    with_server(work)


def _request() -> Any:
    from aiohttp.test_utils import make_mocked_request

    return make_mocked_request("GET", "/")


# --- the name (S2) ------------------------------------------------------------------------------

GOOD_HOSTS = [
    "localhost", "LOCALHOST", "localhost:8320", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8320",
    "[0:0:0:0:0:0:0:1]", "studio.example", "studio.example:443", "192.0.2.7",
]  # fmt: skip
BAD_HOSTS = [
    None, "", " ", "evil.example", "evil.example:8320", "localhost.evil.example", "localhost.",
    "evil-localhost", "127.0.0.1.nip.io", "127.0.0.1.", "127.1", "2130706433", "0x7f000001",
    "0177.0.0.1", "127.0.0.2", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[::1%25lo]", "::1",
    "169.254.169.254", "192.168.0.1", "10.0.0.1", "sub.localhost", "studio.example.evil.example",
    "xn--lcalhost-n4a", "localhost@evil.example", "evil.example#localhost", "localhost/evil",
    "localhost:evil", "localhost:99999", "localhost:-1", "localhost:80:80", "localhost evil",
    "localhost,evil.example", "l\u00f6calhost", "*", "null", "file://", "studio.example.",
]  # fmt: skip


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where anything is looked up."""

    def looked_up(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"looked up {args}")

    for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo", "getfqdn"):
        monkeypatch.setattr(f"socket.{name}", looked_up)


@pytest.mark.usefixtures("no_names")
def test_forty_hosts_are_refused_without_asking_anybody() -> None:
    assert len(BAD_HOSTS) == 40

    async def work(line: Line, app: web.Application) -> None:
        body = b'{"a": 1}'
        post = {**BEARER, "Content-Type": "application/json"}
        for host in BAD_HOSTS:
            answer = await line.ask("POST", "/api/jobs", post, body, host=host)
            assert answer.status in (400, 403), host
            answer = await line.ask("GET", "/healthz", host=host)
            assert answer.status in (400, 403), host
            assert TOKEN not in answer.body
        two = [("Host", "localhost"), ("Host", "evil.example"), *BEARER.items()]
        assert (await line.ask("GET", "/api/jobs", two, host=None)).status in (400, 403)
        absolute = await line.ask("GET", "http://evil.example/api/jobs", BEARER)
        assert absolute.status == 400
        assert app[CHANGES] == []
        for host in GOOD_HOSTS:
            answer = await line.ask("POST", "/api/jobs", post, body, host=host)
            assert answer.status == 202, host

    with_server(work, hosts=("studio.example", "192.0.2.7"))


def test_the_address_listened_on_is_a_name_but_not_any_address() -> None:
    assert "10.1.2.3" in allowed_hosts(settings(host="10.1.2.3"))
    assert "::1" in allowed_hosts(settings(host="::1"))
    assert allowed_hosts(settings(host="0.0.0.0")) == allowed_hosts(settings())
    assert allowed_hosts(settings(host="::")) == allowed_hosts(settings())


@pytest.mark.parametrize(
    ("given", "known"),
    [("Studio.Example", "studio.example"), ("a.example:80", "a.example"), ("fd00::0:7", "fd00::7"),
     ("[fd00::7]:80", "fd00::7"), ("10.0.0.7", "10.0.0.7")],
)  # fmt: skip
def test_names_may_be_given_as_people_write_them(given: str, known: str) -> None:
    assert allowed_hosts(settings(hosts=(given,))) == {*allowed_hosts(settings()), known}


@pytest.mark.parametrize("name", ["", "*", "http://a.example", "a.example/", "a b", "a:b"])
def test_what_no_request_could_ask_for_is_no_name(name: str) -> None:
    with pytest.raises(InputError, match="cannot be a server's name"):
        allowed_hosts(settings(hosts=(name,)))


def test_a_body_has_to_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft_web.security.bodies.BODY_SECONDS", 0.2)

    async def work(line: Line, app: web.Application) -> None:
        for length in (10, 10_000_000):
            head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
            head += f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\r\n"
            answer = await line.another().send(head.encode() + b"{")
            assert answer.status == 408
            assert json.loads(answer.body)["error"]["code"] == "too_slow"
        assert app[CHANGES] == []

    with_server(work)


# --- the site (S2) ------------------------------------------------------------------------------

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
SITES = [None, "same-origin", "none", "same-site", "cross-site"]
ORIGINS = [
    None, "http://localhost:8320", "https://localhost:8320", "http://localhost",
    "http://localhost:9999", "https://evil.example", "null", "http://localhost:8320.evil.example",
]  # fmt: skip
TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", None]
OWN = {"http://localhost:8320", "https://localhost:8320"}


@pytest.mark.parametrize("how", ["cookie", "bearer", "nothing"])
def test_only_our_own_pages_and_programs_change_anything(how: str) -> None:
    combinations = list(product(METHODS, SITES, ORIGINS, TYPES))
    assert len(combinations) == 1120

    async def work(line: Line, app: web.Application) -> None:
        credentials = {"cookie": await signed_in(line), "bearer": BEARER, "nothing": {}}[how]
        for method, site, origin, kind in combinations:
            headers = dict(credentials)
            headers |= {"Sec-Fetch-Site": site} if site else {}
            headers |= {"Origin": origin} if origin else {}
            headers |= {"Content-Type": kind} if kind else {}
            app[CHANGES].clear()
            answer = await line.ask(
                method, "/api/jobs", headers, b'{"a": 1}', host="localhost:8320"
            )
            assert answer.status < 500
            assert not any(name.startswith("access-control") for name in answer.headers)
            unsafe = method in METHODS[3:]
            allowed = (
                unsafe
                and how != "nothing"
                and site in (None, "same-origin", "none")
                and (origin in {None, *OWN} or (origin == "null" and site == "same-origin"))
                and not (how == "cookie" and site is None and origin is None)
                and (method != "POST" or kind == "application/json")
            )
            assert bool(app[CHANGES]) == allowed, (method, site, origin, kind)
            if unsafe and not allowed:
                assert answer.status in (401, 403, 415)

    with_server(work)


def test_the_form_to_sign_in_is_taken_as_browsers_send_it() -> None:
    # A form of a page with `Referrer-Policy: no-referrer` has the Origin "null", even to its own
    # server; so the page says another one, as over plain HTTP nothing else tells who sends.
    browser = {
        "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Origin": "null",
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip

    async def work(line: Line, app: web.Application) -> None:
        page = await line.ask("GET", "/signin")
        assert page.headers["referrer-policy"] == "same-origin"
        assert (await line.ask("GET", "/", BEARER)).headers["referrer-policy"] == "no-referrer"
        answer = await line.ask("POST", "/signin", browser, f"token={TOKEN}".encode())
        assert (answer.status, len(answer.cookies)) == (303, 1)
        for site in (None, "none", "same-site", "cross-site"):
            sent = {**browser, "Sec-Fetch-Site": site or ""}
            if site is None:
                del sent["Sec-Fetch-Site"]
            answer = await line.ask("POST", "/signin", sent, f"token={TOKEN}".encode())
            assert (answer.status, answer.cookies) == (403, ())

    with_server(work)


def test_a_cross_site_page_reads_nothing_but_may_link() -> None:
    async def work(line: Line, app: web.Application) -> None:
        for site in ("same-site", "cross-site"):
            headers = {**BEARER, "Sec-Fetch-Site": site}
            for mode in ("no-cors", "cors", "websocket"):
                answer = await line.ask("GET", "/api/jobs", {**headers, "Sec-Fetch-Mode": mode})
                assert answer.status == 403
            answer = await line.ask("GET", "/", {**headers, "Sec-Fetch-Mode": "navigate"})
            assert answer.status == 200

    with_server(work)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"Origin": "http://localhost:8320"}, 101),
        ({"Origin": "http://localhost:8320", "Sec-Fetch-Site": "same-origin"}, 101),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:9999"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:9999", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost:8320", "Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 403),
    ],
)
def test_a_websocket_is_for_our_own_pages(more: dict[str, str], status: int) -> None:
    upgrade = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip

    async def work(line: Line, app: web.Application) -> None:
        cookie = await signed_in(line)
        headers = {**upgrade, **cookie, **more}
        answer = await line.ask("GET", "/api/ws", headers, host="localhost:8320")
        assert answer.status == status
        assert bool(app[CHANGES]) == (status == 101)
        program = await line.another().ask("GET", "/api/ws", {**upgrade, **BEARER})
        assert program.status == 101

    with_server(work)


# --- the rest -----------------------------------------------------------------------------------


def test_a_packed_body_is_refused() -> None:
    async def work(line: Line, app: web.Application) -> None:
        body = gzip.compress(b'{"a": "' + b"0" * 10_000_000 + b'"}')
        for encoding in ("gzip", "deflate", "br", "zstd", "x"):
            headers = {**BEARER, "Content-Type": "application/json", "Content-Encoding": encoding}
            answer = await line.another().ask("POST", "/api/jobs", headers, body)
            assert answer.status == 415
        assert app[CHANGES] == []

    with_server(work)


def test_submissions_have_a_rate() -> None:
    async def work(line: Line, app: web.Application) -> None:
        headers = {**BEARER, "Content-Type": "application/json"}
        codes = [(await line.ask("POST", "/api/jobs", headers, b"{}")).status for _ in range(7)]
        assert codes == [202] * 5 + [429] * 2
        answer = await line.ask("POST", "/api/jobs", headers, b"{}")
        assert int(answer.headers["retry-after"]) >= 1
        assert (await line.ask("GET", "/api/jobs", BEARER)).status == 200

    with_server(work, limits=Limits(submits_per_second=0.001, submit_burst=5))


def test_a_bucket_fills_again_and_remembers_a_bounded_number() -> None:
    now = 0.0
    buckets = Buckets(2.0, 3, lambda: now)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    now = 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0, 0.5]
    now = 100.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    for number in range(10_000):
        buckets.take(str(number))
    assert len(buckets._known) <= 4096


@pytest.mark.parametrize(
    ("remote", "who"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:9::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_client_is_an_address_or_its_network(remote: str, who: str) -> None:
    request = _request().clone(remote=remote)
    assert client(request) == who


def test_every_answer_carries_the_headers() -> None:
    async def work(line: Line, app: web.Application) -> None:
        asked = [
            await line.ask("GET", "/api/jobs", BEARER),
            await line.ask("GET", "/api/jobs"),
            await line.ask("GET", "/nothing", BEARER),
            await line.ask("TRACE", "/api/jobs", BEARER),
            await line.ask("GET", "/", {"Accept": "text/html"}),
            await line.ask("GET", "/healthz", host="evil.example"),
            await line.ask("GET", "/signin"),
        ]
        for answer in asked:
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["cross-origin-opener-policy"] == "same-origin"
            assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["server"] == "weft"
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
        assert "script-src 'self'" in asked[0].headers["content-security-policy"]

    with_server(work)
