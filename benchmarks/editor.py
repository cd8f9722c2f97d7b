"""How fast the editor is: python -m benchmarks.editor [--chromium PATH] [--json FILE]

A real browser shows workflows of 100, 500 and 2,000 nodes, made of copies of the text-to-image
workflow, from a real server. For each it measures

- the main thread's time from navigation until the nodes are shown, less that of an empty workflow
- frame times while panning, while zooming out to everything, and while a node is dragged
- mounted elements, and whether anything is drawn while nothing happens

The physical floor is measured beside it in the same browser: frame times of an empty page.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from web.live import LiveServer, live
from weft import Workflow

ROOT = Path(__file__).parent.parent
SIZES = (100, 500, 2000)
COLUMNS = 6
STEP = (1640, 900)  # between copies
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip
# The page's policy allows no text to become code, so what moves is written into the function.
FRAMES = """async () => {
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < 120; frame++) {
    MOVE
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}"""


def copies(count: int) -> dict[str, Any]:
    """A workflow of `count` nodes: copies of the text-to-image workflow, in rows."""
    one = Workflow.load(ROOT / "workflows/text-to-image.json").data()
    nodes: dict[str, Any] = {}
    places: dict[str, Any] = {}
    copy = 0
    while len(nodes) < count:
        dx, dy = (copy % COLUMNS) * STEP[0], (copy // COLUMNS) * STEP[1]
        for id, node in one["nodes"].items():
            if len(nodes) == count:
                break
            links = {
                name: f"{link.partition('.')[0]}_{copy}.{link.partition('.')[2]}"
                for name, link in node.get("links", {}).items()
            }
            nodes[f"{id}_{copy}"] = {**node, "links": links}
            x, y = one["view"]["nodes"][id]
            places[f"{id}_{copy}"] = [x + dx, y + dy]
        copy += 1
    for node in nodes.values():
        node["links"] = {k: v for k, v in node["links"].items() if v.rpartition(".")[0] in nodes}
    return {"weft": 1, "nodes": nodes, "view": {"nodes": places}}


@contextmanager
def signed_in(browser: Browser, server: LiveServer) -> Iterator[tuple[Page, CDPSession]]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.url}/?token={server.token}")
    page.wait_for_selector("[data-canvas]")
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    try:
        yield page, session
    finally:
        context.close()


def busy(session: CDPSession) -> float:
    """Milliseconds the main thread has worked since it was created."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def shown(page: Page, session: CDPSession, server: LiveServer, name: str) -> float:
    """The main thread's milliseconds until a saved workflow is shown and still."""
    page.goto("about:blank")
    before = busy(session)
    page.goto(f"{server.url}/?workflow={name}")
    page.wait_for_selector("[data-canvas]")
    page.evaluate("() => new Promise((done) => requestIdleCallback(done, {timeout: 10000}))")
    page.wait_for_timeout(1000)
    return busy(session) - before


def frames(page: Page, move: str) -> dict[str, float]:
    """Frame times in milliseconds while `move` (JavaScript, with `frame`) acts once a frame."""
    times = sorted(page.evaluate(FRAMES.replace("MOVE", move)))
    return {
        "median": round(median(times), 1),
        "p95": round(times[int(len(times) * 0.95)], 1),
        "worst": round(times[-1], 1),
    }


WHEEL = """
const pane = document.querySelector('.react-flow__pane');
const box = pane.getBoundingClientRect();
pane.dispatchEvent(new WheelEvent('wheel', {deltaY: %s, clientX: box.x + box.width / 2,
  clientY: box.y + box.height / 2, bubbles: true, cancelable: true, ctrlKey: %s}));
"""


def dragged(page: Page, selector: str, dx: float, dy: float) -> dict[str, float]:
    """Frame times while the mouse drags something, a little each frame."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    x, y = box["x"] + min(60, box["width"] / 2), box["y"] + min(14, box["height"] / 2)
    page.evaluate("""() => {
      window.__times = []; let last = performance.now(); window.__on = true;
      const tick = (now) => { window.__times.push(now - last); last = now;
        if (window.__on) requestAnimationFrame(tick); };
      requestAnimationFrame(tick);
    }""")
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 61):
        page.mouse.move(x + dx * step / 60, y + dy * step / 60)
    page.mouse.up()
    times = sorted(page.evaluate("() => { window.__on = false; return window.__times.slice(1); }"))
    return {
        "median": round(median(times), 1),
        "p95": round(times[int(len(times) * 0.95)], 1),
        "worst": round(times[-1], 1),
    }


def measure(browser: Browser, server: LiveServer, count: int, empty: float) -> dict[str, Any]:
    name = f"bench-{count}"
    server.put(f"/api/workflows/{name}", {"workflow": copies(count), "revision": 0})
    found: dict[str, Any] = {"nodes": count}
    with signed_in(browser, server) as (page, session):
        found["main thread ms"] = round(shown(page, session, server, name) - empty)
        found["all main thread ms"] = round(found["main thread ms"] + empty)
        frames(page, "")  # warm
        page.keyboard.press("0")
        page.wait_for_timeout(500)
        found["mounted cards"] = page.locator("[data-card]").count()
        found["elements"] = page.evaluate("() => document.querySelectorAll('*').length")
        found["panning"] = dragged(page, ".react-flow__pane", -900, -300)
        page.locator("[data-canvas]").focus()
        found["dragging a node"] = dragged(page, "[data-card] .card-header", 300, 120)
        found["zooming out"] = frames(page, "if (frame < 100) {" + WHEEL % (40, "false") + "}")
        page.wait_for_timeout(1500)
        before = busy(session)
        page.wait_for_timeout(2000)
        found["idle ms in 2 s"] = round(busy(session) - before, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default=os.environ.get("WEFT_CHROMIUM", "/usr/bin/chromium"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        live(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=options.chromium, args=ARGUMENTS)
        with signed_in(browser, server) as (page, session):
            page.goto("about:blank")
            results: dict[str, Any] = {"empty page, frames": frames(page, "")}
            server.put("/api/workflows/empty", {"workflow": {"weft": 1}, "revision": 0})
            empty = shown(page, session, server, "empty")
            results["empty workflow, main thread ms"] = round(empty)
        results["sizes"] = [measure(browser, server, count, empty) for count in SIZES]
        browser.close()
    print(json.dumps(results, indent=2))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
