"""Driving the editor as a person does: by what stands on the page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

JOB_MS = 60_000  # for a picture on a busy machine


CATCH = """() => {
  window.caught = new Promise((done) => {
    const make = URL.createObjectURL, click = HTMLAnchorElement.prototype.click;
    URL.createObjectURL = (blob) => {
      if (blob.type !== "application/json") return make(blob);
      URL.createObjectURL = make;
      HTMLAnchorElement.prototype.click = () => {
        HTMLAnchorElement.prototype.click = click;
        done(blob);
      };
      return "#";
    };
  });
}"""


class Editor:
    """The editor's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # --- what there is ----------------------------------------------------------------------------

    @property
    def canvas(self) -> Locator:
        return self.page.locator("[data-canvas]")

    def card(self, id: str) -> Locator:
        """A node on the canvas, by its id."""
        return self.page.locator(f'[data-card="{id}"]')

    def cards(self) -> list[str]:
        """The ids of the nodes that are mounted."""
        ids = self.page.locator("[data-card]").evaluate_all(
            "list => list.map((one) => one.dataset.card)"
        )
        return sorted(ids)

    def socket(self, node: str, name: str, side: str) -> Locator:
        return self.page.locator(f'[data-socket="{node}.{name}"][data-side="{side}"]')

    def field(self, node: str, name: str) -> Locator:
        """The control of an input's field."""
        return self.page.locator(f'[id="{node}-{name}-control"]')

    def document(self) -> dict[str, Any]:
        """The shown workflow as its file's data."""
        return dict(json.loads(self.text()))

    def text(self) -> str:
        """The shown workflow's file: what *Download as a file* would save.

        A browser asks before a page downloads a dozen files, so they are caught on the way.
        """
        self.page.evaluate(CATCH)
        self.canvas.focus()
        self.page.keyboard.press("Control+e")
        return str(self.page.evaluate("async () => (await window.caught).text()"))

    @property
    def found(self) -> Locator:
        """What the open search found."""
        return self.page.get_by_role("dialog", name="Add a node").get_by_role("option")

    # --- what a person does -----------------------------------------------------------------------

    def new(self) -> None:
        """An empty workflow in a tab of its own."""
        self.page.get_by_role("button", name="New workflow").click()
        expect(self.page.get_by_text("Nothing here yet")).to_be_visible()

    def add(self, query: str, x: float, y: float) -> None:
        """Double-click on the canvas, type, and take the first that is found."""
        box = self.canvas.bounding_box()
        assert box is not None
        self.page.mouse.dblclick(box["x"] + x, box["y"] + y)
        self.choose(query)
        self.settle()

    def choose(self, query: str) -> None:
        """Type into the open search, and take the first that is found."""
        search = self.page.get_by_role("combobox", name="Add a node")
        expect(search).to_be_focused()
        search.fill(query)
        expect(self.found.first).to_be_visible()
        search.press("Enter")
        expect(search).to_be_hidden()

    def link(self, source: str, output: str, target: str, input: str) -> None:
        """Drag a link from an output to an input."""
        self.drag(self.socket(source, output, "out"), self.socket(target, input, "in"))

    def drag(self, source: Locator, target: Locator) -> None:
        """Drag from the middle of one thing to the middle of another, as a hand does."""
        begin, end = middle(source), middle(target)
        self.page.mouse.move(*begin)
        self.page.mouse.down()
        self.page.mouse.move((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2, steps=4)
        self.page.mouse.move(*end, steps=4)
        self.page.mouse.up()

    def drag_to(self, source: Locator, x: float, y: float) -> None:
        """Drag from the middle of something to a place of the window."""
        begin = middle(source)
        self.page.mouse.move(*begin)
        self.page.mouse.down()
        self.page.mouse.move(begin[0] + 3, begin[1])  # from here on it is a drag
        self.page.mouse.move((begin[0] + x) / 2, (begin[1] + y) / 2, steps=4)
        self.page.mouse.move(x, y, steps=4)
        self.page.mouse.up()

    def run(self) -> None:
        """Press Run and wait until it is done."""
        run_button(self.page).click()
        self.finished()

    def finished(self) -> None:
        """Wait until nothing runs any more."""
        cancel = self.page.get_by_role("button", name="Cancel", exact=True)
        expect(cancel).to_be_visible()
        expect(cancel).to_be_hidden(timeout=JOB_MS)

    def frame(self) -> None:
        """Show the whole graph, and wait until the view has stopped."""
        self.canvas.focus()
        self.page.keyboard.press("f")
        self.settle()

    def settle(self) -> None:
        """Wait until the view has stopped moving."""
        self.page.evaluate(
            """async () => {
              const view = document.querySelector(".react-flow__viewport");
              let before = "";
              for (let still = 0; still < 2; ) {
                await new Promise((done) => setTimeout(done, 60));
                const now = view.style.transform + document.querySelectorAll("[data-card]").length;
                still = now === before ? still + 1 : 0;
                before = now;
              }
            }"""
        )

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def editor(page: Page) -> Editor:
    """The editor as a first visit shows it: the text-to-image template."""
    return Editor(page)


def run_button(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("button", name="Run", exact=True)


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box is not None, f"{of} is not on the page"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
