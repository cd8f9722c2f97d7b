/** The inputs and outputs of a node as they are drawn: their kinds, and what can be written. */

import type { Catalogue, NodeSpec, Schema } from "./catalogue";
import { describe, type Plan } from "./describe";
import { Kinds } from "./resolution";
import type { Json } from "./value";
import { type Graph, graphIn, type NodeDocument, type Scope, type Workflow } from "./workflow";

export interface Socket {
  readonly name: string;
  /** Type variables are resolved from what is linked. */
  readonly kind: string;
  /** All that it must be, where an input of a subgraph leads to inner inputs of several kinds. */
  readonly kinds?: readonly string[];
  readonly required: boolean;
  /** Whether a value can be written in place of a link. */
  readonly literal: boolean;
  readonly schema: Schema;
  readonly help: string;
  readonly default: Json;
  readonly nullable: boolean;
  readonly advanced: boolean;
  /** An input under a free name. */
  readonly extra?: boolean;
  /** An extra input that nothing is linked to yet: linking to it makes it. */
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

/** The sockets of a node. Cheap to ask again: they are kept for as long as they are the same. */
export function socketsOf(
  w: Workflow,
  scope: Scope,
  id: string,
  catalogue: Catalogue,
): NodeSockets {
  const { graph, kinds, sockets } = shownOf(w, scope, catalogue);
  const found = sockets.get(id);
  if (found) return found;
  const node = graph?.nodes[id];
  if (!node) return NONE;
  const made = steady(node, describe({ w, scope, graph, kinds, catalogue, id, node }), catalogue);
  sockets.set(id, made);
  return made;
}

export function inputOf(sockets: NodeSockets, name: string): Socket | undefined {
  return sockets.inputs.find((one) => one.name === name);
}

export function outputOf(sockets: NodeSockets, name: string): Socket | undefined {
  return sockets.outputs.find((one) => one.name === name);
}

/** Whether an input has what it needs: a link, a value, or a default. */
export function isSatisfied(w: Workflow, scope: Scope, id: string, socket: Socket): boolean {
  const node = graphIn(w, scope)?.nodes[id];
  return !socket.required || !node || socket.name in node.links || socket.name in node.values;
}

/** The kinds of a graph's outputs. */
export function kindsIn(w: Workflow, scope: Scope, catalogue: Catalogue): Kinds {
  return shownOf(w, scope, catalogue).kinds;
}

// --- what is kept -------------------------------------------------------------------------------

interface Shown {
  readonly graph: Graph | undefined;
  readonly kinds: Kinds;
  readonly sockets: Map<string, NodeSockets>;
}

interface Kept {
  readonly catalogue: Catalogue;
  readonly scopes: Map<Scope, Shown>;
}

const documents = new WeakMap<Workflow, Kept>();

function shownOf(w: Workflow, scope: Scope, catalogue: Catalogue): Shown {
  let kept = documents.get(w);
  if (kept?.catalogue !== catalogue) {
    kept = { catalogue, scopes: new Map() };
    documents.set(w, kept);
  }
  let shown = kept.scopes.get(scope);
  if (!shown) {
    const graph = graphIn(w, scope);
    const kinds = new Kinds(w, catalogue, graph ?? { nodes: {}, view: {} });
    shown = { graph, kinds, sockets: new Map() };
    kept.scopes.set(scope, shown);
  }
  return shown;
}

const last = new WeakMap<NodeDocument, Steady>();

interface Steady {
  readonly catalogue: Catalogue;
  readonly key: string;
  readonly sockets: NodeSockets;
}

/** The same object again, after edits elsewhere that leave a node's sockets as they were. */
function steady(node: NodeDocument, plan: Plan, catalogue: Catalogue): NodeSockets {
  const known = last.get(node);
  if (known?.catalogue === catalogue && known.key === plan.key) return known.sockets;
  const sockets = plan.make();
  last.set(node, { catalogue, key: plan.key, sockets });
  return sockets;
}
