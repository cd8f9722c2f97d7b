/** The way through a node: by which input and output it could stand in a link, or be left out. */

import type { Catalogue } from "./catalogue";
import { exposedInputs, looseSocket, socketOf } from "./exposed";
import { extraSockets } from "./extra";
import { accepts, isOpen } from "./kinds";
import { inOrder } from "./listed";
import { wanted } from "./resolution";
import { inputOf, type NodeSockets, outputOf, type Socket, socketsOf } from "./sockets";
import { emptyRecord } from "./value";
import { downstream, linksInto, upstream } from "./wires";
import {
  type Endpoint,
  graphIn,
  parseLink,
  type Scope,
  subgraphOf,
  type Workflow,
} from "./workflow";

export interface Passage {
  readonly input: string;
  readonly output: string;
}

type Sockets = Pick<NodeSockets, "inputs" | "outputs">;

/** The sockets of a node of a type that is not in the graph yet. */
export function socketsOfType(w: Workflow, catalogue: Catalogue, type: string): Sockets {
  const used = subgraphOf(type);
  const inner = used === null ? undefined : w.subgraphs[used];
  if (used !== null && inner)
    return {
      inputs: exposedInputs(w, used, catalogue),
      outputs: inOrder(inner.view, "outputs", Object.keys(inner.outputs)).map((name) =>
        looseSocket(name),
      ),
    };
  const spec = catalogue.get(type);
  if (!spec) return { inputs: [], outputs: [] };
  const node = { type, version: 1, values: emptyRecord<never>(), links: emptyRecord<string>() };
  const extra = spec.extra === null ? [] : extraSockets(w, node, spec, spec.extra);
  return {
    inputs: [...spec.inputs.map((one) => socketOf(one)), ...extra],
    outputs: spec.outputs.map((one) => looseSocket(one.name, one.kind)),
  };
}

/** All kinds that an input must be. */
export function demands(input: Socket): readonly string[] {
  return input.kinds ?? [input.kind];
}

/** The input of a node that an output of a kind is best linked to. */
export function entrance(inputs: readonly Socket[], got: string): Socket | undefined {
  const fitting = inputs.filter((one) => !one.stray && demands(one).every((k) => accepts(k, got)));
  return pick(fitting, (one) => [one.kind === got, one.required, !one.literal, one.kind !== "any"]);
}

/** The output of a node that best feeds an input. */
export function exit(outputs: readonly Socket[], input: Socket): Socket | undefined {
  const fitting = outputs.filter((one) =>
    demands(input).every((k) => accepts(k, madeAny(one.kind))),
  );
  return pick(fitting, (one) => [one.kind === input.kind, one.kind !== "any"]);
}

function madeAny(kind: string): string {
  return isOpen(kind) ? "any" : kind;
}

/** The first of those that meet most wishes, an earlier wish before all later ones. */
export function pick<T>(all: readonly T[], wishes: (one: T) => readonly boolean[]): T | undefined {
  const score = (one: T) => wishes(one).reduce((sum, met) => sum * 2 + Number(met), 0);
  let found: T | undefined;
  for (const one of all) if (found === undefined || score(one) > score(found)) found = one;
  return found;
}

/** How a node could stand in the link that ends at an input; null where it could not. */
export function passageFor(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  sockets: Sockets,
  linked: ReadonlySet<string>,
  to: Endpoint,
): Passage | null {
  const from = parseLink(graphIn(w, scope)?.nodes[to.node]?.links[to.socket] ?? "");
  const target = inputOf(socketsOf(w, scope, to.node, catalogue), to.socket);
  const got = from && outputOf(socketsOf(w, scope, from.node, catalogue), from.socket)?.kind;
  if (!target || !got) return null;
  const free = sockets.inputs.filter((one) => !linked.has(one.name));
  const input = entrance(free, got);
  const output = exit(sockets.outputs, target);
  return input && output ? { input: input.name, output: output.name } : null;
}

/** How a node of the graph could stand in a link; null where it could not. */
export function passageOfNode(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  id: string,
  to: Endpoint,
): Passage | null {
  const graph = graphIn(w, scope);
  const node = graph?.nodes[id];
  const from = parseLink(graph?.nodes[to.node]?.links[to.socket] ?? "");
  if (!graph || !node || !from || id === to.node || id === from.node) return null;
  if (upstream(graph, [from.node]).has(id) || downstream(graph, [to.node]).has(id)) return null;
  const linked = new Set(linksInto(node).map(([input]) => input));
  return passageFor(w, scope, catalogue, socketsOf(w, scope, id, catalogue), linked, to);
}

/** Whether a node could stand in the link that ends at `to`. */
export function canInsertOnLink(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  node: string,
  to: Endpoint,
): boolean {
  return passageOfNode(w, scope, catalogue, node, to) !== null;
}

/** What feeds each output of a node if the node is left out, as the engine bypasses it. */
export function throughNode(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  id: string,
): ReadonlyMap<string, Endpoint> {
  const node = graphIn(w, scope)?.nodes[id];
  const found = new Map<string, Endpoint>();
  if (!node) return found;
  const sockets = socketsOf(w, scope, id, catalogue);
  const declared = (name: string, kind: string) =>
    sockets.spec ? wanted(sockets.spec, name) : kind;
  const free = linksInto(node)
    .map(([name, from]) => ({ name, from, input: inputOf(sockets, name) }))
    .filter(({ input }) => sockets.known && input && !input.stray && !input.extra)
    .map(({ name, from, input }) => ({ kind: declared(name, input?.kind ?? "any"), from }));
  for (const output of sockets.outputs) {
    const kind = sockets.spec?.outputs.find((one) => one.name === output.name)?.kind ?? output.kind;
    const exact = free.findIndex((one) => one.kind === kind);
    const loose =
      isOpen(kind) || kind === "any" ? -1 : free.findIndex((o) => accepts(kind, o.kind));
    const index = exact >= 0 ? exact : loose;
    const [one] = index >= 0 ? free.splice(index, 1) : [];
    if (one) found.set(output.name, one.from);
  }
  return found;
}
