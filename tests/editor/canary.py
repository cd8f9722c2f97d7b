"""Notices whatever a text of somebody else's has done to a page."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Dialog, Page, Request, Response

# Looks at everything that is added to the page, and at every attribute that is set: at elements
# that the editor does not make, addresses that are not the server's, and at the marks of texts.
WATCH = r"""(() => {
  const HTML = new Set(`html head body title meta script link div span p h1 h2 h3 h4 nav header footer
    main aside section article ul ol li dl dt dd button input textarea select option label fieldset
    legend form dialog img canvas progress details summary pre code kbd b strong em mark small a
    svg time output`.split(/\s+/));
  const SVG = new Set("svg g path circle rect line pattern defs marker polyline".split(" "));
  const NOTE = new Set(`p br hr h1 h2 h3 h4 h5 h6 strong em b i del s code pre kbd sub sup blockquote
    ul ol li a table thead tbody tr th td`.split(/\s+/));
  const NOTE_ATTRIBUTES = new Set("href target rel start align".split(" "));
  const ADDRESSES = new Set(`src href action formaction data poster background srcset ping srcdoc
    xlink:href cite code codebase manifest`.split(/\s+/));
  const SPOKEN = ["title", "aria-label", "placeholder", "alt", "value", "aria-description"];
  const seen = {}, wrong = [];
  const complain = (what) => { if (wrong.length < 100) wrong.push(what); };
  const hear = (text) => {
    if (typeof text !== "string" || !text.includes("⟦")) return;
    for (const [, field, number] of text.matchAll(/⟦(\w+)·(\d+)⟧/g))
      (seen[field] ??= new Set()).add(Number(number));
  };
  const isOwn = (address) => {
    try {
      const url = new URL(address, location.origin);
      return (url.protocol === "blob:" || url.protocol === "http:") &&
        url.origin === location.origin;
    } catch { return false; }
  };
  const isLink = (address) => /^(https?|mailto):/i.test(address);
  const checkAttribute = (element, name, value) => {
    const short = element.outerHTML.slice(0, 200);
    if (/^on/i.test(name)) complain(`handler ${name}: ${short}`);
    if (/^(srcdoc|http-equiv)$/i.test(name)) complain(`${name}: ${short}`);
    if (/^style$/i.test(name) && /url\(|expression|@import/i.test(value))
      complain(`style ${value.slice(0, 100)}: ${short}`);
    if (!ADDRESSES.has(name.toLowerCase())) return;
    const inNote = element.nodeName === "A" && element.closest(".markdown");
    if (!(inNote ? isLink(value) : isOwn(value))) complain(`address ${name}: ${short}`);
    if (inNote && !/noopener/.test(element.rel)) complain(`link without noopener: ${short}`);
  };
  const check = (element) => {
    const name = element.localName;
    const note = element.parentElement?.closest(".markdown");
    const known = note ? NOTE
      : element.namespaceURI === "http://www.w3.org/2000/svg" ? SVG : HTML;
    if (!known.has(name)) complain(`element ${name}: ${element.outerHTML.slice(0, 200)}`);
    if (name === "script" && !/^\/assets\/[\w.-]+\.js$/.test(element.getAttribute("src") ?? ""))
      complain(`script: ${element.outerHTML.slice(0, 200)}`);
    for (const { name: attribute, value } of element.attributes) {
      checkAttribute(element, attribute, value);
      if (note && !NOTE_ATTRIBUTES.has(attribute))
        complain(`attribute ${attribute} in a note: ${element.outerHTML.slice(0, 200)}`);
      if (SPOKEN.includes(attribute)) hear(value);
    }
    if (name === "input" || name === "textarea") hear(element.value);
  };
  const look = (node) => {
    if (node.nodeType === Node.TEXT_NODE) hear(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    check(node);
    hear(node.textContent);
    for (const one of node.querySelectorAll("*")) check(one);
  };
  new MutationObserver((records) => {
    for (const { type, target, addedNodes, attributeName } of records) {
      if (type === "childList") addedNodes.forEach(look);
      else if (type === "characterData") hear(target.data);
      else {
        const value = target.getAttribute(attributeName);
        if (value === null) continue;
        checkAttribute(target, attributeName, value);
        if (SPOKEN.includes(attributeName)) hear(value);
      }
    }
  }).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
  window.weftCanary = () => {
    for (const one of document.querySelectorAll("input, textarea")) hear(one.value);
    const said = Object.fromEntries(Object.entries(seen).map(([name, set]) => [name, [...set]]));
    return { seen: said, wrong: [...wrong, ...(window.weftRan === undefined ? [] : ["it ran"])] };
  };
})();"""


class Canary:
    """Watches the pages of a browser's profile."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.wrong: list[str] = []
        self.seen: defaultdict[str, set[int]] = defaultdict(set)
        self.responses = 0
        self._origin = origin
        context.add_init_script(WATCH)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("dialog", self._dialog)
        context.on("page", self._page)

    def look(self, page: Page) -> None:
        """Take in what the page has seen until now. A page forgets it when it is left."""
        found = page.evaluate("weftCanary()")
        self.wrong += found["wrong"]
        for field, numbers in found["seen"].items():
            self.seen[field] |= set(numbers)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._origin + "/", f"blob:{self._origin}/")):
            self.wrong.append(f"a request to {request.url[:200]}")

    def _response(self, response: Response) -> None:
        if not response.url.startswith(self._origin):
            return
        self.responses += 1
        policy = response.headers.get("content-security-policy", "")
        self.wrong += [f"{one}: {response.url}" for one in weak(policy)]

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _page(self, page: Page) -> None:
        if page.opener() is not None:
            self.wrong.append("a window was opened")


def weak(policy: str) -> list[str]:
    """What is wrong with a policy: where it would let script run that is no file of the server."""
    rules: dict[str, list[str]] = {}
    for rule in policy.split(";"):
        name, *values = rule.split()
        rules[name] = values
    found = []
    for name in ("script-src", "style-src", "object-src", "frame-src", "worker-src", "base-uri"):
        values = rules.get(name, rules.get("default-src", ["*"]) if name != "base-uri" else ["*"])
        sandboxed = "sandbox" in rules and "allow-scripts" not in rules["sandbox"]
        hashes = [one for one in values if one.startswith("'sha256-") and name == "style-src"]
        allowed = {"'self'", "'none'", *hashes}
        if not set(values) <= allowed and not (name == "base-uri" and sandboxed):
            found.append(f"{name} allows {' '.join(values)}")
    return found


def unseen(canary: Canary, field: str, count: int) -> list[Any]:
    return sorted(set(range(count)) - canary.seen[field])
