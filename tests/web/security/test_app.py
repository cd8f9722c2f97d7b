"""The whole server: no route without a token, none for another site, no way out of a folder, no
content that runs (S1 to S5). What the parts do by themselves, their own tests show.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from core.test_confine import PAYLOADS
from web.live import TOKEN, Serving, serving, settings_for
from web.security.serving import WRONG, Answer, Line
from web.security.test_content import TYPES
from web.stand_in import StandIn
from weft_web.security.gate import Secret
from weft_web.settings import Limits

BEARER = {"Authorization": f"Bearer {TOKEN}"}
JSON = {"Content-Type": "application/json"}
PUBLIC = {"/healthz", "/signin"}
PART = re.compile(r"\{\w+(?::[^}]*)?\}")
SECRET = "what nobody may read"
Work = Callable[[Line, Serving], Coroutine[Any, Any, None]]


def with_server(folder: Path, work: Work, pool: StandIn | None = None, **more: Any) -> None:
    """Run something against the real application."""

    async def main() -> None:
        async with serving(settings_for(folder, **more), pool or StandIn()) as server:
            line = Line(server.port)
            try:
                await work(line, server)
            finally:
                await line.close()

    asyncio.run(main())


def routes(server: Serving) -> list[tuple[str, str]]:
    """Every method and path of the router."""
    found = {(one.method, one.resource.canonical) for one in server.app.router.routes()
             if one.resource is not None}  # fmt: skip
    return sorted(("GET" if method == "*" else method, path) for method, path in found)


def filled(path: str) -> str:
    """A path with something in each of its parts."""
    return PART.sub("a", path)


async def state(line: Line) -> str:
    """All that a request could have changed."""
    parts = []
    for path in ("/api/jobs", "/api/workflows", "/api/uploads", "/api/system"):
        answer = await line.ask("GET", path, BEARER)
        assert answer.status == 200
        data = json.loads(answer.body)
        parts.append(data["paused"] if path == "/api/system" else data)
    return json.dumps(parts)


def picture(color: str = "red") -> bytes:
    """A PNG."""
    target = BytesIO()
    Image.new("RGB", (8, 8), color).save(target, "PNG")
    return target.getvalue()


def hello(**more: Any) -> bytes:
    """A submission."""
    nodes = {"a": {"type": "primitive.text", "version": 1, "values": {"value": "x"}}}
    return json.dumps({"workflow": {"weft": 1, "nodes": nodes}, "targets": ["a"], **more}).encode()


def test_no_route_answers_without_the_token(tmp_path: Path) -> None:
    credentials = [
        {},
        {"Authorization": f"Bearer {WRONG}"},
        {"Cookie": f"{Secret(TOKEN).cookie}={TOKEN}"},
    ]

    async def work(line: Line, server: Serving) -> None:
        found = routes(server)
        assert len(found) >= 40
        before = await state(line)
        public = set()
        for method, path in found:
            for one in credentials:
                answer = await line.ask(method, filled(path), {**one, **JSON}, b"{}")
                if answer.status in (401, 403):
                    assert "content-security-policy" in answer.headers
                else:
                    public.add(path)
        assert public == PUBLIC
        assert await state(line) == before

    with_server(tmp_path, work)


def test_no_other_site_and_no_other_name_changes_anything(tmp_path: Path) -> None:
    foreign: list[tuple[str, dict[str, str]]] = [
        ("localhost", {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}),
        ("localhost", {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"}),
        ("localhost", {"Origin": "https://evil.example"}),
        ("localhost", {"Origin": "null"}),
        ("localhost", {}),
        ("evil.example", {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}),
        ("127.0.0.1.nip.io", {"Sec-Fetch-Site": "none"}),
    ]

    async def work(line: Line, server: Serving) -> None:
        signed_in = await line.ask("GET", f"/?token={TOKEN}")
        cookie = {"Cookie": signed_in.cookies[0].partition(";")[0]}
        for name, content in (("a", picture()), ("b", picture("blue"))):
            path = f"/api/uploads/{name}.png"
            assert (await line.ask("PUT", path, BEARER, content)).status == 201
        assert (await line.ask("POST", "/api/jobs", {**BEARER, **JSON}, hello())).status == 202
        await asyncio.sleep(0.3)  # the job has ended: what changes now, a request changed
        before = await state(line)
        for method, path in routes(server):
            if method in ("GET", "HEAD", "OPTIONS"):
                continue
            for host, headers in foreign:
                sent = {**cookie, **headers, **JSON}
                for body in (hello(), b'{"paused": true}'):
                    answer = await line.ask(method, filled(path), sent, body, host=host)
                    assert answer.status == 403, (method, path, headers)
        upgrade = {
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }  # fmt: skip
        for host, headers in foreign:
            sent = {**cookie, **upgrade, **headers}
            assert (await line.ask("GET", "/api/ws", sent, host=host)).status == 403
        assert await state(line) == before
        own = {**cookie, **JSON, "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        answer = await line.ask("POST", "/api/queue/pause", own, b'{"paused": true}')
        assert answer.status == 200
        assert await state(line) != before

    with_server(tmp_path, work)


def entries(name: str) -> list[tuple[str, str, dict[str, str], bytes]]:
    """A name at every place that takes one: method, path, headers, body."""
    whole = quote(name.encode("utf-8", "surrogatepass"), safe="")
    # As it is, where a request line can hold it: the router then sees its slashes and dots.
    raw = quote(name.encode("utf-8", "surrogatepass"), safe="/\\.:?#&=;@,$!*()~")
    both = [whole, raw]
    load = {"type": "image.load", "version": 1, "values": {"path": name}}
    model = {"type": "model.load_checkpoint", "version": 1, "values": {"file": name}}
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="'
        + name.encode("utf-8", "surrogatepass").replace(b'"', b"%22").replace(b"\n", b"%0A")
        + b'"\r\n\r\n' + picture() + b"\r\n--x--\r\n"
    )  # fmt: skip
    nodes = [{"weft": 1, "nodes": {"a": one}} for one in (load, model)]
    bodies = [json.dumps({"workflow": one, "targets": ["a"]}).encode() for one in nodes]
    move = json.dumps({"name": name, "revision": 1}).encode()
    named = json.dumps({"name": name}).encode()
    save = json.dumps({"workflow": {"weft": 1, "nodes": {}}, "revision": 0}).encode()
    return [
        *[("PUT", f"/api/uploads/{one}", {}, picture()) for one in both],
        *[("GET", f"/api/uploads/{one}", {}, b"") for one in both],
        *[("GET", f"/api/uploads/{one}/thumbnail", {}, b"") for one in both],
        *[("DELETE", f"/api/uploads/{one}", {}, b"") for one in both],
        *[("GET", f"/api/outputs/{one}", {}, b"") for one in both],
        *[("GET", f"/api/workflows/{one}", {}, b"") for one in both],
        *[("PUT", f"/api/workflows/{one}", JSON, save) for one in both],
        ("POST", "/api/uploads", {"Content-Type": "multipart/form-data; boundary=x"}, form),
        ("POST", "/api/workflows/here/rename", JSON, move),
        ("POST", "/api/jobs", JSON, named),
        *[("POST", "/api/jobs", JSON, body) for body in bodies],
        ("GET", f"/api/nodes/{whole}", {}, b""),
    ]


def test_no_name_leads_out_of_a_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in (outside, tmp_path):
        (place / "canary").write_text(SECRET)
    data = tmp_path / "server"

    def seen() -> list[tuple[str, bytes]]:
        found = [one for one in tmp_path.rglob("*") if data not in one.parents and one != data]
        return sorted((str(one), one.read_bytes()) for one in found if one.is_file())

    async def work(line: Line, server: Serving) -> None:
        uploads = data / "uploads"
        (uploads / "out").symlink_to(outside)
        (uploads / "file").symlink_to(outside / "canary")
        (uploads / "dangling").symlink_to(outside / "new")
        (uploads / "circle").symlink_to(uploads / "circle")
        token = (data / "token").read_bytes() if (data / "token").exists() else None
        before = seen()
        asked = 0
        for name in PAYLOADS:
            for method, path, headers, body in entries(name):
                answer = await line.ask(method, path, {**BEARER, **headers}, body)
                assert answer.status < 500, (method, path, answer.body)
                assert SECRET not in answer.body
                assert "root:" not in answer.body
                asked += 1
        assert asked == len(PAYLOADS) * 20
        assert seen() == before
        if token is not None:
            assert (data / "token").read_bytes() == token
        for row in json.loads((await line.ask("GET", "/api/uploads", BEARER)).body)["uploads"]:
            assert (uploads / row["name"]).resolve().parent == uploads.resolve()
            assert not (uploads / row["name"]).is_symlink()
        jobs = json.loads((await line.ask("GET", "/api/jobs", BEARER)).body)["jobs"]
        assert len(jobs) <= 1
        for job in jobs:  # of no name at all the node itself says that it is missing
            detail = json.loads((await line.ask("GET", f"/api/jobs/{job['id']}", BEARER)).body)
            assert detail["workflow"]["nodes"]["a"].get("values", {}).get("path", "") == ""

    with_server(tmp_path, work)


def checked_inert(answer: Answer, shown: str | None) -> None:
    """Fail where a browser could run what it was given."""
    assert answer.status == 200
    assert answer.headers["content-type"] == (shown or "application/octet-stream")
    assert answer.headers["content-disposition"].startswith("inline;" if shown else "attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers


def test_nothing_that_a_job_made_or_a_person_sent_runs(tmp_path: Path) -> None:
    made = tuple(({"name": name, "mime": "text/html"}, content) for content, name, _ in TYPES)

    async def work(line: Line, server: Serving) -> None:
        assert (await line.ask("POST", "/api/jobs", {**BEARER, **JSON}, hello())).status == 202
        for _ in range(200):
            (job,) = json.loads((await line.ask("GET", "/api/jobs", BEARER)).body)["jobs"]
            if job["state"] == "done":
                break
            await asyncio.sleep(0.05)
        assert job["state"] == "done"
        for content, name, shown in TYPES:
            path = f"/api/outputs/{sha256(content).hexdigest()}"
            query = f"?name={quote(name, safe='')}" if name else ""
            checked_inert(await line.ask("GET", path + query, BEARER), shown)
            part = await line.ask("GET", path + query, {**BEARER, "Range": "bytes=0-3"})
            assert part.status in (200, 206, 416)
            assert part.headers["x-content-type-options"] == "nosniff"
            thumbnail = await line.ask("GET", f"{path}/thumbnail", BEARER)
            assert thumbnail.status in (200, 422)
            if thumbnail.status == 200:
                assert thumbnail.headers["content-type"] == "image/webp"
            # Only pictures and videos are taken in, and come back as what was sent.
            sent = await line.ask(
                "PUT", f"/api/uploads/{quote(name or 'x', safe='')}", BEARER, content
            )
            if shown is None or not shown.startswith(("image/", "video/")):
                assert sent.status == 415
                continue
            assert sent.status in (200, 201)
            upload = json.loads(sent.body)
            checked_inert(await line.ask("GET", upload["url"], BEARER), shown)

    with_server(tmp_path, work, StandIn(made=made))


def test_bodies_are_bounded_before_they_are_read(tmp_path: Path) -> None:
    limits = Limits(body=4096, depth=8, nodes=3, upload=4096)
    headers = {**BEARER, **JSON}

    async def work(line: Line, server: Serving) -> None:
        async def post(body: bytes, **more: str) -> int:
            one = Line(server.port)
            try:
                return (await one.ask("POST", "/api/jobs", {**headers, **more}, body)).status
            finally:
                await one.close()

        # The head alone is enough for a refusal: nothing of the body is waited for.
        head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        for announced in ("4097", "99999999999", "9223372036854775807"):
            told = f"{head}Content-Type: application/json\r\nContent-Length: {announced}\r\n\r\n"
            assert (await line.send(told.encode())).status in (400, 413)
            await line.close()
        chunked = f"{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        pieces = b"".join(b"400\r\n" + b" " * 1024 + b"\r\n" for _ in range(5))
        assert (await line.send(chunked.encode() + pieces)).status == 413
        await line.close()
        for pieces in (b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n", b"2\r\n{}{}\r\n0\r\n\r\n"):
            assert (await line.send(chunked.encode() + pieces)).status == 400
            await line.close()
        assert await post(b"[" * 9 + b"]" * 9) == 400
        assert await post(b'{"a": NaN}') == 400
        assert await post(b'{"a": 1, "a": 2}') == 400
        assert await post(b"\xff") == 400
        assert await post(b"") == 400
        assert await post(b"{}", **{"Content-Type": "text/plain"}) == 415
        assert await post(b"{}", **{"Content-Type": "application/json; charset=utf-16"}) == 415
        assert await post(b"{}", **{"Content-Encoding": "gzip"}) == 415
        four = {str(n): {"type": "primitive.text", "version": 1} for n in range(4)}
        workflow = json.dumps({"workflow": {"weft": 1, "nodes": four}}).encode()
        assert await post(workflow) in (413, 422)
        large = picture() + bytes(5000)
        upload = await line.another().ask("PUT", "/api/uploads/a.png", BEARER, large)
        assert upload.status == 413

    with_server(tmp_path, work, limits=limits)


@pytest.mark.parametrize("path", ["/", "/signin", "/api/jobs", "/nothing", "/api/openapi.json"])
def test_every_answer_carries_the_headers(tmp_path: Path, path: str) -> None:
    async def work(line: Line, server: Serving) -> None:
        for headers in ({}, BEARER, {"Accept": "text/html"}):
            answer = await line.ask("GET", path, headers)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]

    with_server(tmp_path, work)
