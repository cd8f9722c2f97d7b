/**
 * In which order the names of a graph are shown: its parameters, or a subgraph's inputs and outputs.
 * The file sorts them, so the layout remembers the order, under "order".
 */

import type { View } from "./workflow";

export type Listed = "parameters" | "inputs" | "outputs";

/** Names in the order that the layout gives them; those it does not mention come after. */
export function inOrder(view: View, listed: Listed, names: readonly string[]): readonly string[] {
  const order = orderIn(view, listed);
  if (order.length === 0) return names;
  const known = new Set(names);
  const first = [...new Set(order)].filter((name) => known.has(name));
  const placed = new Set(first);
  return [...first, ...names.filter((name) => !placed.has(name))];
}

/** What the layout says; it may hold anything. */
export function orderIn(view: View, listed: Listed): readonly string[] {
  const orders: unknown = view.order;
  if (typeof orders !== "object" || orders === null) return [];
  const list: unknown = (orders as Readonly<Record<string, unknown>>)[listed];
  return Array.isArray(list) ? list.filter((name) => typeof name === "string") : [];
}
