"""A plugin's widget that fails, in whatever way, stays in its box: the page goes on without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from editor.browser import Visitor, ready, visiting
from editor.driver import Editor
from web.live import LiveServer, live
from web.stand_in import StandIn
from weft import InputSpec, NodeSpec, Registry, WebAssets
from weft.plugins import Catalogue

HTML = "<img src=x onerror=globalThis.weftRan=1>"
GOOD = """export default { contract: 1, render({ el, model, host }) {
  const button = el.appendChild(document.createElement("button"));
  const show = () => { button.textContent = `${host.input} is ${model.get()}`; };
  button.onclick = () => { model.set("clicked"); model.commit(); show(); };
  model.subscribe(show);
  show();
} };"""


def widget(body: str) -> str:
    """A module whose widget does that when it is drawn, after it has drawn something."""
    return f"""export default {{ contract: 1, async render({{ el, model, host, signal }}) {{
  el.append(document.createElement("input"));
  {body}
}} }};"""


# Modules, and what is said in place of their widgets.
FAILING = {
    "import": (f"throw new Error('{HTML}');", HTML),
    "syntax": ("export default {{{", "Unexpected token"),
    "shape": ("export default 42;", "no default export"),
    "nothing": ("export const other = 1;", "no default export"),
    "contract": ("export default { contract: 99, render() {} };", "contract 99"),
    "endless": ("await new Promise(() => {}); export default 1;", "did not load"),
    "throws": (widget("throw Error('at once');").replace("async", ""), "at once"),
    "rejects": (widget(f"throw new Error('{HTML}');"), HTML),
    "odd": (widget("throw null;"), "null"),
    "gives-up": (widget("host.fail('no more');"), "no more"),
    "wrong": (widget("model.set({});"), "expected"),
    "later": (widget("setTimeout(() => { throw new Error('later'); }, 50);"), "later"),
    "unheard": (widget("setTimeout(() => Promise.reject(new Error('unheard')), 50);"), "unheard"),
    "eval": (widget("eval('1');"), "unsafe-eval"),
}  # fmt: skip
# Those that are drawn, and do what they should not.
DRAWN = {
    "good": GOOD,
    "hears": widget("""model.subscribe(() => { throw new Error('at a change'); });
      el.firstChild.onclick = () => { model.set("changed"); model.commit(); };"""),
    "pressed": widget("el.firstChild.onclick = () => { throw new Error('at a click'); };"),
    "never": widget("await new Promise(() => {});"),
    "styles": widget("""const sheet = new CSSStyleSheet();
      sheet.replaceSync("* { display: none !important } :root, body { background: red }");
      el.getRootNode().adoptedStyleSheets = [sheet];"""),
    "globals": widget("""Object.assign(globalThis, { React: 1, ReactDOM: 1, zustand: 1, model: 1,
        tabs: 1, ui: 1, server: 1, weft: 1, t: 1, run: 1, name: "taken", status: "taken" });
      globalThis.onerror = () => true;
      el.id = "root";
      el.className = "app react-flow__pane modal";"""),
}  # fmt: skip
NAMES = [*DRAWN, *FAILING, "missing"]
# The page waits ten seconds for a module.
HASTEN = """(() => {
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (call, ms, ...more) => wait(call, ms === 10000 ? 300 : ms, ...more);
})();"""


@pytest.fixture(scope="module")
def boxed(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with a plugin that brings all of them."""
    folder = tmp_path_factory.mktemp("site")
    web = folder / "boxed_widgets/web"
    web.mkdir(parents=True)
    (web.parent / "__init__.py").touch()
    modules = DRAWN | {name: text for name, (text, _) in FAILING.items()}
    for name, text in modules.items():
        (web / f"{name}.js").write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        pool = StandIn(answers={"models": {"models": []}, "plan": {"nodes": {}}})
        with live(tmp_path_factory.mktemp("boxed"), pool, registry=registry()) as server:
            yield server


