/** The inputs and outputs of a node as they are drawn: their kinds, and what can be written. */

import { type Catalogue, inputSpec, type NodeSpec, type Schema } from "./catalogue";
import { exposedInputs, looseSocket, socketOf } from "./exposed";
import { extraSockets } from "./extra";
import { isOpen, resolve } from "./kinds";
import { inOrder } from "./listed";
import { Kinds } from "./resolution";
import type { Json } from "./value";
import { consumersOf, type Wire } from "./wires";
import {
  type Graph,
  graphIn,
  type NodeDocument,
  parseLink,
  parseTarget,
  type Scope,
  subgraphOf,
  targetsOf,
  type Workflow,
} from "./workflow";

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

// --- how they come about ------------------------------------------------------------------------

interface Asked {
  readonly w: Workflow;
  readonly scope: Scope;
  readonly graph: Graph;
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly id: string;
  readonly node: NodeDocument;
}

/** key: all that the sockets depend on besides the node and the catalogue. */
interface Plan {
  readonly key: string;
  make(): NodeSockets;
}

function describe(asked: Asked): Plan {
  const { w, node, catalogue } = asked;
  const used = subgraphOf(node.type);
  const spec = catalogue.get(node.type);
  if (spec) return describeKnown(asked, spec);
  return used !== null && w.subgraphs[used] ? describeUse(asked, used) : describeUnknown(asked);
}

function describeKnown(asked: Asked, spec: NodeSpec): Plan {
  const { w, kinds, id, node } = asked;
  const open = isOpenSpec(spec);
  const bindings = open ? kinds.bindings(id) : new Map<string, string>();
  const shown = (kind: string): string => (isOpen(kind) ? resolve(kind, bindings) : kind);
  const strays = namedOutputs(asked).filter((name) => !spec.outputs.some((o) => o.name === name));
  const extra = spec.extra === null ? [] : extraSockets(w, node, spec, shown(spec.extra));
  const names = [...extra.map((one) => one.name), ...strays];
  return {
    key: bindings.size + names.length === 0 ? "" : [...bindings.values(), "", ...names].join("\n"),
    make: () => ({
      known: true,
      spec,
      title: node.title || spec.title || spec.id,
      inputs: [
        ...spec.inputs.map((one) => socketOf(one, shown(one.kind))),
        ...extra,
        ...(spec.extra === null ? strayInputs(node, (name) => inputSpec(spec, name)) : []),
      ],
      outputs: [
        ...spec.outputs.map((one) => looseSocket(one.name, shown(one.kind))),
        ...strays.map(stray),
      ],
    }),
  };
}

function describeUse(asked: Asked, used: string): Plan {
  const { w, kinds, id, node, catalogue } = asked;
  const inputs = exposedInputs(w, used, catalogue);
  const inner = w.subgraphs[used];
  const names = inner ? inOrder(inner.view, "outputs", Object.keys(inner.outputs)) : [];
  const outputs = names.map((name) => looseSocket(name, kinds.output(id, name) ?? "any"));
  const strays = namedOutputs(asked).filter((name) => !names.includes(name));
  return {
    key: JSON.stringify([inputs, outputs, strays], (_, one) =>
      typeof one === "bigint" ? String(one) : one,
    ),
    make: () => ({
      known: true,
      title: node.title || used,
      inputs: [...inputs, ...strayInputs(node, (name) => inputs.find((one) => one.name === name))],
      outputs: [...outputs, ...strays.map(stray)],
    }),
  };
}

function describeUnknown(asked: Asked): Plan {
  const { node } = asked;
  const inputs = [
    ...new Set([...Object.keys(node.values), ...Object.keys(node.links), ...namedInputs(asked)]),
  ];
  const outputs = namedOutputs(asked);
  return {
    key: [...inputs, "", ...outputs].join("\n"),
    make: () => ({
      known: false,
      title: node.title || node.type,
      inputs: inputs.map((name) => looseSocket(name)),
      outputs: outputs.map((name) => looseSocket(name)),
    }),
  };
}

const openness = new WeakMap<NodeSpec, boolean>();

function isOpenSpec(spec: NodeSpec): boolean {
  let known = openness.get(spec);
  if (known === undefined) {
    known = isOpen(
      [...spec.inputs, ...spec.outputs, { kind: spec.extra ?? "" }].map((o) => o.kind).join(),
    );
    openness.set(spec, known);
  }
  return known;
}

const stray = (name: string): Socket => ({ ...looseSocket(name), stray: true });

function strayInputs(node: NodeDocument, known: (name: string) => unknown): Socket[] {
  const names = new Set([...Object.keys(node.values), ...Object.keys(node.links)]);
  return [...names].filter((name) => !known(name)).map(stray);
}

/** The outputs of a node that others name: links, and outputs of the subgraph it stands in. */
function namedOutputs({ w, scope, graph, id }: Asked): readonly string[] {
  const names: string[] = [];
  for (const { from } of consumersOf(graph).get(id) ?? NO_WIRES)
    if (!names.includes(from.socket)) names.push(from.socket);
  const outputs = scope === null ? undefined : w.subgraphs[scope]?.outputs;
  for (const text of Object.values(outputs ?? {})) {
    const from = parseLink(text);
    if (from?.node === id && !names.includes(from.socket)) names.push(from.socket);
  }
  return names;
}

const NO_WIRES: readonly Wire[] = [];

/** The inputs of a node that parameters, or inputs of the subgraph it stands in, name. */
function namedInputs({ w, scope, id }: Asked): readonly string[] {
  const given = scope === null ? w.parameters : (w.subgraphs[scope]?.inputs ?? {});
  return Object.values(given)
    .flatMap(targetsOf)
    .map(parseTarget)
    .filter((one) => one?.node === id)
    .map((one) => one?.socket ?? "");
}
