/** Walking the graph by arrow keys. */

import type { Catalogue } from "./catalogue";
import type { Scope, Workflow } from "./workflow";

export type Direction = "left" | "right" | "up" | "down";

/** The node that an arrow key leads to: along links, among siblings, or else the nearest there. */
export function neighbour(
  _w: Workflow,
  _scope: Scope,
  _catalogue: Catalogue,
  _id: string,
  _direction: Direction,
): string | null {
  return null;
}
