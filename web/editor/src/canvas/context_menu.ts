/** The menu under the right button: the actions for what it was pressed on. */

import type { MouseEvent } from "react";
import { createStore } from "zustand/vanilla";
import { activeTab, select } from "../state/tabs";
import type { LinkElement } from "./elements";
import { gesture } from "./gesture";

interface ContextMenu {
  readonly screen: { readonly x: number; readonly y: number } | null;
  readonly on: "node" | "link" | "canvas";
}

export const contextMenu = createStore<ContextMenu>(() => ({ screen: null, on: "canvas" }));

/** Open it for a node, a link or the canvas. */
export function openContextMenu(
  event: MouseEvent | globalThis.MouseEvent,
  element?: { readonly id: string } | LinkElement,
): void {
  event.preventDefault();
  const screen = { x: event.clientX, y: event.clientY };
  if (!element) {
    contextMenu.setState({ screen, on: "canvas" });
    return;
  }
  if ("source" in element) {
    select([]);
    gesture.setState({ link: element.id });
    contextMenu.setState({ screen, on: "link" });
    return;
  }
  if (!activeTab()?.selection.has(element.id)) select([element.id]);
  contextMenu.setState({ screen, on: "node" });
}
