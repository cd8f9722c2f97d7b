"""What a first visitor fell over."""

from __future__ import annotations

from playwright.sync_api import expect

from editor.driver import JOB_MS, Editor


def open_template(editor: Editor, name: str) -> None:
    editor.page.get_by_role("button", name="Templates", exact=True).click()
    editor.page.get_by_role("button", name=name).click()
    editor.page.get_by_role("button", name="Templates", exact=True).click()
    editor.frame()


def test_a_loop_is_drawn_while_its_body_runs(editor: Editor) -> None:
    open_template(editor, "A grid of seeds")
    steps = editor.field("pictures", "steps")
    expect(steps).to_have_value("20")
    steps.fill("11")
    steps.press("Enter")
    assert editor.document()["nodes"]["pictures"]["values"]["steps"] == 11
    editor.run()
    expect(editor.card("save").get_by_role("img")).to_be_visible(timeout=JOB_MS)


def test_no_bridge_is_offered_that_closes_a_circle(editor: Editor) -> None:
    expect(editor.card("sample")).to_be_visible()
    editor.frame()
    editor.link("decode", "image", "sample", "latent")
    expect(editor.page.get_by_text("close a circle").first).to_be_visible()
    expect(editor.page.get_by_role("button", name="Insert")).to_have_count(0)


def test_a_reroute_is_a_small_thing_on_its_link(editor: Editor) -> None:
    expect(editor.card("save")).to_be_visible()
    editor.frame()
    boxes = [
        editor.socket("decode", "image", "out").bounding_box(),
        editor.socket("save", "image", "in").bounding_box(),
    ]
    (x, y), (right, _) = (
        (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box
    )
    editor.page.mouse.click((x + right) / 2, y, button="right")
    editor.page.get_by_role("menuitem", name="reroute").click()
    box = editor.card("reroute").bounding_box()
    assert box is not None
    assert x < box["x"] < box["x"] + box["width"] < right
    nodes = editor.document()["nodes"]
    assert nodes["reroute"]["links"] == {"value": "decode.image"}
    assert nodes["save"]["links"] == {"image": "reroute.value"}


def test_a_picture_is_compared_with_the_one_of_the_run_before(editor: Editor) -> None:
    for seed in ("1", "2"):
        editor.field("sample", "steps").fill("2")
        editor.field("sample", "seed").fill(seed)
        editor.run()
    page = editor.page
    picture = editor.card("save").get_by_role("img", name="Picture from Save image")
    expect(picture).to_be_visible(timeout=JOB_MS)
    editor.card("save").get_by_text("Save image").click()
    editor.press("p")
    viewer = page.get_by_role("dialog", name="Picture")
    compare = viewer.get_by_role("button", name="Compare two pictures")
    compare.click()
    expect(viewer.get_by_role("slider")).to_be_visible()
    compare.click()
    viewer.get_by_role("button", name="Picture 2:").click()
    viewer.get_by_role("button", name="Open the workflow behind it").click()
    expect(viewer).to_be_hidden()
    assert editor.document()["nodes"]["sample"]["values"]["seed"] == 1
