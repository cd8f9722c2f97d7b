/** Which sockets may be linked, and why others may not. */

import { type Bridge, bridgesBetween } from "./bridges";
import type { Catalogue } from "./catalogue";
import { accepts, isOpen } from "./kinds";
import { placesOf } from "./places";
import { wanted } from "./resolution";
import { kindsIn, outputOf, type Socket, socketsOf } from "./sockets";
import { downstream, linksInto, upstream } from "./wires";
import {
  type Endpoint,
  formatLink,
  type Graph,
  graphIn,
  parseLink,
  type Scope,
  type Workflow,
} from "./workflow";

export type { Bridge } from "./bridges";
export { consumersOf, linksOf, type Wire } from "./wires";

export interface Reason {
  readonly code: "kind" | "cycle" | "self" | "missing";
  readonly expected?: string;
  readonly got?: string;
}

export type Connection =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: Reason; readonly bridges: readonly Bridge[] };

const OK: Connection = { ok: true };

function refused(reason: Reason, bridges: readonly Bridge[] = []): Connection {
  return { ok: false, reason, bridges };
}

/** Whether an output may be linked to an input; if not why, and which nodes would help. */
export function canConnect(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: Endpoint,
  to: Endpoint,
): Connection {
  const graph = graphIn(w, scope);
  if (!graph?.nodes[from.node] || !graph.nodes[to.node]) return refused({ code: "missing" });
  if (from.node === to.node) return refused({ code: "self" });
  const got = outputOf(socketsOf(w, scope, from.node, catalogue), from.socket)?.kind;
  const input = inputFor(w, scope, catalogue, to);
  if (got === undefined || !input) return refused({ code: "missing" });
  const mismatch = kindReason(w, scope, catalogue, from, to, input, got);
  if (mismatch) {
    const bridges = bridgesBetween(catalogue, got, mismatch.expected ?? "any", graph, from.node);
    return refused(mismatch, bridges);
  }
  return downstream(graph, [to.node]).has(from.node) ? refused({ code: "cycle" }) : OK;
}

/** The input that a link may go to; of an unknown type, and of one with extra inputs, any name. */
function inputFor(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  to: Endpoint,
): Socket | undefined {
  const sockets = socketsOf(w, scope, to.node, catalogue);
  const found = sockets.inputs.find((one) => one.name === to.socket && !one.stray);
  if (found) return found;
  const free = sockets.spec ? sockets.spec.extra : sockets.known ? null : "any";
  if (free === null || free === undefined) return undefined;
  const loose = sockets.inputs.find((one) => one.free);
  return { ...(loose ?? EMPTY_SOCKET), name: to.socket, kind: loose?.kind ?? free };
}

const EMPTY_SOCKET: Socket = {
  name: "",
  kind: "any",
  required: false,
  literal: false,
  schema: {},
  help: "",
  default: null,
  nullable: false,
  advanced: false,
};

function kindReason(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: Endpoint,
  to: Endpoint,
  input: Socket,
  got: string,
): Reason | null {
  const spec = socketsOf(w, scope, to.node, catalogue).spec;
  const expected = spec ? wanted(spec, to.socket) : input.kind;
  if (!isOpen(expected)) {
    const unmet = (input.kinds ?? [expected]).find((kind) => !accepts(kind, got));
    return unmet === undefined ? null : { code: "kind", expected: unmet, got };
  }
  const bindings = new Map<string, string>();
  for (const [name, kind] of kindsIn(w, scope, catalogue).sources(to.node))
    if (spec && name !== to.socket) accepts(wanted(spec, name), kind, bindings);
  if (!accepts(expected, got, bindings)) return { code: "kind", expected: input.kind, got };
  return breaks(w, scope, catalogue, from, to);
}

/** What a node whose outputs take on another kind no longer fits, further down. */
function breaks(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: Endpoint,
  to: Endpoint,
): Reason | null {
  const after = linked(w, scope, from, to);
  const graph = graphIn(after, scope) as Graph;
  const kinds = kindsIn(after, scope, catalogue);
  for (const id of downstream(graph, [to.node])) {
    const spec = catalogue.get(graph.nodes[id]?.type ?? "");
    if (!spec) continue;
    const bindings = new Map<string, string>();
    for (const [input, kind] of kinds.sources(id)) {
      const before = kindBefore(w, scope, catalogue, id, input);
      if (!accepts(wanted(spec, input), kind, bindings) && before !== kind)
        return { code: "kind", expected: wanted(spec, input), got: kind };
    }
  }
  return null;
}

function kindBefore(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  id: string,
  input: string,
): string | null {
  const from = parseLink(graphIn(w, scope)?.nodes[id]?.links[input] ?? "");
  return from && kindsIn(w, scope, catalogue).output(from.node, from.socket);
}

function linked(w: Workflow, scope: Scope, from: Endpoint, to: Endpoint): Workflow {
  const change = (graph: Graph): Graph => {
    const node = graph.nodes[to.node];
    if (!node) return graph;
    const links = { ...node.links, [to.socket]: formatLink(from) };
    return { ...graph, nodes: { ...graph.nodes, [to.node]: { ...node, links } } };
  };
  const graph = graphIn(w, scope);
  if (scope === null || !graph) return { ...w, ...change(w) };
  const inner = { ...w.subgraphs[scope], ...change(graph) } as Workflow["subgraphs"][string];
  return { ...w, subgraphs: { ...w.subgraphs, [scope]: inner } };
}

