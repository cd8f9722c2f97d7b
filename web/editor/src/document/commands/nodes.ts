/** Adding nodes, and what is said of a whole node. */

import type { Catalogue } from "../catalogue";
import { shortId } from "../catalogue";
import type { Point } from "../geometry";
import type { Command } from "../history";
import type { Json } from "../json";
import { type Graph, type Scope, subgraphOf } from "../workflow";
import { type GraphDraft, newNode, onGraph, setPlace } from "./edit";

export interface NewNode {
  readonly type: string;
  readonly at: Point;
  /** As `freeId` gives it, where the caller needs to know it. */
  readonly id?: string;
}

const LONGEST = 190;

/** An id that no node of the graph has: "decode", then "decode_2", for `latent.decode`. */
export function freeId(graph: Pick<Graph, "nodes">, type: string): string {
  const name = subgraphOf(type) ?? type.slice(type.lastIndexOf(".") + 1);
  return unusedId(name, (id) => id in graph.nodes);
}

/** A name that is not taken, made by counting on from what a name ends in. */
export function unusedId(name: string, taken: (id: string) => boolean): string {
  const clean = [...name.replace(/[\s./:\p{Cc}]+/gu, "_")].slice(0, LONGEST).join("") || "node";
  if (!taken(clean)) return clean;
  const base = clean.replace(/_\d+$/, "");
  let count = 2;
  while (taken(`${base}_${count}`)) count++;
  return `${base}_${count}`;
}

export function addNode(
  scope: Scope,
  catalogue: Catalogue,
  node: NewNode & { readonly values?: Readonly<Record<string, Json>> },
): Command {
  return onGraph("addNode", scope, (graph) => {
    const made = graph.nodes[putNode(graph, catalogue, node)];
    if (made) Object.assign(made.values, node.values);
  });
}

/** Put a new node into a graph. Returns its id. */
export function putNode(graph: GraphDraft, catalogue: Catalogue, node: NewNode): string {
  const id =
    node.id !== undefined && !(node.id in graph.nodes) ? node.id : freeId(graph, node.type);
  const spec = catalogue.get(node.type);
  graph.nodes[id] = newNode(spec ? shortId(spec.id) : node.type, spec?.version);
  setPlace(graph.view, id, node.at.x, node.at.y);
  return id;
}

/** Mute or bypass nodes, or have them run again with null. */
export function setMode(
  scope: Scope,
  ids: Iterable<string>,
  mode: "mute" | "bypass" | null,
): Command {
  return onGraph("setMode", scope, (graph) => {
    for (const id of ids) {
      const node = graph.nodes[id];
      if (node && mode !== null) node.mode = mode;
      else delete node?.mode;
    }
  });
}

/** Give a node a title of its own; null or blank for the type's. */
export function setTitle(scope: Scope, id: string, title: string | null): Command {
  return onGraph(
    "setTitle",
    scope,
    (graph) => {
      const node = graph.nodes[id];
      if (node && title?.trim()) node.title = title;
      else delete node?.title;
    },
    `title ${scope ?? ""} ${id}`,
  );
}
