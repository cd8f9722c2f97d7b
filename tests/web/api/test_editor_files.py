"""The built editor is served whole, small, kept by browsers, and to nobody without the token."""

from __future__ import annotations

import gzip
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest

from core.test_confine import PAYLOADS
from web.live import LiveServer, live
from web.stand_in import StandIn
from weft_web.api import editor
from weft_web.security.headers import POLICY

SCRIPT = b"export const a = 1;\n" * 200
PAGE = b'<!doctype html><script type="module" src="./assets/index-abc.js"></script>'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets/deeper").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "stamp").write_text("secret")
    (folder / "assets/index-abc.js").write_bytes(SCRIPT)
    (folder / "assets/index-abc.css").write_text("a { color: red }")
    (folder / "assets/picture-abc.webp").write_bytes(b"RIFF" + os.urandom(100))
    (folder / "assets/secret.py").write_text("secret")
    (folder / "assets/.hidden.js").write_text("secret")
    (folder / "assets/deeper/inner.js").write_text("secret")
    (folder.parent / "outside.js").write_text("secret")
    (folder / "assets/link.js").symlink_to(folder.parent / "outside.js")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[LiveServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(editor, "BUILT", built)
        with live(tmp_path_factory.mktemp("editor"), StandIn()) as server:
            yield server


def test_the_page_is_the_editors(server: LiveServer) -> None:
    page = server.get("/")
    assert (page.status, page.body) == (200, PAGE)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == POLICY
    assert "no-cache" in page.headers["Cache-Control"]
    again = server.get("/", **{"If-None-Match": page.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert "script-src 'self';" in POLICY
    assert "style-src 'self';" in POLICY
    assert "unsafe" not in POLICY


def test_what_the_page_loads_is_small_and_kept_for_ever(server: LiveServer) -> None:
    plain = server.get("/assets/index-abc.js")
    assert plain.body == SCRIPT
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in plain.headers["Cache-Control"]
    packed = server.get("/assets/index-abc.js", **{"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.body) == SCRIPT
    assert len(packed.body) < len(SCRIPT) / 10
    head = server.request("HEAD", "/assets/index-abc.js")
    assert (head.status, head.body) == (200, b"")
    kinds = {"index-abc.css": "text/css; charset=utf-8", "picture-abc.webp": "image/webp"}
    for name, kind in kinds.items():
        answer = server.get(f"/assets/{name}", **{"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in answer.headers  # it would not become smaller
    assert server.get("/icon.svg").headers["Content-Type"] == "image/svg+xml"


def test_nothing_without_the_token(server: LiveServer) -> None:
    for path in ("/", "/icon.svg", "/assets/index-abc.js", "/assets/nothing.js"):
        assert server.request("GET", path, signed_in=False).status == 401
    page = server.request("GET", "/", headers={"Accept": "text/html"}, signed_in=False)
    assert b"<form" in page.body


@pytest.mark.parametrize(
    "name",
    [
        "nothing.js", "secret.py", ".hidden.js", "deeper", "deeper/inner.js", "deeper%2Finner.js",
        "link.js", "..%2Findex.html", "..%2Fstamp", "%2e%2e/stamp", "",
    ],
)  # fmt: skip
def test_nothing_but_what_was_built(server: LiveServer, name: str) -> None:
    answer = server.get(f"/assets/{name}")
    # A file in a folder of the assets is of the build as well.
    assert answer.status == (200 if name == "deeper%2Finner.js" else 404)


def test_no_name_leads_out_of_the_folder(server: LiveServer) -> None:
    for name in PAYLOADS:
        answer = server.get(f"/assets/{quote(name.encode('utf-8', 'surrogatepass'), safe='')}")
        assert answer.status in (400, 404), name


def test_a_new_build_shows_without_a_restart(server: LiveServer, built: Path) -> None:
    (built / "index.html").write_bytes(PAGE + b"<!-- new -->")
    try:
        assert server.get("/").body.endswith(b"<!-- new -->")
    finally:
        (built / "index.html").write_bytes(PAGE)


def test_an_editor_that_is_not_built_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editor, "BUILT", tmp_path / "nothing")
    with live(tmp_path, StandIn()) as server:
        page = server.get("/")
        assert page.status == 200
        assert b"Weft is running" in page.body
        assert b"npm run build" in page.body
        assert b"/api/openapi.json" in page.body
        assert server.get("/assets/index.js").status == 404
        assert server.get("/icon.svg").status == 404
        # One style, which the policy names by its digest; nothing else.
        for one in (page, server.get("/signin")):
            (style,) = re.findall(rb"<style>(.*?)</style>", one.body, re.DOTALL)
            digest = b64encode(sha256(style).digest()).decode()
            policy = one.headers["Content-Security-Policy"]
            assert f"style-src 'sha256-{digest}';" in policy
            assert "script" not in policy
            assert b"<script" not in one.body
            assert b"style=" not in one.body
