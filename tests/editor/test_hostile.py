"""Nothing in a workflow, a name, a note, a plugin's words or a picture can run script.

Every text that the editor shows is hostile here: the pages are walked through, with the policy off
that would hide a mistake, and whatever one of the texts does is noticed. That they were shown at
all is checked too.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Route, expect

from editor.browser import Visitor, ready, visiting
from editor.canary import Canary, weak
from editor.driver import Editor
from editor.hostile import (
    COUNT,
    CROWD,
    IN_FILES,
    MANY,
    ONE,
    PAYLOADS,
    fought,
    mark,
    names,
    png,
    settings,
    strangers,
    texts,
    whole,
    writing,
)
from editor.hostile_server import HELD, hostile_server, save
from web.live import LiveServer
from weft_web.api.editor import BUILT

SIZE = {"width": 1800, "height": 1200}  # with room for a hundred nodes
PATIENCE_MS = 20_000
DROP = """(files) => {
  const data = new DataTransfer();
  for (const [name, type, content] of files) {
    const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  const at = { clientX: 600, clientY: 400, bubbles: true, cancelable: true };
  document.querySelector("[data-canvas]")
    .dispatchEvent(new DragEvent("drop", { ...at, dataTransfer: data }));
}"""
DROP_TYPES = """(types) => {
  for (const type of types) {
    const data = new DataTransfer();
    data.setData("application/x-weft-node", type);
    const at = { clientX: 600, clientY: 400, bubbles: true, cancelable: true };
    document.querySelector("[data-canvas]")
      .dispatchEvent(new DragEvent("drop", { ...at, dataTransfer: data }));
  }
}"""
PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""
# All that a person may do to what a note shows; links to elsewhere are only looked at.
TOUCH = """() => {
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='http'], a[href^='mailto']");
    if (link) event.preventDefault();
  }, true);
  for (const one of document.querySelectorAll(".markdown *")) {
    for (const type of ["mouseover", "focus", "animationstart", "toggle"])
      one.dispatchEvent(new Event(type, { bubbles: true }));
    one.click?.();
  }
  return document.querySelectorAll(".markdown a[href]").length;
}"""


@pytest.fixture(scope="module")
def hostile(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with hostile_server(tmp_path_factory.mktemp("hostile")) as server:
        yield server


class Walk:
    """Goes through a page, and sees to it that all is shown and nothing happens."""

    def __init__(self, visitor: Visitor, policy: bool) -> None:
        self.server = visitor.server
        context = visitor.context(viewport=SIZE, bypass_csp=not policy)
        context.set_default_timeout(PATIENCE_MS)
        self.canary = Canary(context, self.server.url)
        self.page = visitor.open(context=context)
        ready(self.page)
        self.editor = Editor(self.page)
        self.inspector = self.page.get_by_role("complementary", name="Inspector")
        self.dialog = self.page.get_by_role("dialog")

    def drop(self, *files: tuple[str, str, bytes]) -> None:
        """Drop files on the canvas: name, type, content."""
        self.page.evaluate(DROP, [(*one, b64encode(content).decode()) for *one, content in files])

    def open(self, title: str, workflow: dict[str, Any]) -> None:
        """Open a workflow in a tab of its own, with all of it near enough to be mounted."""
        self.drop((f"{title}.json", "application/json", json.dumps(workflow).encode()))
        first = next(iter(workflow["nodes"]))
        self.page.wait_for_function(
            "id => [...document.querySelectorAll('[data-card]')]"
            ".some((one) => one.dataset.card === id)",
            arg=first,
        )
        self.editor.canvas.focus()

    def shows(self, *fields: str, some: tuple[str, ...] = (), least: int = COUNT) -> None:
        """Wait until the page has shown the texts of fields, or some, since it was last asked."""
        wanted = dict.fromkeys(fields, least) | dict.fromkeys(some, 1)
        shown: dict[str, set[int]] = {field: set() for field in wanted}
        for _ in range(PATIENCE_MS // 50):
            for field, numbers in self.canary.look(self.page).items():
                shown.setdefault(field, set()).update(numbers)
            if all(len(shown[field]) >= count for field, count in wanted.items()):
                return
            self.page.wait_for_timeout(50)
        counts = {field: len(numbers) for field, numbers in shown.items()}
        raise AssertionError(f"expected {wanted}, shown are {counts}")

    # By attributes: to work out the names of thousands of elements takes a second each time.

    def panel(self, name: str) -> None:
        self.page.locator(f'nav.rail [aria-label="{name}"]').click()

    def press(self, *keys: str) -> None:
        """Press keys on the canvas."""
        self.editor.canvas.focus()
        self.editor.press(*keys)

    def menu(self, of: str, item: str) -> None:
        """Choose from the menu of something in a panel, the first whose name begins so."""
        self.page.locator(f'[aria-label^="More for {of}"]').first.click()
        self.page.get_by_role("menuitem", name=item).click()

    def close(self) -> None:
        """Close the dialog."""
        expect(self.dialog).to_be_visible()
        self.editor.press("Escape")
        expect(self.dialog).to_be_hidden()


def walking(browser: Browser, server: LiveServer, policy: bool) -> Iterator[Walk]:
    with visiting(browser, server) as visitor:
        visitor.expect(r"status of 404 .*/api/templates/text-to-image")  # all here are hostile
        visitor.expect(r"status of 404 .*/api/(uploads|workflows)/")  # what there is not
        walk = Walk(visitor, policy)
        yield walk
        walk.canary.look(walk.page)
        visitor.wrong += walk.canary.wrong
        assert walk.canary.responses > 10


@pytest.fixture
def walk(browser: Browser, hostile: LiveServer) -> Iterator[Walk]:
    """A page that would run what the editor itself lets through."""
    yield from walking(browser, hostile, policy=False)


@pytest.fixture
def guarded(browser: Browser, hostile: LiveServer) -> Iterator[Walk]:
    """A page under the server's policy, which reports what it had to stop."""
    yield from walking(browser, hostile, policy=True)


