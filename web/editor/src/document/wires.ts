/** The links of a graph as pairs of ends, kept for as long as the graph is the same. */

import { type Endpoint, type Graph, type NodeDocument, parseLink } from "./workflow";

export interface Wire {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

export type Incoming = readonly (readonly [input: string, from: Endpoint])[];

/** bad: how many texts are no links, and so left out. */
type Known = Incoming & { readonly bad: number };

const incoming = new WeakMap<NodeDocument["links"], Known>();

/** The links into a node; what is no link is left out. */
export function linksInto(node: NodeDocument): Known {
  const known = incoming.get(node.links);
  if (known) return known;
  const inputs = Object.keys(node.links);
  const found: [string, Endpoint][] = [];
  for (const input of inputs) {
    const from = parseLink(node.links[input] as string);
    if (from) found.push([input, from]);
  }
  const made = Object.assign(found, { bad: inputs.length - found.length });
  incoming.set(node.links, made);
  return made;
}

interface Wiring {
  readonly all: readonly Wire[];
  readonly consumers: ReadonlyMap<string, readonly Wire[]>;
}

const wirings = new WeakMap<Graph["nodes"], Wiring>();
const wires = new WeakMap<NodeDocument, readonly [id: string, wires: readonly Wire[]]>();

/** Every link of a graph, in the order of its nodes. */
export function linksOf(graph: Graph): readonly Wire[] {
  return wiringOf(graph).all;
}

/** The links out of each node, by its id; also of ids that name no node. */
export function consumersOf(graph: Graph): ReadonlyMap<string, readonly Wire[]> {
  return wiringOf(graph).consumers;
}

function wiringOf(graph: Graph): Wiring {
  const known = wirings.get(graph.nodes);
  if (known) return known;
  const all: Wire[] = [];
  const consumers = new Map<string, Wire[]>();
  for (const id of Object.keys(graph.nodes)) {
    for (const wire of wiresInto(id, graph.nodes[id] as NodeDocument)) {
      all.push(wire);
      const list = consumers.get(wire.from.node);
      if (list) list.push(wire);
      else consumers.set(wire.from.node, [wire]);
    }
  }
  const made = { all, consumers };
  wirings.set(graph.nodes, made);
  return made;
}

function wiresInto(id: string, node: NodeDocument): readonly Wire[] {
  const known = wires.get(node);
  if (known?.[0] === id) return known[1];
  const made = linksInto(node).map(([socket, from]) => ({ from, to: { node: id, socket } }));
  wires.set(node, [id, made]);
  return made;
}

/** The given nodes and all that they need. */
export function upstream(graph: Graph, ids: Iterable<string>): Set<string> {
  return reached(ids, (id) => {
    const node = graph.nodes[id];
    return node ? linksInto(node).map(([, from]) => from.node) : [];
  });
}

/** The given nodes and all that needs them. */
export function downstream(graph: Graph, ids: Iterable<string>): Set<string> {
  const consumers = consumersOf(graph);
  return reached(ids, (id) => (consumers.get(id) ?? []).map((one) => one.to.node));
}

function reached(ids: Iterable<string>, next: (id: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const stack = [...ids];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    stack.push(...next(id));
  }
  return found;
}
