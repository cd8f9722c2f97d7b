"""A browser for tests: what goes wrong in a page fails the test that looked at it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    TimeoutError,
    expect,
    sync_playwright,
)

from web.live import PATIENCE, LiveServer, live

ROOT = Path(__file__).parent.parent.parent
EDITOR = ROOT / "web/editor"
CHROMIUM = os.environ.get("WEFT_CHROMIUM", "/usr/bin/chromium")
# The browser is to speak to nobody but the server of the test.
ARGUMENTS = [
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip
# How long to wait for what should be there at once: on a busy machine, at once is seconds.
expect.set_options(timeout=20_000)
SIZE = {"width": 1440, "height": 900}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
Theme = Literal["dark", "light"]
# The browser's own words for answers that the editor deals with: conflicts, what is not finished.
REFUSED = re.compile(r"Failed to load resource: .* status of (409|422)\b")
VIOLATIONS = """
window.weftViolations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.weftViolations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


@pytest.fixture(scope="package")
def built() -> None:
    """The editor as its sources are now."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    if not hook.is_current(ROOT):
        hook.build(ROOT)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"there is no {CHROMIUM}; install Chromium, or set WEFT_CHROMIUM")
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def server(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The real server with a real worker, shared by all tests. Its worker is ready."""
    with live(tmp_path_factory.mktemp("editor"), devices=("cpu",)) as running:
        until(lambda: running.get("/healthz").json["status"] == "ok", 2 * PATIENCE)
        yield running


class Visitor:
    """Opens pages of a server, signed in, and collects what goes wrong in them."""

    def __init__(self, browser: Browser, server: LiveServer) -> None:
        self.browser = browser
        self.server = server
        self.wrong: list[str] = []
        self._expected: list[re.Pattern[str]] = [REFUSED]
        self._contexts = ExitStack()

    def expect(self, pattern: str) -> None:
        """Take what fits for right from here on: a console message, or an error of a page."""
        self._expected.append(re.compile(pattern))

    def context(self, theme: Theme = "dark", **more: Any) -> BrowserContext:
        """A browser profile of its own, watched, and not signed in yet."""
        settings: dict[str, Any] = {"viewport": SIZE, "color_scheme": theme, "locale": "en"}
        made = self.browser.new_context(**(settings | more))
        self._contexts.callback(self._close, made)
        made.set_default_timeout(30_000)
        made.add_init_script(VIOLATIONS)
        made.on("console", self._console)
        made.on("weberror", lambda error: self._note(f"error: {error.error}"))
        return made

    def open(self, path: str = "/", context: BrowserContext | None = None, **more: Any) -> Page:
        """A page of the server, in a profile that is signed in by the printed link."""
        if context is None:
            context = self.context(**more)
        page = context.new_page()
        page.goto(f"{self.server.url}/?token={self.server.token}")
        page.wait_for_url(f"{self.server.url}/")
        if path != "/":
            page.goto(self.server.url + path)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _note(self, said: str) -> None:
        if not any(one.search(said) for one in self._expected):
            self.wrong.append(said)

    def _close(self, context: BrowserContext) -> None:
        for page in context.pages:
            for one in page.evaluate("window.weftViolations ?? []"):
                self._note(f"policy: {one}")
        context.close()

    def close(self) -> None:
        """Close every page."""
        self._contexts.close()


@pytest.fixture
def visitor(browser: Browser, server: LiveServer) -> Iterator[Visitor]:
    """Opens pages; what went wrong in any of them fails the test."""
    with visiting(browser, server) as made:
        yield made


@contextmanager
def visiting(browser: Browser, server: LiveServer) -> Iterator[Visitor]:
    """A visitor of any server; what went wrong in its pages is an error at the end."""
    made = Visitor(browser, server)
    try:
        yield made
    finally:
        made.close()
    assert not made.wrong, "\n".join(made.wrong)


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """The editor, signed in and ready."""
    opened = visitor.open()
    ready(opened)
    return opened


def ready(page: Page) -> None:
    """Wait until the editor shows its canvas."""
    try:
        page.wait_for_selector("[data-canvas]")
    except TimeoutError as error:
        raise AssertionError(
            f"there is no canvas, but: {page.inner_text('body')[:500]!r}"
        ) from error


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong with a page: each rule with the elements that break it."""
    session = page.context.new_cdp_session(page)
    source = (EDITOR / "node_modules/axe-core/axe.min.js").read_text("utf-8")
    # Not as a script of the page, which its policy would refuse.
    session.send("Runtime.evaluate", {"expression": source})
    run = f"axe.run(document, {json.dumps({'runOnly': WCAG})}).then(JSON.stringify)"
    answer = session.send(
        "Runtime.evaluate",
        {"expression": run, "awaitPromise": True, "returnByValue": True},
    )
    session.detach()
    assert "exceptionDetails" not in answer, answer
    found = json.loads(answer["result"]["value"])["violations"]
    return [
        f"{one['id']} ({one['help']}): {'; '.join(str(node['target']) for node in one['nodes'])}"
        for one in found
    ]


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
