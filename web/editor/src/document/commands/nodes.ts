/** Adding nodes, and what is said of a whole node. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import type { Json } from "../json";
import type { Graph, Scope } from "../workflow";
import type { NewNode } from "./insert";

/** An id that no node, note or group of the graph has: "decode", "decode_2" for `latent.decode`. */
export function freeId(graph: Graph, type: string): string {
  const base = type.slice(type.lastIndexOf(".") + 1);
  let id = base;
  for (let count = 2; id in graph.nodes; count++) id = `${base}_${count}`;
  return id;
}

export function addNode(
  _scope: Scope,
  _catalogue: Catalogue,
  _node: NewNode & { readonly values?: Readonly<Record<string, Json>> },
): Command {
  return { name: "addNode", apply: () => undefined };
}

/** Mute or bypass nodes, or have them run again with null. */
export function setMode(
  _scope: Scope,
  _ids: Iterable<string>,
  _mode: "mute" | "bypass" | null,
): Command {
  return { name: "setMode", apply: () => undefined };
}

/** Give a node a title of its own; null or blank for the type's. */
export function setTitle(_scope: Scope, _id: string, _title: string | null): Command {
  return { name: "setTitle", apply: () => undefined };
}
