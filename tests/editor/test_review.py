"""What goes wrong around an editor: other connections, other windows, hands that hold a key."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, Request, expect

from editor.browser import Visitor, ready
from editor.driver import Editor, middle, run_button
from web.live import LiveServer

# What a browser keeps from a page that came over plain HTTP from another machine.
PLAIN_HTTP = """
delete Crypto.prototype.randomUUID;
delete Navigator.prototype.locks;
delete Navigator.prototype.clipboard;
"""
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "application/json" }));
  return data;
}"""
TWO: dict[str, Any] = {
    "weft": 1,
    "nodes": {
        "far": {"type": "image.load", "version": 1},
        "near": {"type": "image.load", "version": 1},
    },
    "view": {"nodes": {"far": [9000, 40], "near": [40, 40]}},
}


def drop_file(page: Page, on: str, name: str, workflow: dict[str, Any]) -> None:
    data = page.evaluate_handle(DROP, [name, json.dumps(workflow)])
    page.dispatch_event(on, "drop", {"dataTransfer": data})


def test_the_editor_works_over_plain_http(visitor: Visitor) -> None:
    context = visitor.context()
    context.add_init_script(PLAIN_HTTP)
    page = visitor.open(context=context)
    ready(page)
    editor = Editor(page)
    editor.field("sample", "steps").fill("33")
    text = editor.text()
    page.wait_for_timeout(500)
    page.reload()
    ready(page)
    assert editor.text() == text
    # Another window has its own.
    other = visitor.open(context=context)
    ready(other)
    assert Editor(other).text() != text


def test_a_click_lets_go_of_what_is_out_of_sight(editor: Editor) -> None:
    drop_file(editor.page, "[data-canvas]", "two.json", TWO)
    editor.canvas.focus()
    editor.press("ArrowRight")
    expect(editor.card("near")).to_be_visible()
    editor.settle()
    editor.press("Control+a")
    title = editor.card("near").locator(".card-title")
    title.click(modifiers=["Shift"])
    title.click()
    editor.press("Delete")
    assert list(editor.document()["nodes"]) == ["far"]


def test_a_file_that_is_dropped_beside_the_canvas_opens(editor: Editor) -> None:
    editor.page.get_by_role("button", name="Form", exact=True).click()
    drop_file(editor.page, ".topbar", "beside.json", TWO)
    expect(editor.page.get_by_role("button", name="beside", exact=True)).to_be_visible()


def test_a_key_that_is_held_runs_once(editor: Editor) -> None:
    asked: list[Request] = []
    editor.page.on("request", lambda one: asked.append(one) if one.method == "POST" else None)
    editor.canvas.focus()
    editor.page.keyboard.down("Control")
    for _ in range(5):
        editor.page.keyboard.down("Enter")
    editor.page.keyboard.up("Enter")
    editor.page.keyboard.up("Control")
    editor.finished()
    assert len([one for one in asked if one.url.endswith("/api/jobs")]) == 1


def test_a_job_that_waits_is_cancelled(editor: Editor, server: LiveServer) -> None:
    assert server.post("/api/queue/pause", {"paused": True}).status == 200
    try:
        cancel = editor.page.get_by_role("button", name="Cancel", exact=True)
        run_button(editor.page).click()
        expect(cancel).to_be_visible()
        cancel.click()
        expect(cancel).to_be_hidden()
    finally:
        server.post("/api/queue/pause", {"paused": False})


def test_who_is_signed_out_is_asked_to_sign_in(visitor: Visitor) -> None:
    visitor.expect(r"status of 401\b")
    context = visitor.context()
    page = visitor.open(context=context)
    ready(page)
    context.clear_cookies()
    run_button(page).click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in to Weft")).to_be_visible()


def test_a_file_without_places_is_laid_out_and_stays_so(editor: Editor) -> None:
    workflow = editor.document()
    del workflow["view"]
    drop_file(editor.page, "[data-canvas]", "bare.json", workflow)
    expect(editor.page.get_by_role("button", name="bare", exact=True)).to_be_visible()
    editor.settle()
    editor.frame()
    # Opened and kept, the file is as it was; its links run from left to right.
    assert "view" not in editor.document()
    before = corners(editor)
    for id, node in workflow["nodes"].items():
        for link in node.get("links", {}).values():
            assert before[link.split(".")[0]][0] < before[id][0], link
    # A node that is moved is the only one that moves.
    title = editor.card("decode").locator(".card-title")
    x, y = middle(title)
    editor.drag_to(title, x, y + 150)
    editor.settle()
    after = corners(editor)
    assert after.pop("decode")[1] > before.pop("decode")[1] + 100
    assert after == before
    assert set(editor.document()["view"]["nodes"]) == set(workflow["nodes"])


def corners(editor: Editor) -> dict[str, tuple[int, int]]:
    """Where the mounted nodes stand on the screen."""
    found = {}
    for id in editor.cards():
        box = editor.card(id).bounding_box()
        assert box is not None
        found[id] = (round(box["x"]), round(box["y"]))
    return found