def test_nodes_that_nobody_has(walk: Walk) -> None:
    walk.open(whole("file"), strangers())
    walk.shows("file", "title", "type", "value", "output", "input", "entry", "linked", "dead")
    walk.press("i")
    walk.shows("type", least=90)  # the first hundred problems
    walk.panel("Outline")
    walk.shows("title", "type", least=40)  # as many as there is room for
    for first in range(0, COUNT, CROWD):
        walk.editor.card(f"crowd{first}").locator(".card-title").click()
    walk.shows("input", "entry", "linked", "deadinput", "dead", "title", "whole")
    walk.editor.press("s", "c")  # the sockets of the last, and what fits the first of them
    walk.shows("title", least=20)
    walk.editor.press("Escape", "Escape", "ArrowUp", "ArrowUp", "F2")
    walk.shows(some=("id", "title"))


def test_what_people_write(walk: Walk) -> None:
    walk.open("writing", writing())
    walk.shows("subgraph", "note", "group")
    assert walk.page.evaluate(TOUCH) > 1
    walk.press("Escape", "i")
    walk.shows("requires", "version", "parameter", "lost", "target", "description", "note")
    expect(walk.page.get_by_text("pip install")).to_have_count(0)  # no line to paste for these
    walk.editor.card("u0").locator(".card-title").click()
    walk.editor.press("Control+ArrowDown")
    walk.shows("subinput", "suboutput", some=("subgraph",))
    walk.editor.press("Control+ArrowUp", "Alt+f")
    walk.shows("parameter", "lost", "viewtitle", "description")


def test_notes_under_the_policy(guarded: Walk) -> None:
    """It reports even what is only tried."""
    guarded.open("writing", writing())
    guarded.shows("subgraph", "note", "group")
    assert guarded.page.evaluate(TOUCH) > 1


