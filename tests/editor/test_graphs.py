"""What else is done to graphs: subgraphs, ends of links, reroutes, groups, notes, seeds, masks."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from editor.browser import Visitor, ready, until
from editor.driver import Editor, middle
from web.live import LiveServer
from weft import Workflow


def node(editor: Editor, id: str) -> dict[str, Any]:
    return dict(editor.document()["nodes"][id])


def test_subgraph_is_made_entered_exposed_and_expanded(editor: Editor, server: LiveServer) -> None:
    """Every link and value is kept on the way in and on the way back."""
    before = editor.document()
    editor.card("positive").locator(".card-title").click()
    editor.card("negative").locator(".card-title").click(modifiers=["Shift"])
    editor.press("Control+g")
    name = editor.page.get_by_label("Name of the subgraph")
    name.fill("Prompts")
    name.press("Enter")
    expect(editor.card("prompts")).to_be_visible()
    made = editor.document()
    assert set(made["subgraphs"]["Prompts"]["nodes"]) == {"positive", "negative"}
    assert server.post("/api/validate", {"workflow": made}).json["valid"]
    # Go in: the nodes are there, with their values.
    editor.card("prompts").locator(".card-title").click()
    editor.press("Control+ArrowDown")
    expect(editor.card("positive")).to_be_visible()
    expect(editor.card("sample")).to_have_count(0)
    text = before["nodes"]["positive"]["values"]["text"]
    expect(editor.field("positive", "text")).to_have_value(text)
    editor.canvas.focus()
    editor.press("Control+ArrowUp")
    expect(editor.card("sample")).to_be_visible()
    editor.card("prompts").locator(".card-title").click()
    editor.press("Control+Shift+g")
    expect(editor.card("prompts")).to_have_count(0)
    after = editor.document()
    assert not after.get("subgraphs")
    assert flat(after) == flat(before)


def flat(workflow: dict[str, Any]) -> set[tuple[str, ...]]:
    """What each node says and is linked to, whatever the nodes are called."""
    Workflow.from_data(workflow)
    nodes = workflow["nodes"]
    found = set()
    for one in nodes.values():
        links = sorted(
            f"{name}<{nodes[link.rpartition('.')[0]]['type']}.{link.rpartition('.')[2]}"
            for name, link in one.get("links", {}).items()
        )
        found.add((one["type"], str(sorted(one.get("values", {}).items())), *links))
    return found


def test_the_end_of_a_link_moves(editor: Editor) -> None:
    editor.frame()
    end = middle(editor.socket("sample", "positive", "in"))
    x, y = middle(editor.socket("sample", "negative", "in"))
    page = editor.page
    page.mouse.move(*end)
    page.mouse.down()
    page.mouse.move(end[0] - 16, end[1] + 6)
    page.mouse.move(x, y, steps=6)
    page.mouse.up()
    links = node(editor, "sample")["links"]
    assert links["negative"] == "positive.conditioning"
    assert "positive" not in links
    editor.canvas.focus()
    editor.press("Control+z")
    assert node(editor, "sample")["links"]["positive"] == "positive.conditioning"


def test_the_end_of_a_link_pulled_into_nothing_takes_it_away(editor: Editor) -> None:
    editor.frame()
    end = middle(editor.socket("save", "image", "in"))
    box = editor.canvas.bounding_box()
    assert box is not None
    page = editor.page
    page.mouse.move(*end)
    page.mouse.down()
    page.mouse.move(end[0] - 16, end[1] + 6)
    page.mouse.move(box["x"] + 900, box["y"] + 700, steps=6)
    page.mouse.up()
    assert "links" not in node(editor, "save")


def test_mute_bypass_collapse_group_and_note(editor: Editor) -> None:
    editor.frame()
    title = editor.card("negative").locator(".card-title")
    title.click()
    editor.press("m")
    assert node(editor, "negative")["mode"] == "mute"
    editor.press("b")
    assert node(editor, "negative")["mode"] == "bypass"
    editor.press("b")
    assert "mode" not in node(editor, "negative")
    title.click()
    editor.press("Alt+c")
    assert editor.document()["view"]["collapsed"] == ["negative"]
    expect(editor.field("negative", "text")).to_have_count(0)
    # Links end at sockets that are folded, too: three kinds leave the model.
    edges = editor.page.locator(".react-flow__edge")
    count = edges.count()
    editor.card("checkpoint").locator(".card-title").click()
    editor.press("Alt+c")
    editor.settle()
    expect(edges).to_have_count(count)
    editor.press("Alt+c")
    title.click()
    editor.press("g")
    group = editor.page.get_by_label("Name of the group")
    group.fill("Words")
    group.blur()
    assert [one["title"] for one in editor.document()["view"]["groups"]] == ["Words"]
    editor.canvas.focus()
    editor.press("n")
    editor.page.keyboard.type("# A *note*")
    editor.press("Escape")
    note = editor.page.get_by_role("article", name="Note")
    expect(note.get_by_role("heading", name="A note")).to_be_visible()
    assert [one["text"] for one in editor.document()["view"]["notes"]] == ["# A *note*"]


def test_auto_layout_leaves_no_overlaps(editor: Editor) -> None:
    for _ in range(3):
        editor.card("empty").locator(".card-title").click()
        editor.press("Control+d")
    editor.canvas.focus()
    editor.press("Escape", "l")
    editor.settle()
    rects = editor.page.locator("[data-card]").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).map(({x, y, width, height}) => "
        "[x, y, x + width, y + height])"
    )
    assert len(rects) == 10
    for index, a in enumerate(rects):
        for b in rects[index + 1 :]:
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (a, b)


def test_seeds_move_on_as_they_are_set_to(editor: Editor) -> None:
    """Counted up: the run has the seed that was shown, and the file the next."""
    editor.card("sample").get_by_role("button", name="seed after a run").click()
    editor.page.get_by_role("menuitemradio", name="Increment").click()
    editor.field("sample", "steps").fill("2")
    editor.run()
    assert node(editor, "sample")["values"]["seed"] == 8
    assert editor.document()["view"]["seeds"] == {"sample.seed": "increment"}


def test_a_mask_is_painted_and_read(editor: Editor, server: LiveServer) -> None:
    """Painted on an uploaded picture, it becomes an upload of the picture's size, and a node."""
    buffer = BytesIO()
    Image.new("RGB", (64, 48), "green").save(buffer, "PNG")
    sent = server.request("PUT", "/api/uploads/field.png", raw=buffer.getvalue())
    assert sent.status in (200, 201)
    editor.new()
    editor.add("load image", 300, 200)
    editor.field("load", "path").click()
    editor.page.get_by_role("option", name="field.png").click()
    editor.card("load").get_by_role("button", name="Paint a mask").click()
    dialog = editor.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    x, y = middle(dialog.locator("canvas").first)
    editor.page.mouse.move(x - 60, y)
    editor.page.mouse.down()
    editor.page.mouse.move(x + 60, y, steps=6)
    editor.page.mouse.up()
    dialog.get_by_role("button", name="Use this mask").click()
    expect(editor.card("load_mask")).to_be_visible()
    name = node(editor, "load_mask")["values"]["path"]
    mask = Image.open(BytesIO(server.get(f"/api/uploads/{name.replace(' ', '%20')}").body))
    assert (mask.mode, mask.size) == ("L", (64, 48))
    low, high = mask.getextrema()
    assert (low, high) == (0, 255)


