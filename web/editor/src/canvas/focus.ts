/** Moving the keyboard's focus to nodes and sockets, which may only just be mounted. */

import type { Endpoint } from "../document/workflow";
import { select } from "../state/tabs";
import { reveal } from "./camera";
import { gesture } from "./gesture";

/** Focus a node's card, select it, and bring it into sight. */
export function focusNode(id: string, { keep = false } = {}): void {
  gesture.setState({ current: id, link: null });
  if (!keep) select([id]);
  reveal(id);
  whenMounted(`[data-card="${CSS.escape(id)}"]`, (card) => card.focus({ preventScroll: true }));
}

export function focusSocket({ node, socket }: Endpoint, side: "in" | "out"): void {
  const key = CSS.escape(`${node}.${socket}`);
  whenMounted(`[data-socket="${key}"][data-side="${side}"]`, (one) =>
    one.focus({ preventScroll: true }),
  );
}

export function focusCanvas(): void {
  document.querySelector<HTMLElement>("[data-canvas]")?.focus({ preventScroll: true });
}

/** The view may still be moving towards it. Given up where the focus went elsewhere meanwhile. */
function whenMounted(
  selector: string,
  use: (element: HTMLElement) => void,
  tries = 30,
  before = document.activeElement,
): void {
  const now = document.activeElement;
  if (now !== before && now !== document.body) return;
  const found = document.querySelector<HTMLElement>(selector);
  if (found) use(found);
  else if (tries > 0) requestAnimationFrame(() => whenMounted(selector, use, tries - 1, before));
}
