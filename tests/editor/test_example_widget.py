"""The example plugin's widget: found, served, and of use with a mouse and with a keyboard.

First by itself: in a page under the editor's policy, in a shadow root, as the editor mounts it.
Then in the editor.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from editor.browser import ROOT, ready, visiting
from editor.driver import Editor
from web.live import LiveServer, live
from web.stand_in import StandIn

PLUGIN = ROOT / "plugins/weft-example"
# What the editor does to show a widget, and a model that notes what it is told.
MOUNT = """async (url) => {
  const { default: widget } = await import(url);
  const host = document.createElement("div");
  host.style.width = "240px";
  document.body.append(host);
  const el = host.attachShadow({ mode: "open" }).appendChild(document.createElement("div"));
  const stop = new AbortController();
  const listeners = new Set();
  window.told = { value: [0, 0.25, 0.5, 0.75, 1], sets: 0, commits: 0, failed: null, listeners };
  const model = {
    get: () => told.value,
    set: (value) => { told.value = value; told.sets += 1; },
    commit: () => { told.commits += 1; },
    subscribe: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
  };
  told.change = (value) => { told.value = value; for (const one of listeners) one(value); };
  told.stop = () => stop.abort();
  await widget.render({
    el, model, signal: stop.signal,
    host: { contract: 1, label: "points", schema: {}, compact: true, theme: "dark",
            language: "en", fail: (error) => { told.failed = String(error); } },
  });
  return widget.contract;
}"""


def installed(site: Path) -> Path:
    """The plugin in a folder, as `pip install` leaves it."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text("utf-8"))["project"]
    (site / "weft_example").symlink_to(PLUGIN / "weft_example")
    info = site / f"weft_example-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = "".join(f"{name} = {at}\n" for name, at in project["entry-points"]["weft"].items())
    (info / "entry_points.txt").write_text(f"[weft]\n{points}")
    return site


@pytest.fixture(scope="module")
def plugged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with the plugin."""
    site = installed(tmp_path_factory.mktemp("site"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.setenv("PYTHONPATH", str(site))
        pool = StandIn(answers={"models": {"models": []}})
        with live(tmp_path_factory.mktemp("plugged"), pool) as server:
            yield server


@pytest.fixture
def widget(browser: Browser, plugged: LiveServer) -> Iterator[Page]:
    with visiting(browser, plugged) as visitor:
        visitor.expect(r"favicon\.ico")  # which a page without a link to one is asked for
        page = visitor.open("/api/jobs")
        (found,) = plugged.get("/api/widgets").json["widgets"]
        assert page.evaluate(MOUNT, found["widgets"]["example/curve"]) == 1
        expect(page.get_by_role("slider")).to_have_count(5)
        yield page


def told(page: Page, name: str) -> Any:
    return page.evaluate(f"told.{name}")


def test_it_is_drawn_with_its_style(widget: Page) -> None:
    expect(widget.get_by_role("group", name="points")).to_be_visible()
    third = widget.get_by_role("slider", name="points 3 / 5")
    expect(third).to_have_attribute("aria-valuenow", "0.5")
    expect(third).to_have_css("cursor", "ns-resize")  # of its style sheet


def test_a_drag_is_one_step(widget: Page) -> None:
    box = widget.get_by_role("slider", name="points 2 / 5").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    widget.mouse.move(x, y)
    widget.mouse.down()
    for step in range(1, 6):
        widget.mouse.move(x, y - 8 * step)
    widget.mouse.up()
    value = told(widget, "value")
    assert value[1] > 0.5
    assert value[0] == 0
    assert value[2:] == [0.5, 0.75, 1]
    assert told(widget, "sets") > 1
    assert told(widget, "commits") == 1


def test_keys_move_a_point(widget: Page) -> None:
    widget.get_by_role("slider", name="points 1 / 5").focus()
    for key in ("ArrowUp", "ArrowUp", "Shift+ArrowDown"):
        widget.keyboard.press(key)
    assert told(widget, "value")[0] == pytest.approx(0.09)
    widget.keyboard.press("Tab")
    widget.keyboard.press("End")
    assert told(widget, "value")[1] == 1
    widget.keyboard.press("Home")
    assert told(widget, "value")[1] == 0
    assert told(widget, "commits") == 5


def test_it_follows_changes_made_elsewhere_until_it_is_taken_away(widget: Page) -> None:
    first = widget.get_by_role("slider", name="points 1 / 5")
    widget.evaluate("told.change([1, 0.25, 0.5, 0.75, 0])")
    expect(first).to_have_attribute("aria-valuenow", "1")
    widget.evaluate("told.change([1, 2])")
    assert "number of points" in told(widget, "failed")
    widget.evaluate("told.stop()")
    assert told(widget, "listeners.size") == 0


def test_in_the_editor_a_drag_is_one_step_of_undo(
    built: None, browser: Browser, plugged: LiveServer
) -> None:
    with visiting(browser, plugged) as visitor:
        visitor.expect(r"status of 503 .*/api/plan")  # the pool of this server plans nothing
        page = visitor.open()
        ready(page)
        editor = Editor(page)
        editor.new()
        editor.add("example curve", 400, 300)
        handle = page.get_by_role("slider", name="points 2 / 5")
        box = handle.bounding_box()
        assert box is not None
        place = editor.card("curve").bounding_box()
        editor.drag_to(handle, box["x"], box["y"] - 20)
        assert editor.card("curve").bounding_box() == place  # the node itself is not dragged
        points = editor.document()["nodes"]["curve"]["values"]["points"]
        assert points[1] > 0.4
        assert points[2:] == [0.5, 0.75, 1]
        editor.press("Escape", "Control+z")
        assert "values" not in editor.document()["nodes"]["curve"]
        expect(handle).to_have_attribute("aria-valuenow", "0.25")