def test_panels_and_searches(walk: Walk) -> None:
    page = walk.page
    walk.press("/")
    field = page.get_by_role("combobox")
    walk.shows("nodetitle", "nodegroup", "nodename", "help", "distribution", least=70)
    field.fill("sockets")
    field.press("Tab")
    walk.shows("spechelp", "specinput", "specoutput", "inputhelp", "kind")
    field.press("Escape")
    field.press("Escape")
    walk.panel("Nodes")
    walk.shows("nodetitle", "plugin", "plugindist", "pluginversion", "pluginerror")
    page.get_by_label("By plugin").check(force=True)
    walk.shows("distribution")
    walk.panel("Workflows")
    walk.shows("saved")
    walk.panel("Templates")
    walk.shows("templatetitle", "about")
    walk.panel("Queue")
    walk.shows("heldlabel", least=HELD)
    page.locator('[aria-label^="Cancel <"]').first.hover()  # its tooltip
    walk.shows(some=("heldlabel",))
    page.wait_for_function("weftBlobs().includes('application/octet-stream')")  # of a preview
    walk.panel("Models")
    walk.shows("model", "modeltitle", "modelerror")
    walk.panel("Settings")
    page.get_by_role("tab", name="Server").click()
    walk.shows("device", "devicetitle", "package", "packageversion", "plugin", "pluginerror")
    walk.press("Control+k")
    for query in ("saved", "templatetitle"):
        field.fill(query)
        walk.shows(query, least=80)  # as many as are offered
    walk.close()
    what_jobs_made_and_why_they_failed(walk)


def what_jobs_made_and_why_they_failed(walk: Walk) -> None:
    """Look at the history, and from there at pictures and failures."""
    page = walk.page
    walk.panel("History")
    older = page.get_by_text("Load older runs")
    for _ in range(2):
        older.click()
    walk.shows("label")
    page.get_by_label("List", exact=True).check(force=True)
    walk.shows("label", "error", "trace", "jobnode")
    walk.menu("", "Compare with the shown workflow")
    walk.shows(some=("jobnode", "label"))
    walk.close()
    walk.menu("", "Delete…")
    walk.shows(some=("label",))
    walk.close()
    walk.menu("", "Open its workflow")
    page.locator(".card-title").click()
    walk.press("i")
    walk.shows(some=("error", "trace", "jobnode"))
    walk.press("p")
    expect(walk.dialog).to_be_visible()
    walk.editor.press("i", "c")
    walk.shows(some=("output", "jobnode"))
    walk.close()
    walk.press("Alt+f")
    walk.shows(some=("error",))


def test_nodes_that_there_are(walk: Walk) -> None:
    """Set to what no file, choice or number is called; and what they can be set to."""
    editor = walk.editor
    walk.open("settings", settings())
    walk.shows("setting", "one")
    walk.press("i", "Control+a", "Shift+Enter")
    expect(walk.page.get_by_role("alert").first).to_be_visible()
    walk.press("Escape")
    walk.shows("setting", least=40)  # in problems
    walk.press("i")
    upload = names("upload", 200, IN_FILES)[ONE] + ".png"
    nodes: dict[str, Any] = {
        "load": {"type": "image.load", "values": {"path": upload}},
        "model": {"type": "model.load_checkpoint"},
        "fields": {"type": "evil:all.fields"},
        "sockets": {"type": "evil:all.sockets"},
    }
    places = {id: [number * 300, 0] for number, id in enumerate(nodes)}
    view = {"nodes": places, "collapsed": ["sockets"]}
    walk.open("choices", {"weft": 1, "nodes": nodes, "view": view})
    walk.shows("default", some=("widget", "upload", "reason"))
    for node, input, field in (
        ("load", "path", "upload"), ("model", "file", "file"), ("fields", "asked", "choice"),
    ):  # fmt: skip
        editor.field(node, input).click()
        walk.shows(field)
        editor.press("Escape")
    walk.press("i")
    for node, fields in (("fields", ("default",)), ("sockets", ("specinput", "inputhelp", "kind"))):
        editor.card(node).locator(".card-title").click()
        walk.shows(*fields, "spechelp")
    editor.card("load").locator(".card-title").click()
    for name in ("View", "Paint a mask"):
        walk.inspector.get_by_role("button", name=name).click()
        walk.shows(some=("upload",))
        walk.close()


