"""The look where it is exact: nothing is clipped unsaid, nothing overlaps, a phone's page fits."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from editor.browser import Visitor, ready
from editor.driver import Editor
from web.live import LiveServer

TARGET = 44  # pixels, for a finger
PHONE = {"width": 390, "height": 844}
PANELS = (
    "Nodes", "Workflows", "Templates", "Queue", "History", "Models", "Outline", "Settings",
)  # fmt: skip
# Every kind of row: sockets, fields, fields with messages, long texts, folded fields, collapsed.
KINDS: dict[str, Any] = {
    "weft": 1,
    "nodes": {
        "mask": {"type": "image.load_mask", "version": 1},
        "states": {"type": "latent.sample_states", "version": 1},
        "each": {"type": "flow.for_each", "version": 1, "mode": "mute"},
        "sum": {"type": "number.calculate", "version": 1, "title": "A title that does not fit in"},
        "words": {"type": "text.format", "version": 1, "values": {"template": "a {colour} star"}},
        "grid": {"type": "image.grid", "version": 1, "mode": "bypass"},
        "strip": {"type": "image.strip", "version": 1, "links": {"images": "grid.image"}},
        "schedule": {"type": "sampling.schedule", "version": 1},
    },
    "view": {
        "nodes": {
            "mask": [0, 0], "states": [300, 0], "each": [600, 0], "sum": [0, 260],
            "words": [600, 260], "grid": [900, 0], "strip": [900, 260], "schedule": [900, 340],
        },
        "collapsed": ["strip"],
        "expanded": ["grid"],
    },
}  # fmt: skip
# What holds a label or a name. Where one is cut, its tooltip says all of it.
LABELS = (
    ".card-title, .card-label, .card-output, .card-source, .card-needed, .card-badge, .tab-title, "
    ".button, .segment, .segments-one, .tabs-tab, .badge, .dock-head h2, .modal h2, "
    ".panel-section, .panel-row-title, .ui-menu-label, .palette-title, .toast-text, .form-label, "
    ".status span, .keys-label, .settings-row, .node-search-title"
)
CUT = """(labels) => [...document.querySelectorAll(labels)]
  .filter((one) => one.checkVisibility() && !one.closest("[title], .visually-hidden"))
  .filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 1)
  .filter((one) => getComputedStyle(one).display !== "inline")
  .map((one) => `${one.className}: ${one.textContent}`)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The rows, fields and messages of every node, against each other and against their node.
ROWS = """() => {
  const wrong = [], box = (one) => one.getBoundingClientRect();
  for (const card of document.querySelectorAll("[data-card]")) {
    const inside = ".card-row, .card-more, .card-preview, .card-foot, .card-header";
    const parts = [...card.querySelectorAll(inside)].sort((a, b) => box(a).top - box(b).top);
    parts.forEach((one, index) => {
      const next = parts[index + 1];
      if (next && box(next).top < box(one).bottom - 0.5)
        wrong.push(`${card.dataset.card}: ${one.className} over ${next.className}`);
      if (box(one).bottom > box(card).bottom + 1.5)
        wrong.push(`${card.dataset.card}: ${one.className} below the node`);
      for (const held of one.querySelectorAll(".field, .field-message, .card-label"))
        if (box(held).bottom > box(one).bottom + 0.5)
          wrong.push(`${card.dataset.card}: ${held.className} below its row`);
    });
  }
  return wrong;
}"""
SMALL = """(least) => [...document.querySelectorAll("button, input, select, textarea, a[href]")]
  .filter((one) => one.checkVisibility() && !one.closest(".react-flow__viewport"))
  .filter((one) => !one.closest(".visually-hidden") && !one.closest("label"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, { right, width }]) => right > 0 && width > 1)
  .filter(([, { width, height }]) => Math.min(width, height) < least - 0.5)
  .filter(([one]) => getComputedStyle(one, "::before").position !== "absolute")
  .map(([one, { width, height }]) => `${one.className} ${width} x ${height}`)"""


