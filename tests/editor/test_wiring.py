"""Building a pipeline: from nothing, by mouse and by keyboard alone, until there is a picture."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from editor.driver import JOB_MS, Editor, run_button

LINKS = {
    ("load_checkpoint", "model", "empty", "model"),
    ("load_checkpoint", "model", "sample", "model"),
    ("load_checkpoint", "text_encoder", "encode", "text_encoder"),
    ("load_checkpoint", "text_encoder", "encode_2", "text_encoder"),
    ("load_checkpoint", "vae", "decode", "vae"),
    ("encode", "conditioning", "sample", "positive"),
    ("encode_2", "conditioning", "sample", "negative"),
    ("empty", "latent", "sample", "latent"),
    ("sample", "latent", "decode", "latent"),
    ("decode", "image", "save", "image"),
}


def links(editor: Editor) -> set[tuple[str, str, str, str]]:
    found = set()
    for id, node in editor.document()["nodes"].items():
        for name, link in node.get("links", {}).items():
            source, _, output = link.rpartition(".")
            found.add((source, output, id, name))
    return found


def test_first_visit_is_ready_to_run(editor: Editor) -> None:
    expect(editor.card("sample")).to_be_visible()
    editor.field("sample", "steps").fill("60")
    run_button(editor.page).click()
    expect(editor.card("sample").get_by_role("img", name="Preview")).to_be_visible(timeout=JOB_MS)
    # What is done is not forecast any more; what waits is.
    expect(editor.card("positive")).not_to_contain_text("will run")
    expect(editor.card("save")).to_contain_text("will run")
    picture = editor.card("save").get_by_role("img", name="Picture from Save image")
    expect(picture).to_be_visible(timeout=JOB_MS)
    expect(picture).to_have_js_property("naturalWidth", 128)


def test_built_by_mouse(editor: Editor) -> None:
    editor.new()
    editor.add("load checkpoint", 120, 120)
    editor.add("empty latent", 420, 620)
    editor.add("encode text", 420, 120)
    editor.add("encode text", 420, 380)
    editor.add("latent sample", 720, 120)
    editor.add("latent decode", 1020, 120)
    editor.add("save image", 1020, 420)
    editor.frame()
    for source, output, target, input in sorted(LINKS):
        editor.link(source, output, target, input)
    assert links(editor) == LINKS
    editor.field("load_checkpoint", "file").click()
    editor.page.get_by_role("option", name="starter-unet").click()
    editor.field("encode", "text").fill("a large blue square on a white background")
    editor.field("sample", "steps").fill("4")
    editor.run()
    expect(editor.card("save").get_by_role("img")).to_be_visible(timeout=JOB_MS)


def test_built_by_keyboard_alone(editor: Editor) -> None:
    """Adds, links, fills, runs and opens the picture without the pointer."""
    page = editor.page
    page.keyboard.press("Alt+n")
    page.keyboard.press("F6")
    for query in (
        "load checkpoint", "empty latent", "encode text", "encode text", "latent sample",
        "latent decode", "save image",
    ):  # fmt: skip
        page.keyboard.press("/")
        editor.choose(query)
    for source, output, target, input in sorted(LINKS):
        connect_by_keyboard(page, source, output, target, input)
    assert links(editor) == LINKS
    focus_by_arrows(page, "load_checkpoint")
    page.keyboard.press("Enter")  # into its fields
    page.keyboard.press("Enter")  # the models
    expect(page.get_by_role("option", name="starter-unet")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    editor.finished()
    focus_by_arrows(page, "save")
    page.keyboard.press("p")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def connect_by_keyboard(page: Page, source: str, output: str, target: str, input: str) -> None:
    """S opens the sockets, arrows choose one, C lists what fits, Enter links."""
    focus_by_arrows(page, target)
    page.keyboard.press("s")
    for _ in range(40):
        if focused(page) == f"{target}.{input}:in":
            break
        page.keyboard.press("ArrowDown")
    assert focused(page) == f"{target}.{input}:in"
    page.keyboard.press("c")
    expect(page.get_by_role("listbox", name=f"Connect {input}")).to_be_focused()
    for _ in range(40):
        chosen = page.locator('.connect-menu [aria-selected="true"]')
        if chosen.get_attribute("data-choice") == f"{source}.{output}":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")


def focused(page: Page) -> str:
    """The socket or the node that has the focus."""
    return str(
        page.evaluate(
            """() => { const {socket, side, card} = document.activeElement.dataset;
            return socket ? `${socket}:${side}` : (card ?? ''); }"""
        )
    )


def focus_by_arrows(page: Page, wanted: str) -> None:
    """Walk the graph towards a node until it has the focus."""
    page.keyboard.press("F6")
    seen: list[str] = []
    for step in range(60):
        here = focused(page)
        if here == wanted:
            return
        x, y = towards(page, here, wanted)
        keys = ["ArrowRight" if x > 0 else "ArrowLeft", "ArrowDown" if y > 0 else "ArrowUp"]
        # The longer way first; the other where that led back to where it was.
        across = (abs(x) > abs(y)) != (here in seen[-4:]) if here else step % 2 == 0
        seen.append(here)
        page.keyboard.press(keys[0] if across else keys[1])
        page.wait_for_timeout(30)
    raise AssertionError(f"the arrows did not lead to {wanted}: {seen}")


def towards(page: Page, here: str, wanted: str) -> tuple[float, float]:
    """How far a node is from another, in pixels of the window."""
    found = page.evaluate(
        """([here, wanted]) => {
          const at = (id) => document.querySelector(`[data-card="${id}"]`)?.getBoundingClientRect();
          const [a, b] = [at(here), at(wanted)];
          return a && b ? [b.x - a.x, b.y - a.y] : [1, 0];
        }""",
        [here, wanted],
    )
    return found[0], found[1]


def test_wrong_kind_is_refused_and_bridged(editor: Editor) -> None:
    editor.new()
    editor.add("load checkpoint", 100, 120)
    editor.add("empty latent", 100, 420)
    editor.add("save image", 760, 300)
    editor.frame()
    editor.link("load_checkpoint", "model", "empty", "model")
    editor.link("empty", "latent", "save", "image")
    refusal = editor.page.get_by_role("alertdialog")
    expect(refusal).to_contain_text("image takes image, not latent")
    assert ("empty", "latent", "save", "image") not in links(editor)
    refusal.get_by_role("button", name="Insert Decode").click()
    expect(refusal).to_be_hidden()
    assert {
        ("empty", "latent", "decode", "latent"),
        ("decode", "image", "save", "image"),
        ("load_checkpoint", "vae", "decode", "vae"),
    } <= links(editor)


def test_dropped_on_nothing_searches_what_fits(editor: Editor) -> None:
    editor.new()
    editor.add("latent decode", 200, 200)
    box = editor.canvas.bounding_box()
    assert box is not None
    editor.drag_to(editor.socket("decode", "image", "out"), box["x"] + 800, box["y"] + 500)
    search = editor.page.get_by_role("combobox", name="Add a node")
    expect(search).to_be_focused()
    options = editor.found
    expect(options.first).to_be_visible()
    search.fill("checkpoint")  # takes no picture
    expect(options).to_have_count(0)
    search.fill("save image")
    search.press("Enter")
    expect(editor.card("save")).to_be_visible()
    assert links(editor) == {("decode", "image", "save", "image")}


def test_dropped_on_a_body_takes_the_first_that_fits(editor: Editor) -> None:
    editor.new()
    editor.add("latent decode", 200, 200)
    editor.add("save image", 700, 200)
    editor.drag(editor.socket("decode", "image", "out"), editor.card("save").locator(".card-title"))
    assert links(editor) == {("decode", "image", "save", "image")}


def test_insert_remove_and_heal(editor: Editor) -> None:
    """A node dropped on a link joins it; removed again, the link is as before."""
    before = links(editor)
    editor.frame()
    box = editor.canvas.bounding_box()
    assert box is not None
    editor.add("resize image", 700, 650)
    save, decode = editor.card("save").bounding_box(), editor.card("decode").bounding_box()
    resize, grip = (
        editor.card("resize").bounding_box(),
        editor.card("resize").locator(".card-title"),
    )
    title = grip.bounding_box()
    assert save is not None
    assert decode is not None
    assert resize is not None
    assert title is not None
    scale = decode["width"] / 240
    # So that the middle of its head is on the link, half-way.
    x = (decode["x"] + decode["width"] + save["x"]) / 2
    y = decode["y"] + 47 * scale
    from_middle = title["x"] + title["width"] / 2 - (resize["x"] + resize["width"] / 2)
    editor.drag_to(grip, x + from_middle, y - 25 * scale)
    assert ("decode", "image", "resize", "image") in links(editor)
    assert ("resize", "image", "save", "image") in links(editor)
    editor.card("resize").locator(".card-title").click()
    editor.press("Delete")
    assert links(editor) == before


def test_undo_one_gesture_one_step(editor: Editor) -> None:
    """Thirty mixed edits, undone to the first file's bytes, redone, and both after a reload too."""
    editor.frame()
    texts = [editor.text()]

    def did() -> None:
        now = editor.text()
        if now != texts[-1]:
            texts.append(now)

    for step in range(30):
        kind = step % 6
        if kind == 0:
            editor.field("sample", "steps").fill(str(5 + step))
            editor.press("Enter")
        elif kind == 1:
            editor.card("empty").locator(".card-title").click()
            editor.canvas.focus()
            editor.press("Alt+ArrowDown")
            editor.press("Alt+ArrowRight")
        elif kind == 2:
            editor.card("negative").locator(".card-title").click()
            editor.press("m")
        elif kind == 3:
            editor.card("positive").locator(".card-title").click()
            editor.press("Control+d")
        elif kind == 4:
            editor.press("Delete")
        else:
            editor.field("positive", "text").fill(f"a red circle {step}")
            editor.field("positive", "text").blur()
        did()
    assert len(texts) >= 25
    for text in reversed(texts[:-1]):
        editor.canvas.focus()
        editor.press("Control+z")
        assert editor.text() == text
    editor.page.wait_for_timeout(600)
    editor.page.reload()
    expect(editor.card("sample")).to_be_visible()
    for text in texts[1:]:
        editor.canvas.focus()
        editor.press("Control+Shift+z")
        assert editor.text() == text
    editor.press("Control+z")
    assert editor.text() == texts[-2]


def test_copy_and_paste_across_tabs(editor: Editor) -> None:
    editor.frame()
    for number, id in enumerate(("sample", "decode", "save")):
        editor.card(id).locator(".card-title").click(modifiers=["Shift"] if number else [])
    editor.press("Control+c")
    editor.new()
    editor.canvas.focus()
    editor.press("Control+v")
    expect(editor.card("save")).to_be_visible()
    assert links(editor) == {
        ("sample", "latent", "decode", "latent"),
        ("decode", "image", "save", "image"),
    }
    assert editor.document()["nodes"]["sample"]["values"]["guidance"] == 4.0
