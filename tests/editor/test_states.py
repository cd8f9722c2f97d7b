"""The page in every state and both themes: axe-core finds nothing, and it can be looked at.

WEFT_SCREENSHOTS names a folder for pictures of the states, for whoever changes the look.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from editor.browser import Theme, axe
from editor.driver import JOB_MS, Editor, run_button

ZOOM = """() => {
  const view = document.querySelector(".react-flow__viewport");
  return view ? new DOMMatrix(view.style.transform).a : null;
}"""
# By the wheel, as the keyboard may be in a dialog; React Flow zooms by 2 ** (-deltaY * 0.002).
WHEEL = """(zoom) => {
  const pane = document.querySelector(".react-flow__pane");
  const box = pane.getBoundingClientRect();
  pane.dispatchEvent(new WheelEvent("wheel", {
    deltaY: Math.log2(zoom) / 0.002, bubbles: true, cancelable: true,
    clientX: box.x + box.width / 2, clientY: box.y + box.height / 3,
  }));
}"""
THEMES: tuple[Theme, ...] = ("dark", "light")
SHOTS = os.environ.get("WEFT_SCREENSHOTS")


def empty(editor: Editor) -> None:
    editor.new()


def graph(editor: Editor) -> None:
    expect(editor.card("sample")).to_be_visible()


def search(editor: Editor) -> None:
    editor.canvas.focus()
    editor.press("/")
    expect(editor.page.get_by_role("combobox", name="Add a node")).to_be_focused()
    editor.page.keyboard.type("im")


def dialog(editor: Editor) -> None:
    editor.press("?")
    expect(editor.page.get_by_role("dialog")).to_be_visible()


def inspector(editor: Editor) -> None:
    editor.card("sample").locator(".card-title").click()
    editor.press("i")
    expect(editor.page.get_by_role("complementary", name="Inspector")).to_contain_text("steps")


def running(editor: Editor) -> None:
    editor.field("sample", "steps").fill("400")
    editor.field("sample", "steps").blur()
    run_button(editor.page).click()
    expect(editor.card("sample").get_by_role("img")).to_be_visible(timeout=JOB_MS)


def error(editor: Editor) -> None:
    editor.new()
    editor.add("load image", 200, 200)
    editor.add("save image", 700, 200)
    editor.link("load", "image", "save", "image")
    run_button(editor.page).click()
    expect(editor.page.get_by_role("alert").first).to_be_visible()


def history(editor: Editor) -> None:
    editor.field("sample", "steps").fill("3")
    editor.field("sample", "steps").blur()
    editor.run()
    editor.page.get_by_role("button", name="History", exact=True).click()
    panel = editor.page.get_by_role("complementary", name="History")
    expect(panel.locator("img").first).to_be_visible()


def form(editor: Editor) -> None:
    editor.page.get_by_role("button", name="Form", exact=True).click()
    expect(editor.page.get_by_role("textbox", name="Prompt")).to_be_visible()


def settings(editor: Editor) -> None:
    editor.page.get_by_role("button", name="Settings", exact=True).click()
    panel = editor.page.get_by_role("complementary", name="Settings")
    expect(panel.get_by_text("Language").first).to_be_visible()


STATES: tuple[Callable[[Editor], None], ...] = (
    empty, graph, search, dialog, inspector, running, error, history, form, settings,
)  # fmt: skip


def actual_size(page: Page) -> None:
    """Look at the canvas at 100 %: how large targets are on it, is the person's choice of zoom."""
    zoom = page.evaluate(ZOOM)
    if zoom is not None:
        page.evaluate(WHEEL, zoom)
        page.wait_for_timeout(300)
        assert abs(page.evaluate(ZOOM) - 1) < 0.02


def cancelled(page: Page) -> None:
    """Leave nothing running for the next test."""
    cancel = page.get_by_role("button", name="Cancel", exact=True)
    if cancel.is_visible():
        cancel.click()
        expect(cancel).to_be_hidden(timeout=JOB_MS)


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.__name__)
def test_axe_finds_nothing(page: Page, state: Callable[[Editor], None]) -> None:
    state(Editor(page))
    page.wait_for_timeout(250)  # what moves has moved
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        shoot(page, state.__name__, theme)
    actual_size(page)
    found = {}
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(200)
        shown = page.evaluate("document.documentElement.dataset.theme")
        assert shown == theme
        found[theme] = axe(page)
    cancelled(page)
    assert found == {theme: [] for theme in THEMES}


def shoot(page: Page, state: str, theme: str) -> None:
    if not SHOTS:
        return
    folder = Path(SHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in ((1440, 900), (1280, 720), (2560, 1440), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        page.screenshot(path=folder / f"{state}-{theme}-{width}.png")
    page.set_viewport_size({"width": 1440, "height": 900})
