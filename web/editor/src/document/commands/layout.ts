/** Where nodes, notes and groups stand. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import type { Scope } from "../workflow";

/** x and y by the id of a node, or `NOTE` or `GROUP` and the id of a note or group. */
export type Positions = ReadonlyMap<string, readonly [number, number]>;
export type Alignment =
  | "left"
  | "right"
  | "top"
  | "bottom"
  | "horizontalCentre"
  | "verticalCentre"
  | "distributeHorizontally"
  | "distributeVertically";

/** merge: such as "nudge", to make one step of several moves in a row. */
export function moveNodes(_scope: Scope, _positions: Positions, _merge?: string): Command {
  return { name: "moveNodes", apply: () => undefined };
}

export function resizeNode(_scope: Scope, _id: string, _width: number, _merge?: string): Command {
  return { name: "resizeNode", apply: () => undefined };
}

export function collapse(_scope: Scope, _ids: Iterable<string>, _collapsed: boolean): Command {
  return { name: "collapse", apply: () => undefined };
}

/** Show or fold the advanced fields of a node. */
export function expandAdvanced(_scope: Scope, _id: string, _open: boolean): Command {
  return { name: "expandAdvanced", apply: () => undefined };
}

export function alignNodes(
  _scope: Scope,
  _ids: Iterable<string>,
  _how: Alignment,
  _catalogue: Catalogue,
): Command {
  return { name: "alignNodes", apply: () => undefined };
}

/** Take the positions that `layoutOf` found; groups follow what they hold. */
export function autoLayout(_scope: Scope, _positions: Positions, _catalogue: Catalogue): Command {
  return { name: "autoLayout", apply: () => undefined };
}
