/** Which sockets may be linked, and why others may not. */

import { type Bridge, bridgesBetween } from "./bridges";
import type { Catalogue } from "./catalogue";
import { accepts, isOpen } from "./kinds";
import { wanted } from "./resolution";
import { kindsIn, outputOf, type Socket, socketsOf } from "./sockets";
import { copyOf } from "./value";
import { downstream } from "./wires";
import {
  type Endpoint,
  formatLink,
  type Graph,
  graphIn,
  parseLink,
  type Scope,
  type SubgraphDocument,
  type Workflow,
} from "./workflow";

export type { Bridge } from "./bridges";
export { compatibleInputs, compatibleOutputs, firstFreeInput, firstFreeOutput } from "./compatible";
export { canInsertOnLink } from "./passage";
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
  // No node between would help.
  if (downstream(graph, [to.node]).has(from.node)) return refused({ code: "cycle" });
  const mismatch = kindReason(w, scope, catalogue, from, to, input, got);
  if (mismatch) {
    const bridges = bridgesBetween(catalogue, got, mismatch.expected ?? "any", graph, from.node);
    return refused(mismatch, bridges);
  }
  return OK;
}

/** The input that a link may go to; of an unknown type, and of one with extra inputs, any name. */
export function inputFor(
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

/** Why a kind does not fit an input, or null. */
export function kindReason(
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
  const graph = graphIn(w, scope);
  const node = graph?.nodes[to.node];
  if (!graph || !node) return w;
  const nodes = copyOf(graph.nodes);
  nodes[to.node] = { ...node, links: { ...copyOf(node.links), [to.socket]: formatLink(from) } };
  if (scope === null) return { ...w, nodes };
  const subgraphs = copyOf(w.subgraphs);
  subgraphs[scope] = { ...(w.subgraphs[scope] as SubgraphDocument), nodes };
  return { ...w, subgraphs };
}