def registry() -> Registry:
    made = Registry.installed()
    inputs = [
        InputSpec(name, "str", {"type": "string", "x-widget": f"boxed/{name}"}, False, "kept")
        for name in NAMES
    ]
    spec = NodeSpec("boxed:all.widgets", 1, tuple(inputs), (), "Boxed")
    assets = WebAssets("boxed_widgets:web", {f"boxed/{name}": f"{name}.js" for name in NAMES})
    made.add_catalogue(Catalogue("boxed", "boxed-widgets", "1", (spec,), web=assets))
    return made


@pytest.fixture
def visitor(browser: Browser, boxed: LiveServer) -> Iterator[Visitor]:
    with visiting(browser, boxed) as made:
        made.expect(r"/ext/boxed/")  # what the plugin itself says
        made.expect(r"policy: script-src: eval")  # which one of them tries
        yield made


@pytest.fixture
def editor(visitor: Visitor) -> Editor:
    """The editor with the node."""
    context = visitor.context(viewport={"width": 1440, "height": 1600})
    context.add_init_script(HASTEN)
    page = visitor.open(context=context)
    ready(page)
    made = Editor(page)
    made.new()
    made.add("boxed", 400, 100)
    made.card("widgets").get_by_role("button", name="More").click()
    made.frame()
    return made


def row(editor: Editor, name: str) -> Locator:
    return editor.card("widgets").locator(".card-row", has=editor.socket("widgets", name, "in"))


def failure(editor: Editor, name: str) -> Locator:
    return row(editor, name).locator(".plugin-failure")


def test_each_says_what_is_wrong_with_it_and_shows_its_value(editor: Editor) -> None:
    for name, (_, words) in FAILING.items():
        expect(failure(editor, name)).to_contain_text(words)
        expect(failure(editor, name).locator("textarea")).to_have_value('"kept"')
    expect(failure(editor, "missing")).to_be_visible()
    for name in DRAWN:
        expect(row(editor, name).locator(".plugin-frame")).to_be_attached()
        expect(failure(editor, name)).to_have_count(0)
    assert editor.page.evaluate("typeof weftRan") == "undefined"
    assert editor.page.locator("img").count() == 0


def test_the_value_can_still_be_written_and_the_widget_tried_again(editor: Editor) -> None:
    text = failure(editor, "throws").locator("textarea")
    text.fill('"by hand"')
    text.blur()
    assert editor.document()["nodes"]["widgets"]["values"] == {"throws": "by hand"}
    failure(editor, "gives-up").get_by_role("button", name="Try again").click()
    expect(failure(editor, "gives-up")).to_contain_text("no more")


def test_one_that_fails_later_takes_no_other_with_it(editor: Editor) -> None:
    good = row(editor, "good").get_by_role("button", name="good is kept")
    good.click()
    row(editor, "pressed").get_by_role("textbox").click()
    expect(failure(editor, "pressed")).to_contain_text("at a click")
    row(editor, "hears").get_by_role("textbox").click()
    assert editor.document()["nodes"]["widgets"]["values"] == {
        "good": "clicked",
        "hears": "changed",
    }
    editor.canvas.focus()
    editor.press("Control+z")
    expect(failure(editor, "hears")).to_contain_text("at a change")
    editor.press("Control+z")
    expect(good).to_be_visible()
    assert "values" not in editor.document()["nodes"]["widgets"]


def test_the_page_goes_on(editor: Editor) -> None:
    page = editor.page
    expect(editor.card("widgets").locator(".card-title")).to_be_visible()
    red = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert red != "rgb(255, 0, 0)"
    editor.add("primitive.text", 900, 200)
    assert editor.cards() == ["text", "widgets"]
    editor.press("Escape", "Control+k")
    expect(page.get_by_role("dialog", name="Commands")).to_be_visible()
    editor.press("Escape")
    editor.card("widgets").locator(".card-title").click()
    editor.press("i")
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.get_by_role("button", name="good is kept")).to_be_visible()
    expect(inspector.locator(".plugin-failure")).to_have_count(len(FAILING) + 1)
    editor.card("widgets").locator(".card-title").click()
    editor.press("Delete")
    assert editor.cards() == ["text"]
    editor.press("Control+z")
    expect(editor.card("widgets")).to_be_visible()