def test_two_versions_are_compared_on_the_canvas(visitor: Visitor, server: LiveServer) -> None:
    template = Workflow.load("workflows/text-to-image.json").data()
    server.put("/api/workflows/compared", {"workflow": template, "revision": 0})
    page = visitor.open("/?workflow=compared")
    ready(page)
    editor = Editor(page)
    editor.field("sample", "steps").fill("31")
    editor.field("sample", "steps").blur()
    editor.card("negative").locator(".card-title").click()
    editor.press("Delete")
    until(lambda: server.get("/api/workflows/compared").json["revision"] > 1)
    page.get_by_role("button", name="Workflows", exact=True).click()
    panel = page.get_by_role("complementary", name="Workflows")
    panel.get_by_role("button", name="compared").last.click()
    page.get_by_role("menuitem", name="Revisions").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Compare").last.click()
    dialog.get_by_role("button", name="Mark on the canvas").click()
    expect(editor.card("sample")).to_have_class(re.compile("is-changed"))
    expect(page.get_by_role("region", name="Negative prompt, removed")).to_be_visible()


def test_another_language(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_text("Deutsch").click()
    expect(page.get_by_role("banner").get_by_role("button", name="Starten")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.reload()
    ready(page)
    expect(page.get_by_role("banner").get_by_role("button", name="Starten")).to_be_visible()


def test_the_form_runs(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("button", name="Form", exact=True).click()
    page.get_by_role("textbox", name="Prompt").fill("a small green star on a white background")
    page.get_by_role("spinbutton", name="Steps").fill("3")
    page.get_by_role("main").get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("main").locator("img[src*=outputs]").first).to_be_visible(
        timeout=60_000
    )
