/** What an end of a link could be linked to. */

import type { Catalogue } from "./catalogue";
import { inputFor, kindReason } from "./links";
import { pick } from "./passage";
import { placesOf } from "./places";
import { outputOf, type Socket, socketsOf } from "./sockets";
import { downstream, linksInto, upstream } from "./wires";
import { type Endpoint, graphIn, type Scope, type Workflow } from "./workflow";

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
    pick(free, (one) => [one.kind === got, one.required, !one.literal, !one.free])?.name ?? null
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
  return pick(fitting, (one) => [one.kind === input?.kind])?.name ?? null;
}
