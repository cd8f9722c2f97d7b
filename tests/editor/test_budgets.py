"""Bounds that hold whatever the machine: what is mounted, and that nothing is drawn in vain."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from editor.browser import Visitor, ready
from web.live import LiveServer

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.editor import copies

CARDS = 60  # that can be seen at once at full size, with those around
ELEMENTS = 6000
MUTATIONS = """() => new Promise((done) => {
  let count = 0;
  const watch = new MutationObserver((list) => { count += list.length; });
  watch.observe(document.body, {subtree: true, childList: true, attributes: true,
    characterData: true});
  setTimeout(() => { watch.disconnect(); done(count); }, 2000);
})"""

STEADY = 80  # milliseconds between two turns of the wheel, after which the editor may call it rest
TRIES = 10

# What is mounted after each turn of the wheel; null where the machine paused between two of them.
RECEDING = """async (steady) => {
  const pane = document.querySelector('.react-flow__pane');
  const box = pane.getBoundingClientRect();
  const seen = [];
  let turned = performance.now();
  for (let frame = 0; frame < 12; frame++) {
    pane.dispatchEvent(new WheelEvent('wheel', {deltaY: 30, clientX: box.x + box.width / 2,
      clientY: box.y + box.height / 2, bubbles: true, cancelable: true}));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    if (performance.now() - turned > steady) return null;
    turned = performance.now();
    seen.push([document.querySelectorAll('[data-card]').length,
      document.querySelectorAll('canvas.overview').length]);
  }
  return seen;
}"""


def settled(page: Page) -> int:
    """How many cards are mounted, once that number has stood for a second."""
    counts: list[int] = []
    while len(counts) < 10 or len(set(counts[-10:])) > 1:
        assert len(counts) < 100, f"the number of cards never stood: {counts}"
        counts.append(page.locator("[data-card]").count())
        page.wait_for_timeout(100)
    return counts[-1]


def test_what_is_mounted_is_bounded_by_the_viewport(visitor: Visitor, server: LiveServer) -> None:
    server.put("/api/workflows/large", {"workflow": copies(2000), "revision": 0})
    page = visitor.open("/?workflow=large")
    ready(page)
    cards = page.locator("[data-card]")
    expect(page.get_by_role("img", name="2,000 nodes")).to_be_visible()  # from afar
    assert cards.count() == 0
    page.locator("[data-canvas]").focus()
    page.keyboard.press("0")
    expect(cards.first).to_be_visible()
    page.wait_for_timeout(500)
    assert 0 < cards.count() <= CARDS
    assert page.evaluate("document.querySelectorAll('*').length") <= ELEMENTS
    for _ in range(4):
        page.mouse.move(1000, 600)
        page.mouse.down()
        page.mouse.move(300, 300, steps=5)
        page.mouse.up()
        page.wait_for_timeout(200)
        assert cards.count() <= CARDS


def test_nothing_is_mounted_while_somebody_zooms_out(visitor: Visitor, server: LiveServer) -> None:
    """Boxes stand in for what comes into sight, until the wheel rests."""
    server.put("/api/workflows/receding", {"workflow": copies(500), "revision": 0})
    page = visitor.open("/?workflow=receding")
    ready(page)
    cards = page.locator("[data-card]")
    expect(page.get_by_role("img", name="500 nodes")).to_be_visible()  # it has been framed
    assert cards.count() == 0
    for _ in range(TRIES):
        page.locator("[data-canvas]").focus()
        page.keyboard.press("0")
        expect(cards.first).to_be_visible()
        before = settled(page)
        seen = page.evaluate(RECEDING, STEADY)
        if seen is not None:
            break
    assert seen is not None, f"no zoom without a pause of {STEADY} ms in {TRIES} tries"
    assert max(mounted for mounted, _ in seen) <= before
    assert [boxes for _, boxes in seen][1:] == [1] * 11
    expect(page.locator("canvas.overview")).to_have_count(0)
    expect(cards.nth(before)).to_be_attached()  # more than before


def test_nothing_is_drawn_while_nothing_happens(visitor: Visitor) -> None:
    page = visitor.open()
    ready(page)
    page.wait_for_timeout(2000)
    assert page.evaluate(MUTATIONS) == 0
