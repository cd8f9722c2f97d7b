"""Running: forecast, run to here, cancel, a node that fails, and what comes of a picture."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from editor.browser import ready
from editor.driver import JOB_MS, Editor, run_button
from web.live import LiveServer
from weft import Workflow

ROOT = Path(__file__).parents[2]


BROKEN = {
    "weft": 1,
    "nodes": {
        "l": {"type": "primitive.list_int", "version": 1, "values": {"values": [1, 2]}},
        "item": {
            "type": "list.item",
            "version": 1,
            "values": {"index": 9},
            "links": {"items": "l.value"},
        },
        "sum": {
            "type": "number.calculate",
            "version": 1,
            "values": {"b": 1, "operation": "add"},
            "links": {"a": "item.value"},
        },
    },
    "view": {"nodes": {"l": [0, 0], "item": [320, 0], "sum": [640, 0]}},
}


def run_text(editor: Editor, text: str) -> None:
    """Run another prompt, in few steps."""
    editor.field("sample", "steps").fill("3")
    editor.field("positive", "text").fill(text)
    editor.field("positive", "text").blur()
    editor.run()


def test_forecast_says_what_will_run_and_what_is_cached(editor: Editor) -> None:
    run_text(editor, "a small red star on a white background")
    foot = editor.card("decode").locator(".card-foot")
    expect(editor.card("positive").locator(".card-forecast")).to_have_count(0)
    editor.field("positive", "text").fill("a small blue star on a white background")
    editor.field("positive", "text").blur()
    for changed in ("positive", "sample", "decode", "save"):
        expect(editor.card(changed).locator(".card-foot")).to_contain_text("will run")
    expect(editor.card("checkpoint").locator(".card-foot")).not_to_contain_text("will run")
    title = foot.get_attribute("title")
    assert title, "the reason stands in the tooltip"


def test_run_to_here(editor: Editor, server: LiveServer) -> None:
    editor.field("positive", "text").fill("a large green circle on a white background")
    editor.card("positive").locator(".card-title").click()
    editor.press("Shift+Enter")
    foot = editor.card("positive").locator(".card-foot")
    expect(foot).to_contain_text("s", timeout=JOB_MS)
    newest = server.get("/api/jobs?limit=1").json["jobs"][0]
    job = server.wait(newest["id"])
    assert job["state"] == "done"
    assert set(job["nodes"]) == {"checkpoint", "positive"}


def test_cancel(editor: Editor, server: LiveServer) -> None:
    editor.field("sample", "steps").fill("900")
    editor.field("sample", "steps").blur()
    run_button(editor.page).click()
    expect(editor.card("sample").locator(".card-foot")).to_contain_text("of 900", timeout=JOB_MS)
    editor.page.get_by_role("button", name="Cancel", exact=True).click()
    expect(editor.page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden(
        timeout=JOB_MS
    )
    newest = server.get("/api/jobs?limit=1").json["jobs"][0]
    assert newest["state"] == "cancelled"


def test_failing_node_says_why_under_its_field(editor: Editor) -> None:
    """Refused before it runs: the message stands at the field it is about."""
    editor.new()
    editor.add("load image", 200, 200)
    editor.add("save image", 700, 200)
    editor.link("load", "image", "save", "image")
    run_button(editor.page).click()
    expect(editor.page.get_by_role("alert").first).to_be_visible()
    expect(editor.card("load")).to_contain_text("needed")


def test_failing_node_says_why_on_the_node(editor: Editor, server: LiveServer) -> None:
    """It starts, and fails: what depends on it is skipped, and the reason is there to read."""
    server.put("/api/workflows/breaks", {"workflow": BROKEN, "revision": 0})
    editor.page.goto(f"{server.url}/?workflow=breaks")
    ready(editor.page)
    editor.card("sum").locator(".card-title").click()
    editor.press("Shift+Enter")
    expect(editor.card("item").locator(".card-foot")).to_contain_text("failed", timeout=JOB_MS)
    expect(editor.card("sum").locator(".card-foot")).to_contain_text("skipped")
    editor.card("item").get_by_role("button", name="problem").click()
    inspector = editor.page.get_by_role("complementary", name="Inspector")
    editor.card("item").locator(".card-title").click()
    expect(inspector).to_contain_text("9")


def test_a_dropped_picture_gives_its_workflow_back(editor: Editor, server: LiveServer) -> None:
    """The PNG that a run saved holds the file that made it, and the editor shows that file."""
    run_text(editor, "a large yellow square on a white background")
    ran = editor.document()
    job = server.get("/api/jobs?limit=1").json["jobs"][0]
    url = job["outputs"][0]["url"]
    png = server.get(url).body
    drop(editor.page, "picture.png", "image/png", png)
    expect(editor.page.get_by_role("button", name="picture", exact=True)).to_be_visible()
    assert editor.document()["nodes"] == ran["nodes"]


def test_a_dropped_file_is_shown_as_it_is(editor: Editor) -> None:
    path = ROOT / "workflows/seed-grid.json"
    drop(editor.page, "seed-grid.json", "application/json", path.read_bytes())
    expect(editor.page.get_by_role("button", name="seed-grid", exact=True)).to_be_visible()
    assert editor.text() == path.read_text()


def test_a_dropped_picture_without_a_workflow_becomes_a_node(editor: Editor) -> None:
    buffer = BytesIO()
    Image.new("RGB", (32, 24), "red").save(buffer, "PNG")
    drop(editor.page, "red.png", "image/png", buffer.getvalue())
    expect(editor.card("load")).to_be_visible()
    assert editor.document()["nodes"]["load"]["values"]["path"].startswith("red")


def test_a_file_that_is_none_is_refused_in_words(editor: Editor) -> None:
    drop(editor.page, "broken.json", "application/json", b'{"weft": 1, "nodes": ')
    alert = editor.page.get_by_role("alert").first
    expect(alert).to_contain_text("broken.json")
    assert editor.cards(), "what was open is still there"


def drop(page: Page, name: str, mime: str, content: bytes) -> None:
    """Drop a file on the canvas, as a browser tells of it."""
    page.evaluate(
        """([name, type, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, { type }));
          const target = document.querySelector("[data-canvas]");
          const box = target.getBoundingClientRect();
          const at = { clientX: box.x + 300, clientY: box.y + 300 };
          const event = { dataTransfer: data, bubbles: true, cancelable: true, ...at };
          target.dispatchEvent(new DragEvent("drop", event));
        }""",
        [name, mime, list(content)],
    )


def test_the_file_that_is_saved_is_the_file_that_runs(
    editor: Editor, server: LiveServer, tmp_path: Path
) -> None:
    """What the editor downloads, the engine reads, finds valid, and writes as the same bytes."""
    editor.field("sample", "steps").fill("5")
    editor.field("sample", "steps").blur()
    with editor.page.expect_download() as download:
        editor.canvas.focus()
        editor.press("Control+e")
    path = tmp_path / "flow.json"
    download.value.save_as(path)
    text = path.read_text()
    assert Workflow.load(path).dumps() == text
    answer = server.post("/api/validate", {"workflow": json.loads(text)})
    assert answer.json == {"valid": True, "problems": []}
