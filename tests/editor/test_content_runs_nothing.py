"""Hostile uploads and outputs, opened and embedded in every way, run nothing in a real browser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page

from web.live import LiveServer, live
from web.security.test_content import TYPES
from web.stand_in import StandIn

MARK = b"document.documentElement.dataset.ran='1';globalThis.weftRan=1;alert(1);"
SCRIPT = b"<script>" + MARK + b"</script>"
XHTML = b"<html xmlns='http://www.w3.org/1999/xhtml'>" + SCRIPT + b"</html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"


def png() -> bytes:
    target = BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, "PNG")
    return target.getvalue()


def gif() -> bytes:
    target = BytesIO()
    Image.new("P", (8, 8)).save(target, "GIF")
    return target.getvalue()


# Content and the name it is fetched by.
HOSTILE: list[tuple[bytes, str]] = [
    (b"<!doctype html>" + SCRIPT, "page.html"),
    (b"<!doctype html>" + SCRIPT, "page.png"),
    (SCRIPT, "page.txt"),
    (SCRIPT, ""),
    (SVG, "picture.svg"),
    (b'<?xml version="1.0"?>' + SVG, "picture.png"),
    (b"<?xml version='1.0'?>" + XHTML, "page.xhtml"),
    (MARK, "code.js"),
    (MARK, "code.mjs"),
    (MARK, "code.txt"),
    (b"/*" + png() + b"*/" + MARK, "code.png"),
    (png() + SCRIPT, "page.html"),
    (gif() + SCRIPT, "page.html"),
    (b"GIF89a/*" + SCRIPT + b"*/=1;" + MARK, "code.gif"),
    (b"\xff\xd8\xff/*" + SCRIPT, "page.jpg"),
    (b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj", "paper.pdf"),
    (b"body{background:url('javascript:alert(1)')}", "style.css"),
    (b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + SCRIPT, "page.mht"),
    ("<script>alert(1)</script>".encode("utf-16"), "page.txt"),
    *[(content, name) for content, name, _ in TYPES],
]
# Every way in which a page of the server itself might use such a file.
EMBEDDED = """async (urls) => {
  const add = (name, attributes) => {
    const element = document.createElement(name);
    Object.assign(element, attributes);
    document.body.append(element);
    return new Promise((done) => {
      element.onload = element.onerror = done;
      setTimeout(done, 300);
    });
  };
  const use = async (url) => {
    await Promise.all([
      add("img", { src: url }),
      add("script", { src: url }),
      add("script", { src: url, type: "module" }),
      add("iframe", { src: url }),
      add("embed", { src: url }),
      add("object", { data: url }),
      add("link", { rel: "stylesheet", href: url }),
      import(url).catch(() => 0),
    ]);
    try { new Worker(url).terminate(); } catch { /* refused */ }
    try { await navigator.serviceWorker?.register(url); } catch { /* refused */ }
  };
  while (urls.length > 0) await Promise.all(urls.splice(0, 10).map(use));
  return globalThis.weftRan ?? null;
}"""


@pytest.fixture(scope="module")
def hostile() -> Iterator[LiveServer]:
    """A server whose job made every one of them."""
    made = tuple(({"name": name, "mime": "text/html"}, content) for content, name in HOSTILE)
    with tempfile.TemporaryDirectory() as folder, live(Path(folder), StandIn(made=made)) as server:
        assert server.wait(server.submit("x"))["state"] == "done"
        yield server


@pytest.fixture
def context(browser: Browser, hostile: LiveServer) -> Iterator[BrowserContext]:
    made = browser.new_context(accept_downloads=True)
    page = made.new_page()
    page.goto(f"{hostile.url}/?token={hostile.token}")
    page.wait_for_url(f"{hostile.url}/")
    page.close()
    yield made
    made.close()


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    page = context.new_page()
    spoken: list[str] = []

    def hear(dialog: object) -> None:
        spoken.append("a dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", hear)
    return page, spoken


def addresses(server: LiveServer) -> list[str]:
    """Of every output, and of every upload that is taken in."""
    found = []
    for content, name in HOSTILE:
        url = f"/api/outputs/{sha256(content).hexdigest()}"
        found.append(url + (f"?name={quote(name, safe='')}" if name else ""))
        sent = server.request("PUT", f"/api/uploads/{quote(name or 'x', safe='')}", raw=content)
        if sent.status in (200, 201):
            found.append(sent.json["url"])
    return list(dict.fromkeys(found))


def test_none_runs_where_it_is_opened(context: BrowserContext, hostile: LiveServer) -> None:
    shown = saved = 0
    page, spoken = watched(context)
    for url in addresses(hostile):
        try:
            page.goto(hostile.url + url)
            shown += 1
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            saved += 1
        assert page.evaluate("document.documentElement?.dataset?.ran ?? null") is None, url
        assert not spoken, url
    assert shown > 10
    assert saved > 20


def test_none_runs_where_a_page_uses_it(context: BrowserContext, hostile: LiveServer) -> None:
    page, spoken = watched(context)
    page.goto(f"{hostile.url}/api/jobs")  # a page of the server, under the editor's policy
    assert page.evaluate(EMBEDDED, addresses(hostile)) is None
    assert page.evaluate("document.documentElement.dataset.ran ?? null") is None
    assert not spoken


def test_the_marks_would_show(context: BrowserContext, hostile: LiveServer) -> None:
    """The same payloads do run where they are allowed to, so the tests above can fail."""
    page, spoken = watched(context)
    page.route(
        "**/free", lambda route: route.fulfill(body=SCRIPT.decode(), content_type="text/html")
    )
    page.goto(f"{hostile.url}/free")
    page.wait_for_timeout(100)
    assert spoken
    assert page.evaluate("document.documentElement.dataset.ran") == "1"