def test_dialogs_and_versions(walk: Walk) -> None:
    node = {"type": texts("type", 200)[ONE], "title": whole("title")}
    walk.open(whole("file"), {"weft": 1, "nodes": {names("id")[ONE]: node}})
    walk.page.locator(".card-title").click()
    walk.editor.press("F2")
    walk.shows("title", some=("id", "type"))
    walk.close()
    walk.editor.press("b", "Alt+w")
    walk.shows("file")
    walk.close()
    walk.panel("Workflows")
    walk.shows("saved")
    for item in ("Rename…", "Delete…"):
        walk.menu("&lt;img", item)
        walk.shows(some=("saved",))
        walk.close()
    walk.menu("revised", "Revisions…")
    walk.shows("message")
    walk.close()
    versions_of_two_people(walk)


def versions_of_two_people(walk: Walk) -> None:
    """Look at revisions, a conflict and a comparison, in the panel of workflows."""
    page = walk.page
    for revision, field in enumerate(("base", "mine", "base")):
        save(walk.server, "fought", fought(field), revision)
    walk.panel("Workflows")  # closed
    walk.panel("Workflows")
    page.locator(".panel-row-main", has_text="fought").click()
    expect(page.locator(".tab-name", has_text="fought")).to_be_visible()
    save(walk.server, "fought", fought("theirs"), 3, texts("theirmessage", 500)[ONE])
    walk.menu("fought", "Revisions…")
    page.get_by_role("button", name="Restore Revision 2").click()
    page.get_by_role("button", name="Somebody else saved it").click()
    walk.shows("theirs", "base", "foughttitle", "foughtid", some=("theirmessage",))
    walk.dialog.get_by_label("Join both").check()
    walk.shows("mine", "theirs", "foughttitle")
    walk.dialog.get_by_role("tab", name="What you changed").click()
    walk.shows("mine")
    walk.dialog.get_by_label("Keep mine").check()
    walk.dialog.get_by_role("button", name="Save", exact=True).click()
    expect(walk.dialog).to_be_hidden()
    walk.menu("fought", "Revisions…")
    page.get_by_role("button", name="Compare with Revision 1").click()
    walk.shows("mine", "base")
    page.get_by_role("button", name="Mark on the canvas").click()
    expect(walk.dialog).to_be_hidden()


def test_what_is_dropped_pasted_restored_and_named_by_an_address(walk: Walk) -> None:
    page = walk.page
    walk.drop(
        *[
            (name, "image/png", png((b"tEXt", b"weft\0" + text.encode())))
            for name, text in zip(texts("pngname"), PAYLOADS, strict=True)
        ]
    )
    walk.shows("pngname")
    bad = [json.dumps({"weft": 1, mark("unknownfield", 0) + text: text}) for text in PAYLOADS]
    walk.drop(*[("x.json", "application/json", one.encode()) for one in bad])
    walk.shows(some=("unknownfield",))
    twice = json.dumps(whole("twice"))
    walk.drop(("x.json", "application/json", f"{{{twice}: 1, {twice}: 2}}".encode()))
    walk.shows("twice")
    about = whole("about").encode()
    for kind, data in (
        (b"tEXt", b"Title\0" + about),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + about),
        (b"zTXt", b"weft\0\0" + about),
        (b"iTXt", b"weft\0\1\0\0\0" + about),
        (b"eXIf", about),
    ):
        walk.drop((texts("picture")[ONE] + ".png", "image/png", png((kind, data))))
        walk.shows(some=("picture",))
    inside = json.dumps(strangers(20)).encode()
    walk.drop((whole("inside") + ".png", "image/png", png((b"iTXt", b"weft\0\0\0\0\0" + inside))))
    walk.shows("inside", some=("title",))
    page.locator('[aria-label="New workflow"]').click()
    page.evaluate(PASTE, json.dumps(strangers(20)))
    walk.press("f")
    walk.shows("title", "type", least=20)
    page.evaluate(PASTE, PAYLOADS[ONE])
    page.locator('[aria-label="New workflow"]').click()
    page.evaluate(DROP_TYPES, texts("type", 200)[:MANY])
    walk.shows("type", least=MANY)
    page.wait_for_timeout(400)  # until it is kept
    page.goto(f"{walk.server.url}/?workflow={quote(texts('address')[ONE])}")
    walk.shows("type", some=("address",), least=MANY)
    page.goto(f"{walk.server.url}/?workflow={quote(names('saved', 120, IN_FILES)[ONE])}")
    walk.shows(some=("saved",))


