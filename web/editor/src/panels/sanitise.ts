/** Markdown to a few harmless elements. Loaded when the first note is shown. */

import createDOMPurify, { type Config } from "dompurify";
import { Marked } from "marked";

const TAGS = [
  ..."p br hr h1 h2 h3 h4 h5 h6 strong em b i del s code pre kbd sub sup blockquote".split(" "),
  ..."ul ol li a table thead tbody tr th td".split(" "),
];
const CONFIG: Config = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ["href", "start", "align"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
};
const PROTOCOLS = ["http:", "https:", "mailto:"];
/** Where HTML begins that is more than one of those elements, without attributes, or a comment. */
const MORE = new RegExp(`<(?!/?(?:${TAGS.join("|")})\\s*/?>|!--)`, "gi");

const markdown = new Marked({
  async: false,
  breaks: true,
  gfm: true,
  renderer: {
    // Shown as it is written: what it might do is not even read as HTML.
    html: ({ text }) => text.replace(MORE, "&lt;"),
    // Pictures from elsewhere would tell who reads the note; their words are kept.
    image: ({ text }) => escaped(text),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

const purify = createDOMPurify(window);

purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName !== "A") return;
  const href = node.getAttribute("href");
  if (href === null || !isHarmless(href)) {
    node.removeAttribute("href");
    return;
  }
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

function isHarmless(href: string): boolean {
  try {
    return PROTOCOLS.includes(new URL(href).protocol);
  } catch {
    return false;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The elements of a Markdown text. Never as text again: parsing twice is how filters are fooled. */
export function rendered(text: string): DocumentFragment {
  const html = markdown.parse(text) as string;
  return purify.sanitize(html, { ...CONFIG, RETURN_DOM_FRAGMENT: true });
}
