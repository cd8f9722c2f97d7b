/** Which sockets may be linked, and what stands between those that may not. */

import type { Catalogue } from "./catalogue";
import type { Endpoint, Graph, Scope, Workflow } from "./workflow";

/** A node type between two kinds: `got` flows into its input, and its output is what is expected. */
export interface Bridge {
  readonly type: string;
  readonly input: string;
  readonly output: string;
}

export interface Reason {
  readonly code: "kind" | "cycle" | "self" | "missing";
  readonly expected?: string;
  readonly got?: string;
}

export type Connection =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: Reason; readonly bridges: readonly Bridge[] };

export interface Wire {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** Whether an output may be linked to an input; if not why, and which nodes would help. */
export function canConnect(
  _w: Workflow,
  _scope: Scope,
  _catalogue: Catalogue,
  _from: Endpoint,
  _to: Endpoint,
): Connection {
  return { ok: true };
}

/** The inputs of the whole graph that an output may be linked to, nearest first. */
export function compatibleInputs(
  _w: Workflow,
  _scope: Scope,
  _catalogue: Catalogue,
  _from: Endpoint,
): readonly Endpoint[] {
  return [];
}

/** The outputs of the whole graph that may be linked to an input, nearest first. */
export function compatibleOutputs(
  _w: Workflow,
  _scope: Scope,
  _catalogue: Catalogue,
  _to: Endpoint,
): readonly Endpoint[] {
  return [];
}

/** The input of a node that a link dropped on it goes to: the first free one that fits. */
export function firstFreeInput(
  _w: Workflow,
  _scope: Scope,
  _catalogue: Catalogue,
  _from: Endpoint,
  _node: string,
): string | null {
  return null;
}

/** The output of a node that a link pulled from an input and dropped on it comes from. */
export function firstFreeOutput(
  _w: Workflow,
  _scope: Scope,
  _catalogue: Catalogue,
  _to: Endpoint,
  _node: string,
): string | null {
  return null;
}

/** Whether a node could stand in the link that ends at `to`. */
export function canInsertOnLink(
  _w: Workflow,
  _scope: Scope,
  _catalogue: Catalogue,
  _node: string,
  _to: Endpoint,
): boolean {
  return false;
}

/** Every link of a graph, in the order of its nodes. */
export function linksOf(_graph: Graph): readonly Wire[] {
  return [];
}

/** The inputs that each node's outputs feed, by the node's id. */
export function consumersOf(_graph: Graph): ReadonlyMap<string, readonly Wire[]> {
  return new Map();
}
