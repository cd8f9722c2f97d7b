"""Nothing is lost: reloads, killed pages, two tabs on one file, nodes that are not installed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, expect

from editor.browser import Visitor, ready, until
from editor.driver import Editor
from web.live import LiveServer

MISSING: dict[str, Any] = {
    "weft": 1,
    "nodes": {
        "glow": {
            "type": "acme:image.glow",
            "version": 3,
            "title": "Glow a little",
            "values": {"amount": 4.0, "seed": 18446744073709551615, "mode": "soft"},
            "links": {"image": "load.image"},
        },
        "load": {"type": "image.load", "version": 1, "values": {"path": "a.png"}},
        "save": {"type": "image.save", "version": 1, "links": {"image": "glow.glowing"}},
    },
    "requires": {"acme-nodes": ">=1.2", "weft": ">=0.1"},
    "view": {"nodes": {"glow": [320, 40], "load": [40, 40], "save": [640, 40]}},
}


def saved(server: LiveServer, name: str, workflow: dict[str, Any]) -> None:
    answer = server.put(f"/api/workflows/{quote(name)}", {"workflow": workflow, "revision": 0})
    assert answer.status == 201, answer.body


def open_saved(page: Page, server: LiveServer, name: str) -> Editor:
    page.goto(f"{server.url}/?workflow={quote(name)}")
    ready(page)
    return Editor(page)


def test_a_reload_loses_nothing(editor: Editor) -> None:
    editor.field("sample", "steps").fill("33")
    editor.card("negative").locator(".card-title").click()
    editor.press("b")
    text = editor.text()
    editor.page.wait_for_timeout(500)
    editor.page.reload()
    ready(editor.page)
    assert editor.text() == text


def test_a_reload_shows_the_tab_that_was_shown(editor: Editor) -> None:
    editor.new()
    editor.new()
    first = editor.page.get_by_role("button", name="text-to-image", exact=False).first
    first.click()
    expect(editor.card("sample")).to_be_visible()
    editor.page.wait_for_timeout(500)
    editor.page.reload()
    ready(editor.page)
    expect(editor.card("sample")).to_be_visible()


def kill_pages(visitor: Visitor) -> None:
    """SIGKILL for every process of the browser that runs a page."""
    session = visitor.browser.new_browser_cdp_session()
    for one in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        if one["type"] == "renderer":
            os.kill(one["id"], signal.SIGKILL)
    session.detach()


def test_a_killed_page_loses_nothing_older_than_a_second(visitor: Visitor) -> None:
    """The page's process dies in the middle of an edit, and another page of the browser goes on."""
    context = visitor.context()
    page = visitor.open(context=context)
    ready(page)
    editor = Editor(page)
    editor.field("sample", "steps").fill("41")
    editor.field("positive", "text").fill("typed just before the end")
    page.wait_for_timeout(1000)
    kill_pages(visitor)
    page.close()
    again = context.new_page()
    again.goto(visitor.server.url)
    ready(again)
    after = Editor(again)
    values = after.document()["nodes"]
    assert values["sample"]["values"]["steps"] == 41
    assert values["positive"]["values"]["text"] == "typed just before the end"
    again.locator("[data-canvas]").focus()
    again.keyboard.press("Control+z")
    assert after.document()["nodes"]["positive"]["values"]["text"] != "typed just before the end"


def test_two_windows_keep_their_own_drafts(visitor: Visitor) -> None:
    context = visitor.context()
    first = visitor.open(context=context)
    ready(first)
    Editor(first).field("sample", "steps").fill("11")
    first.wait_for_timeout(500)
    second = context.new_page()
    second.goto(visitor.server.url)
    ready(second)
    assert Editor(second).document()["nodes"]["sample"]["values"]["steps"] != 11
    Editor(second).field("sample", "steps").fill("22")
    second.wait_for_timeout(500)
    first.reload()
    ready(first)
    assert Editor(first).document()["nodes"]["sample"]["values"]["steps"] == 11


def test_two_tabs_on_one_file_never_overwrite_each_other(
    visitor: Visitor, server: LiveServer
) -> None:
    """One saves, the other is told, sees what differs, and merges: both changes are in the file."""
    template = json.loads((Path(__file__).parents[2] / "workflows/text-to-image.json").read_text())
    saved(server, "shared", template)
    mine = open_saved(visitor.open(), server, "shared")
    theirs = open_saved(visitor.open(), server, "shared")
    theirs.field("sample", "steps").fill("12")
    theirs.field("sample", "steps").blur()
    expect(theirs.page.get_by_role("button", name="Saved", exact=True)).to_be_visible()
    mine.field("positive", "text").fill("mine")
    mine.field("positive", "text").blur()
    conflict = mine.page.get_by_role("button", name="Somebody else saved it")
    expect(conflict).to_be_visible()
    newest = server.get("/api/workflows/shared").json
    assert newest["revision"] == 2
    assert newest["workflow"]["nodes"]["sample"]["values"]["steps"] == 12
    conflict.click()
    dialog = mine.page.get_by_role("dialog")
    expect(dialog).to_contain_text("steps")
    dialog.get_by_label("Join both").check()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(mine.page.get_by_role("button", name="Saved", exact=True)).to_be_visible()
    newest = server.get("/api/workflows/shared").json["workflow"]["nodes"]
    assert newest["sample"]["values"]["steps"] == 12
    assert newest["positive"]["values"]["text"] == "mine"


def test_missing_plugin_is_shown_whole_and_saved_unchanged(
    visitor: Visitor, server: LiveServer
) -> None:
    visitor.expect(r"404.*a\.png")  # no such upload: its thumbnail is looked for
    saved(server, "missing", MISSING)
    before = server.get("/api/workflows/missing").body
    editor = open_saved(visitor.open(), server, "missing")
    glow = editor.card("glow")
    expect(glow).to_contain_text("Glow a little")
    expect(glow).to_contain_text("not installed")
    for name in ("amount", "seed", "mode", "image", "glowing"):
        expect(glow).to_contain_text(name)
    for value in ("4.0", "18446744073709551615", "soft"):
        shown = glow.locator("input, textarea").evaluate_all("all => all.map((one) => one.value)")
        assert any(value in one for one in [*shown, glow.inner_text()]), (value, shown)
    editor.press("i")
    expect(editor.page.locator("body")).to_contain_text("pip install 'acme-nodes>=1.2'")
    # Moving another node and saving changes that and nothing else.
    editor.card("load").locator(".card-title").click()
    editor.press("Alt+ArrowDown")
    until(lambda: server.get("/api/workflows/missing").json["revision"] == 2)
    after = server.get("/api/workflows/missing")
    assert after.json["revision"] == 2
    changed = after.body.replace(b"[40,60]", b"[40,40]").replace(b'"revision":2', b'"revision":1')
    cut = b'"workflow":'
    assert changed[changed.index(cut) :] == before[before.index(cut) :]
