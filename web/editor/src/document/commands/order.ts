/** In which order names are shown: of parameters, and of what a subgraph takes and gives. */

import type { Command } from "../history";
import type { Listed } from "../listed";
import { isJsonArray, isJsonObject, type Json, recordOf } from "../value";
import type { Scope } from "../workflow";
import { onGraph, type ViewDraft } from "./edit";

/** Show names in an order; none for the usual one. */
export function orderNames(scope: Scope, listed: Listed, names: readonly string[]): Command {
  return onGraph("orderNames", scope, ({ view }) => {
    const layout = view as Record<string, Json>;
    const old = isJsonObject(layout.order) ? Object.entries(layout.order) : [];
    const rest = old.filter(([key]) => key !== listed);
    const orders = names.length > 0 ? [...rest, [listed, names] as const] : rest;
    if (orders.length > 0) layout.order = recordOf<Json>(orders);
    else delete layout.order;
  });
}

/** Let a name that changes keep its place. */
export function renameListed(view: ViewDraft, listed: Listed, name: string, to: string): void {
  const { order } = view as Record<string, Json>;
  const list = isJsonObject(order) ? order[listed] : undefined;
  if (!isJsonObject(order) || !isJsonArray(list) || !list.includes(name)) return;
  const renamed = [...new Set(list.map((one) => (one === name ? to : one)))];
  (order as Record<string, Json>)[listed] = renamed;
}
