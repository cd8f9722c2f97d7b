/** Giving a node another id, by which links, parameters and the layout know it. */

import type { Command } from "../history";
import { badName } from "../reading";
import { graphIn, parseTarget, type Scope, type Workflow } from "../workflow";
import { onGraph, setInView, type ViewDraft } from "./edit";
import { renameNodes } from "./references";

/** Why a node cannot be called that, or null: the key `document.name.CODE`. */
export function nameProblem(
  w: Workflow,
  scope: Scope,
  id: string,
): "empty" | "characters" | "long" | "taken" | null {
  return badName(id) ?? (id in (graphIn(w, scope)?.nodes ?? {}) ? "taken" : null);
}

/** Rename a node; nothing happens where `nameProblem` has something against it. */
export function renameNode(scope: Scope, id: string, to: string): Command {
  return onGraph("renameNode", scope, (graph, before, draft) => {
    const node = graph.nodes[id];
    if (!node || nameProblem(before, scope, to) !== null) return;
    graph.nodes[to] = node;
    delete graph.nodes[id];
    renameNodes(draft, scope, new Map([[id, to]]));
    renameInView(graph.view, id, to);
  });
}

function renameInView(view: ViewDraft, id: string, to: string): void {
  for (const key of ["nodes", "widths"] as const) {
    const value = view[key]?.[id];
    if (value === undefined) continue;
    setInView(view, key, to, value as never);
    setInView(view, key, id, undefined);
  }
  for (const key of Object.keys(view.seeds ?? {})) {
    const target = parseTarget(key);
    if (target?.node !== id) continue;
    setInView(view, "seeds", `${to}.${target.socket}`, view.seeds?.[key]);
    setInView(view, "seeds", key, undefined);
  }
  for (const key of ["collapsed", "expanded"] as const) {
    const list = view[key];
    // A file may mark what is not there: no name stands twice.
    if (list?.includes(id)) view[key] = [...new Set(list.map((one) => (one === id ? to : one)))];
  }
}
