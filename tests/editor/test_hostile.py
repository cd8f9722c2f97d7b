"""Nothing in a workflow, a name, a note, a plugin's words or a picture can run script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from editor.browser import Visitor, ready, visiting
from editor.canary import Canary
from editor.driver import Editor
from editor.hostile import strangers, whole
from editor.hostile_server import hostile_server
from web.live import LiveServer

SIZE = {"width": 2400, "height": 1500}


@pytest.fixture(scope="module")
def hostile(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with hostile_server(tmp_path_factory.mktemp("hostile")) as server:
        yield server


def drop(page: Page, *files: tuple[str, str, str]) -> None:
    page.evaluate(
        """(files) => {
          const data = new DataTransfer();
          for (const [name, type, text] of files) data.items.add(new File([text], name, { type }));
          const target = document.querySelector("[data-canvas]");
          const event = { dataTransfer: data, bubbles: true, cancelable: true };
          target.dispatchEvent(new DragEvent("drop", { ...event, clientX: 300, clientY: 300 }));
        }""",
        files,
    )


def test_explore(browser: Browser, hostile: LiveServer) -> None:
    import time
    with visiting(browser, hostile) as visitor:
        visitor._expected.clear()
        context = visitor.context(viewport=SIZE, bypass_csp=True)
        canary = Canary(context, hostile.url)
        t = time.time()
        page = visitor.open(context=context)
        ready(page)
        print("ready", time.time() - t); t = time.time()
        drop(page, (whole("file") + ".json", "application/json", json.dumps(strangers())))
        page.wait_for_timeout(1000)
        page.screenshot(path="/tmp/hostile/a.png")
        for one in visitor.wrong: print("WRONG", one)
        page.wait_for_selector('[data-card="crowd0"]', timeout=1000)
        editor = Editor(page)
        editor.frame()
        page.wait_for_timeout(500)
        print("mounted", len(editor.cards()), time.time() - t); t = time.time()
        canary.look(page)
        print({k: len(v) for k, v in canary.seen.items()})
        editor.press("i")
        page.wait_for_timeout(500)
        page.screenshot(path="/tmp/hostile/a.png")
        canary.look(page)
        print("inspector", {k: len(v) for k, v in canary.seen.items()}, time.time() - t); t = time.time()
        for one in sorted(set(canary.wrong)):
            print(one)
        for one in visitor.wrong: print("WRONG", one)