# --- that the tests above can fail, and what is there if they are wrong ---------------------------

# As a careless page would show a text.
INSERT = """async (texts) => {
  let noticed = 0;
  for (const html of texts) {
    const box = document.createElement("div");
    document.querySelector("main").append(box);
    box.innerHTML = html;
    for (const one of box.querySelectorAll("*")) one.click?.();
    await null;
    noticed += weftCanary().wrong.length > 0;
  }
  await new Promise((done) => setTimeout(done, 300));
  return [noticed, weftCanary().wrong.includes("it ran")];
}"""
# What the policy is to stop, by name; each would set weftRan.
RUN = """async () => {
  const add = (name, attributes) =>
    document.body.appendChild(Object.assign(document.createElement(name), attributes));
  const tried = {
    inline: () => add("script", { textContent: "weftRan = 1" }),
    data: () => add("script", { src: "data:text/javascript,weftRan=1" }),
    blob: () => add("script", { src: URL.createObjectURL(new Blob(["weftRan = 1"])) }),
    module: () => import("data:text/javascript,globalThis.weftRan=1"),
    eval: () => eval("weftRan = 1"),
    function: () => new Function("weftRan = 1")(),
    timer: () => setTimeout("weftRan = 1"),
    address: () => add("a", { href: "javascript:weftRan=1" }).click(),
    frame: () => add("iframe", { srcdoc: "<script>parent.weftRan=1</script>" }),
  };
  const ran = [];
  for (const [name, run] of Object.entries(tried)) {
    try { await run(); } catch { /* refused */ }
    await new Promise((done) => setTimeout(done, 30));
    if (globalThis.weftRan !== undefined) ran.push(name);
    delete globalThis.weftRan;
  }
  return ran;
}"""


def stay(route: Route) -> None:
    """Let a page go to no other: after this answer it stays where it is."""
    own = route.request.url.startswith("http://127.0.0.1:")
    if own and not route.request.is_navigation_request():
        route.continue_()
    else:
        route.fulfill(status=204)


@pytest.mark.parametrize("policy", [False, True])
def test_the_same_texts_would_be_noticed(
    browser: Browser, hostile: LiveServer, policy: bool
) -> None:
    with visiting(browser, hostile) as visitor:
        visitor.expect(".")
        walk = Walk(visitor, policy)
        walk.page.route("**/*", stay)
        noticed, did_run = walk.page.evaluate(INSERT, PAYLOADS)
        assert noticed > 80  # the others are Markdown, or nothing by themselves
        assert did_run is not policy
        if policy:
            assert walk.page.evaluate("weftViolations.length") > 50
        ran = walk.page.evaluate(RUN)
        assert (ran == []) is policy, ran


def test_every_answer_has_the_policy(hostile: LiveServer) -> None:
    assets = [f"/assets/{one.name}" for one in (BUILT / "assets").iterdir()]
    upload = "/api/uploads/" + quote(names("upload", 200, IN_FILES)[ONE] + ".png", safe="")
    job = hostile.get("/api/jobs?limit=1").json["jobs"][0]["id"]
    others = ["/", "/icon.svg", "/signin", "/api/nodes", "/nothing", "/ext/a/b/c.js", upload]
    for path in [
        *assets,
        *others,
        upload + "/thumbnail",
        f"/api/jobs/{job}",
        "/?workflow=<script>",
    ]:
        answer = hostile.get(path)
        assert weak(answer.headers["Content-Security-Policy"]) == [], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_itself_needs_no_inline_script() -> None:
    page = (BUILT / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"\s(on\w+|style)\s*=", page) == []
    assert "<style" not in page
