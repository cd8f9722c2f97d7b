/** What is open on the page, and what is said to the person. Nothing here is saved in a file. */

import { createStore } from "zustand/vanilla";
import type { Endpoint, Scope } from "../document/workflow";

export type Panel =
  | "nodes"
  | "workflows"
  | "templates"
  | "queue"
  | "history"
  | "models"
  | "outline"
  | "settings";

/** The search for a node, and what becomes of the one that is chosen. */
export interface Search {
  /** Where the node goes, in the canvas's coordinates. */
  readonly at: { readonly x: number; readonly y: number };
  /** Where the box opens, in the window's. */
  readonly screen: { readonly x: number; readonly y: number };
  /** The end of a link that was dropped: only nodes that fit, connected at once. */
  readonly link?: { readonly from: Endpoint; readonly side: "in" | "out"; readonly kind: string };
}

export interface Toast {
  readonly id: number;
  readonly tone: "info" | "ok" | "warn" | "error";
  readonly text: string;
  readonly action?: { readonly label: string; run(): void };
}

export type Dialog =
  | { readonly kind: "viewer"; readonly job: string; readonly index: number }
  | {
      readonly kind: "mask";
      readonly scope: Scope;
      readonly node: string;
      readonly input: string;
      readonly upload: string;
    }
  | { readonly kind: "upload"; readonly upload: string }
  | { readonly kind: "conflict"; readonly tab: string }
  | { readonly kind: "compare"; readonly tab: string; readonly revision?: number }
  | { readonly kind: "revisions"; readonly name: string }
  | { readonly kind: "save-as" }
  | { readonly kind: "subgraph-name" }
  | { readonly kind: "close-tab"; readonly tab: string }
  | { readonly kind: "commands" }
  | { readonly kind: "shortcuts" }
  | { readonly kind: "rename-node"; readonly node: string };

interface Ui {
  readonly panel: Panel | null;
  readonly inspector: boolean;
  /** The form made of the workflow's parameters, in place of the canvas. */
  readonly form: boolean;
  readonly search: Search | null;
  readonly dialog: Dialog | null;
  readonly toasts: readonly Toast[];
  /** For the live region: what just happened. */
  readonly said: string;
}

export const ui = createStore<Ui>(() => ({
  panel: null,
  inspector: false,
  form: false,
  search: null,
  dialog: null,
  toasts: [],
  said: "",
}));

export function togglePanel(panel: Panel): void {
  ui.setState((state) => ({ panel: state.panel === panel ? null : panel }));
}

export function openDialog(dialog: Dialog | null): void {
  ui.setState({ dialog });
}

let serial = 0;

export function toast(tone: Toast["tone"], text: string, action?: Toast["action"]): void {
  const one = { id: ++serial, tone, text, ...(action ? { action } : {}) };
  ui.setState((state) => ({ toasts: [...state.toasts.slice(-3), one] }));
  // An error is an alert: it speaks for itself.
  if (tone !== "error") announce(text);
}

export function dismissToast(id: number): void {
  ui.setState((state) => ({ toasts: state.toasts.filter((one) => one.id !== id) }));
}

/** Tell what happened to whoever cannot see it. */
export function announce(text: string): void {
  // A text that is said again must differ, or a screen reader stays silent.
  ui.setState((state) => ({ said: state.said === text ? `${text}\u00a0` : text }));
}
