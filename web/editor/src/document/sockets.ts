/** The inputs and outputs of a node as they are drawn: their kinds, and what can be written. */

import type { Catalogue, NodeSpec, Schema } from "./catalogue";
import type { Json } from "./json";
import type { Scope, Workflow } from "./workflow";

export interface Socket {
  readonly name: string;
  /** Type variables are resolved from what is linked. */
  readonly kind: string;
  readonly required: boolean;
  /** Whether a value can be written in place of a link. */
  readonly literal: boolean;
  readonly schema: Schema;
  readonly help: string;
  readonly default: Json;
  readonly nullable: boolean;
  readonly advanced: boolean;
  /** An input under a free name; `free` is the slot that makes another. */
  readonly extra?: boolean;
  readonly free?: boolean;
  /** A name that the file uses and the type does not have. */
  readonly stray?: boolean;
}

export interface NodeSockets {
  /** Whether the type is installed here, or is a subgraph of the workflow. */
  readonly known: boolean;
  readonly spec?: NodeSpec;
  readonly title: string;
  readonly inputs: readonly Socket[];
  readonly outputs: readonly Socket[];
}

const NONE: NodeSockets = { known: false, title: "", inputs: [], outputs: [] };

/** The sockets of a node. Cheap to ask again: it is kept for as long as the node is the same. */
export function socketsOf(_w: Workflow, _scope: Scope, _id: string, _c: Catalogue): NodeSockets {
  return NONE;
}

export function inputOf(sockets: NodeSockets, name: string): Socket | undefined {
  return sockets.inputs.find((one) => one.name === name);
}

export function outputOf(sockets: NodeSockets, name: string): Socket | undefined {
  return sockets.outputs.find((one) => one.name === name);
}

/** Whether an input has what it needs: a link, a value, or a default. */
export function isSatisfied(w: Workflow, scope: Scope, id: string, socket: Socket): boolean {
  const node = (scope === null ? w : w.subgraphs[scope])?.nodes[id];
  return !socket.required || !node || socket.name in node.links || socket.name in node.values;
}
