/** How the sockets of a node come about: from its type, its subgraph, or what the file says of it. */

import { type Catalogue, inputSpec, type NodeSpec } from "./catalogue";
import { exposedInputs, looseSocket, socketOf } from "./exposed";
import { extraSockets } from "./extra";
import { isOpen, resolve } from "./kinds";
import { inOrder } from "./listed";
import type { Kinds } from "./resolution";
import type { NodeSockets, Socket } from "./sockets";
import { consumersOf, type Wire } from "./wires";
import {
  type Graph,
  type NodeDocument,
  parseLink,
  parseTarget,
  type Scope,
  subgraphOf,
  targetsOf,
  type Workflow,
} from "./workflow";

export interface Asked {
  readonly w: Workflow;
  readonly scope: Scope;
  readonly graph: Graph;
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly id: string;
  readonly node: NodeDocument;
}

/** key: all that the sockets depend on besides the node and the catalogue. */
export interface Plan {
  readonly key: string;
  make(): NodeSockets;
}

export function describe(asked: Asked): Plan {
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
