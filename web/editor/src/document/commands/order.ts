/** In which order names are shown: of parameters, and of what a subgraph takes and gives. */

import type { Command } from "../history";
import type { Listed } from "../listed";
import { isJsonObject, type Json, recordOf } from "../value";
import type { Scope } from "../workflow";
import { onGraph } from "./edit";

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