@pytest.fixture
def kinds(visitor: Visitor, server: LiveServer) -> Editor:
    """A workflow with every kind of row."""
    server.put("/api/workflows/kinds", {"workflow": KINDS, "revision": 0})
    page = visitor.open("/?workflow=kinds")
    ready(page)
    editor = Editor(page)
    editor.frame()
    expect(editor.card("schedule")).to_be_visible()
    return editor


def test_parts_of_a_node_stand_below_each_other(kinds: Editor) -> None:
    assert kinds.page.locator(".field-message").count() >= 2
    assert kinds.page.evaluate(ROWS) == []


def test_sockets_are_twelve_pixels(kinds: Editor) -> None:
    kinds.press("0")
    kinds.settle()
    sizes = kinds.page.locator(".socket-dot").evaluate_all(
        "list => list.map((one) => `${one.offsetWidth} x ${one.offsetHeight}`)"
    )
    assert set(sizes) == {"12 x 12"}


def test_the_focus_is_ringed_once(kinds: Editor) -> None:
    kinds.canvas.focus()
    kinds.press("/")
    search = kinds.page.get_by_role("combobox", name="Add a node")
    expect(search).to_be_focused()
    expect(search).to_have_css("outline-style", "none")  # its box is ringed
    kinds.press("Escape")
    expect(kinds.canvas).to_be_focused()
    expect(kinds.canvas).to_have_css("outline-style", "none")  # so is the canvas, inside


@pytest.mark.parametrize("locale", ["en", "de"])
def test_no_label_is_cut_without_a_tooltip(
    visitor: Visitor, server: LiveServer, locale: str
) -> None:
    server.put("/api/workflows/kinds", {"workflow": KINDS, "revision": 0})
    page = visitor.open("/?workflow=kinds", locale=locale)
    ready(page)
    page.locator('[data-card="states"] .card-title').click()
    page.keyboard.press("i")
    expect(page.locator(".dock.is-right .field").first).to_be_visible()
    cut = page.evaluate(CUT, LABELS)
    for button in page.locator(".rail button").all():
        button.click()
        expect(page.locator(".dock.is-left .dock-body > :not(.dock-loading)").first).to_be_visible()
        cut += page.evaluate(CUT, LABELS)
    assert not cut, "\n".join(cut)


@pytest.fixture
def phone(visitor: Visitor) -> Page:
    """The page on a phone."""
    context: BrowserContext = visitor.context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = visitor.open(context=context)
    ready(page)
    return page


def test_a_phone_shows_all_of_it(phone: Page) -> None:
    """No scrolling to the side, nothing too small for a finger, Run at hand everywhere."""
    run = phone.get_by_role("button", name="Run", exact=True)
    assert phone.evaluate("matchMedia('(pointer: coarse)').matches")
    wrong: list[str] = []

    def look(at: str) -> None:
        assert phone.evaluate(WIDER) <= 0, at
        wrong.extend(f"{at}: {one}" for one in phone.evaluate(SMALL, TARGET))

    expect(run).to_be_in_viewport(ratio=1)
    look("canvas")
    for name in PANELS:
        phone.get_by_role("button", name=name, exact=True).tap()
        sheet = phone.get_by_role("complementary", name=name)
        expect(sheet).to_be_visible()
        box = sheet.bounding_box()
        assert box is not None
        assert box["width"] == PHONE["width"]
        expect(run).to_be_in_viewport(ratio=1)
        look(name)
        phone.get_by_role("button", name=name, exact=True).tap()
    phone.get_by_role("button", name="Form", exact=True).tap()
    expect(phone.get_by_role("textbox", name="Prompt")).to_be_visible()
    expect(run).to_be_in_viewport(ratio=1)
    look("form")
    assert not wrong, "\n".join(wrong)