// --- lists of what fits -------------------------------------------------------------------------

/** The inputs of the whole graph that an output may be linked to, nearest first. */
export function compatibleInputs(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: Endpoint,
): readonly Endpoint[] {
  const graph = graphIn(w, scope);
  if (!graph) return [];
  const above = upstream(graph, [from.node]);
  const ids = Object.keys(graph.nodes).filter((id) => !above.has(id));
  const found = ids.flatMap((id) => inputsOf(w, scope, catalogue, from, id));
  return nearest(w, scope, catalogue, from.node, found);
}

/** The inputs of one node that an output may be linked to, in the node's order. */
function inputsOf(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: Endpoint,
  id: string,
): readonly Endpoint[] {
  const got = outputOf(socketsOf(w, scope, from.node, catalogue), from.socket)?.kind;
  if (got === undefined) return [];
  return socketsOf(w, scope, id, catalogue)
    .inputs.filter((one) =>
      fits(w, scope, catalogue, from, { node: id, socket: one.name }, one, got),
    )
    .map((one) => ({ node: id, socket: one.name }));
}

function fits(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: Endpoint,
  to: Endpoint,
  input: Socket,
  got: string,
): boolean {
  // The body of a loop is chosen, not linked.
  if (input.stray || (input.kind === "subgraph" && got !== "subgraph")) return false;
  return kindReason(w, scope, catalogue, from, to, input, got) === null;
}

/** The outputs of the whole graph that may be linked to an input, nearest first. */
export function compatibleOutputs(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  to: Endpoint,
): readonly Endpoint[] {
  const graph = graphIn(w, scope);
  if (!graph) return [];
  const below = downstream(graph, [to.node]);
  const ids = Object.keys(graph.nodes).filter((id) => !below.has(id));
  const found = ids.flatMap((id) => outputsFor(w, scope, catalogue, to, id));
  return nearest(w, scope, catalogue, to.node, found);
}

function outputsFor(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  to: Endpoint,
  id: string,
): readonly Endpoint[] {
  const input = inputFor(w, scope, catalogue, to);
  if (!input) return [];
  return socketsOf(w, scope, id, catalogue)
    .outputs.map((one) => ({ one, from: { node: id, socket: one.name } }))
    .filter(({ one, from }) => !one.stray && fits(w, scope, catalogue, from, to, input, one.kind))
    .map(({ from }) => from);
}

/** Ends sorted by how far their nodes are from a node; those of one node stay in order. */
function nearest(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: string,
  ends: readonly Endpoint[],
): readonly Endpoint[] {
  const places = placesOf(w, scope, catalogue);
  const [x, y] = places.get(from) ?? [0, 0];
  const distances = new Map<string, number>();
  for (const { node } of ends) {
    if (distances.has(node)) continue;
    const [left, top] = places.get(node) ?? [0, 0];
    distances.set(node, Math.hypot(left - x, top - y));
  }
  return [...ends].sort((a, b) => (distances.get(a.node) ?? 0) - (distances.get(b.node) ?? 0));
}

/** The input of a node that a link dropped on it goes to: the first free one that fits. */
export function firstFreeInput(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  from: Endpoint,
  node: string,
): string | null {
  const graph = graphIn(w, scope);
  if (!graph?.nodes[node] || upstream(graph, [from.node]).has(node)) return null;
  const linkedNow = new Set(linksInto(graph.nodes[node]).map(([input]) => input));
  const { inputs } = socketsOf(w, scope, node, catalogue);
  const free = inputsOf(w, scope, catalogue, from, node)
    .map((one) => inputs.find((input) => input.name === one.socket))
    .filter((one): one is Socket => one !== undefined && !linkedNow.has(one.name));
  const got = outputOf(socketsOf(w, scope, from.node, catalogue), from.socket)?.kind;
  return (
    best(free, (one) => [one.kind === got, one.required, !one.literal, !one.free])?.name ?? null
  );
}

/** The output of a node that a link pulled from an input and dropped on it comes from. */
export function firstFreeOutput(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  to: Endpoint,
  node: string,
): string | null {
  const graph = graphIn(w, scope);
  if (!graph?.nodes[node] || downstream(graph, [to.node]).has(node)) return null;
  const input = inputFor(w, scope, catalogue, to);
  const names = outputsFor(w, scope, catalogue, to, node).map((one) => one.socket);
  const { outputs } = socketsOf(w, scope, node, catalogue);
  const fitting = outputs.filter((one) => names.includes(one.name));
  return best(fitting, (one) => [one.kind === input?.kind])?.name ?? null;
}

/** The first of those that meet most of the wishes, an earlier wish before all later ones. */
function best<T>(all: readonly T[], wishes: (one: T) => readonly boolean[]): T | undefined {
  const score = (one: T) => wishes(one).reduce((sum, met) => sum * 2 + Number(met), 0);
  let found: T | undefined;
  for (const one of all) if (found === undefined || score(one) > score(found)) found = one;
  return found;
}
