/** Nodes that come into being with their links. */

import type { Catalogue } from "../catalogue";
import type { Point } from "../geometry";
import type { Command } from "../history";
import type { Bridge } from "../links";
import type { Endpoint, Scope } from "../workflow";

export interface NewNode {
  readonly type: string;
  readonly at: Point;
  /** As `freeId` gives it, where the caller needs to know it. */
  readonly id?: string;
}

/** Add a node at a link's loose end. end: the socket that stays; side: which side it is on. */
export function addNodeConnected(
  _scope: Scope,
  _catalogue: Catalogue,
  _node: NewNode,
  _end: Endpoint,
  _side: "in" | "out",
): Command {
  return { name: "addNodeConnected", apply: () => undefined };
}

/**
 * Put a node, there already or new, into the link that ends at `to`; sockets are chosen by kind.
 * at: where a node that is there already is moved to.
 */
export function insertOnLink(
  _scope: Scope,
  _catalogue: Catalogue,
  _node: string | NewNode,
  _to: Endpoint,
  _at?: Point,
): Command {
  return { name: "insertOnLink", apply: () => undefined };
}

/** Link two sockets by a node between them; what else it needs comes from the nearest source. */
export function insertBridge(
  _scope: Scope,
  _catalogue: Catalogue,
  _bridge: Bridge,
  _from: Endpoint,
  _to: Endpoint,
  _options: { readonly at?: Point; readonly id?: string } = {},
): Command {
  return { name: "insertBridge", apply: () => undefined };
}

/** A corner on the link that ends at `to`. */
export function insertReroute(
  _scope: Scope,
  _catalogue: Catalogue,
  _to: Endpoint,
  _at: Point,
): Command {
  return { name: "insertReroute", apply: () => undefined };
}
