"""Notices whatever a text of somebody else's has done to a page."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Dialog, Page, Request, Response

# Looks at everything that is added to the page, and at every attribute that is set: at elements
# that the editor does not make, addresses that are not the server's, and at the marks of texts.
WATCH = r"""(() => {
  const words = (text) => new Set(text.trim().split(/\s+/));
  const HTML = words(`html head body title meta script link div span p h1 h2 h3 h4 nav header
    footer main aside section article ul ol li dl dt dd button input textarea select option label
    fieldset legend form dialog img canvas progress details summary pre code kbd b strong em mark
    small a hr svg time output`);
  const SVG = words("svg g path circle rect line pattern defs marker polyline");
  const NOTE = words(`p br hr h1 h2 h3 h4 h5 h6 strong em b i del s code pre kbd sub sup
    blockquote ul ol li a table thead tbody tr th td`);
  const NOTE_ATTRIBUTES = words("href target rel start align");
  const ADDRESSES = words(`src href action formaction data poster background srcset ping srcdoc
    xlink:href cite code codebase manifest`);
  const SPOKEN = words("title aria-label placeholder alt value aria-description");
  let seen = {};
  const wrong = [];
  const complain = (what, element) => {
    const where = element ? `: ${element.outerHTML.slice(0, 200)}` : "";
    if (wrong.length < 100) wrong.push(what + where);
  };
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
  // Elements of such names stand in front of what scripts look for.
  const hides = (name, element) =>
    name === "root" ? element.parentNode !== document.body
      : name in document || name in document.documentElement;
  const checkAttribute = (element, name, value) => {
    if (/^(on.*|srcdoc|http-equiv)$/i.test(name)) complain(`attribute ${name}`, element);
    if (/^style$/i.test(name) && /url\(|expression|@import|fixed/i.test(value))
      complain("style", element);
    if (/^(id|name)$/i.test(name) && hides(value, element)) complain(`${name} ${value}`, element);
    if (!ADDRESSES.has(name.toLowerCase())) return;
    const isPicture = element.localName === "img";
    if (isPicture && !/^(blob:|\/api\/)/.test(value)) complain("picture", element);
    const inNote = element.nodeName === "A" && element.closest(".markdown");
    if (!(inNote ? isLink(value) : isOwn(value))) complain(`address ${name}`, element);
    if (inNote && !/noopener/.test(element.rel)) complain("link without noopener", element);
  };
  const check = (element) => {
    const name = element.localName;
    const note = element.parentElement?.closest(".markdown");
    const known = note ? NOTE
      : element.namespaceURI === "http://www.w3.org/2000/svg" ? SVG : HTML;
    if (!known.has(name)) complain("element", element);
    if (name === "script" && !/^\.?\/assets\/[\w.-]+\.js$/.test(element.getAttribute("src") ?? ""))
      complain("script", element);
    for (const { name: attribute, value } of element.attributes) {
      checkAttribute(element, attribute, value);
      if (note && !NOTE_ATTRIBUTES.has(attribute)) complain("attribute in a note", element);
      if (SPOKEN.has(attribute)) hear(value);
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
        if (SPOKEN.has(attributeName)) hear(value);
      }
    }
  }).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
  // A page has the server's origin also where its address is a blob's.
  const blobs = new Set(), make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    blobs.add(blob.type);
    if (/html|svg|xml|script/i.test(blob.type)) complain(`blob ${blob.type}`);
    return make(blob);
  };
  window.weftBlobs = () => [...blobs];
  window.weftCanary = () => {
    for (const one of document.querySelectorAll("input, textarea")) hear(one.value);
    const said = Object.fromEntries(Object.entries(seen).map(([name, set]) => [name, [...set]]));
    seen = {};
    if (window.weftRan !== undefined) complain("it ran");
    delete window.weftRan;
    return { said, wrong: wrong.splice(0) };
  };
})();"""


class Canary:
    """Watches the pages of a browser's profile."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.wrong: list[str] = []
        self.responses = 0
        self._origin = origin
        context.add_init_script(WATCH)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("dialog", self._dialog)
        context.on("page", self._page)

    def look(self, page: Page) -> dict[str, set[int]]:
        """The numbers of the texts that a page has shown since the last look, by field."""
        found = page.evaluate("weftCanary()")
        self.wrong += found["wrong"]
        return {field: set(numbers) for field, numbers in found["said"].items()}

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
    for rule in filter(str.strip, policy.split(";")):
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
