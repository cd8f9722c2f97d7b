/** Nodes that come into being with their links. */

import type { Catalogue } from "../catalogue";
import { HEADER, nodeSize, type Point, REROUTE, REROUTE_WIDTH, ROW, WIDTH } from "../geometry";
import type { Command } from "../history";
import { accepts } from "../kinds";
import type { Bridge } from "../links";
import { entrance, exit, passageFor, passageOfNode, socketsOfType } from "../passage";
import { placeOf, placesOf } from "../places";
import { roomBelow } from "../room";
import { inputOf, outputOf, socketsOf } from "../sockets";
import { downstream, linksInto } from "../wires";
import {
  type Endpoint,
  type Graph,
  graphIn,
  parseLink,
  type Scope,
  type Workflow,
} from "../workflow";
import { onGraph, setPlace } from "./edit";
import { putLink } from "./links";
import { type NewNode, putNode } from "./nodes";

export type { NewNode } from "./nodes";

/** Add a node at a link's loose end. end: the socket that stays; side: which side it is on. */
export function addNodeConnected(
  scope: Scope,
  catalogue: Catalogue,
  node: NewNode,
  end: Endpoint,
  side: "in" | "out",
): Command {
  return onGraph("addNodeConnected", scope, (graph, before) => {
    const id = putNode(graph, catalogue, node);
    const { inputs, outputs } = socketsOfType(before, catalogue, node.type);
    const known = socketsOf(before, scope, end.node, catalogue);
    if (side === "out") {
      const input = entrance(inputs, outputOf(known, end.socket)?.kind ?? "any");
      if (input) putLink(graph, end, { node: id, socket: input.name });
    } else {
      const target = inputOf(known, end.socket);
      const output = target && exit(outputs, target);
      if (output) putLink(graph, { node: id, socket: output.name }, end);
    }
  });
}

/**
 * Put a node, there already or new, into the link that ends at `to`; sockets are chosen by kind.
 * at: where a node that is there already is moved to.
 */
export function insertOnLink(
  scope: Scope,
  catalogue: Catalogue,
  node: string | NewNode,
  to: Endpoint,
  at?: Point,
): Command {
  return onGraph("insertOnLink", scope, (graph, before) => {
    const from = parseLink(graph.nodes[to.node]?.links[to.socket] ?? "");
    if (typeof node === "string" && at && graph.nodes[node]) setPlace(graph.view, node, at.x, at.y);
    const passage =
      typeof node === "string"
        ? passageOfNode(before, scope, catalogue, node, to)
        : passageFor(
            before,
            scope,
            catalogue,
            socketsOfType(before, catalogue, node.type),
            new Set(),
            to,
          );
    const id = typeof node === "string" ? node : putNode(graph, catalogue, node);
    if (!from || !passage) return;
    putLink(graph, from, { node: id, socket: passage.input });
    putLink(graph, { node: id, socket: passage.output }, to);
  });
}

/** A corner on the link that ends at `to`. at: its middle. */
export function insertReroute(
  scope: Scope,
  catalogue: Catalogue,
  to: Endpoint,
  at: Point,
): Command {
  const corner = { x: at.x - REROUTE_WIDTH / 2, y: at.y - HEADER / 2 };
  const insert = insertOnLink(scope, catalogue, { type: REROUTE, at: corner }, to);
  return { ...insert, name: "insertReroute" };
}

/** Link two sockets by a node between them; what else it needs comes from the nearest source. */
export function insertBridge(
  scope: Scope,
  catalogue: Catalogue,
  bridge: Bridge,
  from: Endpoint,
  to: Endpoint,
  options: { readonly at?: Point; readonly id?: string } = {},
): Command {
  return onGraph("insertBridge", scope, (graph, before) => {
    const { inputs, outputs } = socketsOfType(before, catalogue, bridge.type);
    const size = { width: WIDTH, height: HEADER + (inputs.length + outputs.length + 1) * ROW };
    const at = options.at ?? between(before, scope, catalogue, from.node, to.node, size);
    const { id: wish } = options;
    const id = putNode(graph, catalogue, {
      type: bridge.type,
      at,
      ...(wish === undefined ? {} : { id: wish }),
    });
    putLink(graph, from, { node: id, socket: bridge.input });
    putLink(graph, { node: id, socket: bridge.output }, to);
    for (const one of inputs) {
      if (!one.required || one.name === bridge.input) continue;
      const source = nearestSource(before, scope, catalogue, one.kind, from.node, to.node);
      if (source) putLink(graph, source, { node: id, socket: one.name });
    }
  });
}

/** Half way between two nodes, below what stands there. */
function between(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  left: string,
  right: string,
  size: { readonly width: number; readonly height: number },
): Point {
  const [a, b] = [placeOf(w, scope, left, catalogue), placeOf(w, scope, right, catalogue)];
  const gap = a[0] + nodeSize(w, scope, left, catalogue).width + b[0];
  const taken = [...placesOf(w, scope, catalogue)].map(([id, [x, y]]) => {
    const { width, height } = nodeSize(w, scope, id, catalogue);
    return { x, y, width, height };
  });
  return roomBelow({ x: (gap - size.width) / 2, y: (a[1] + b[1]) / 2 }, size, taken);
}

/** The output of a kind that is nearest upstream of a node, or else the only one there is. */
function nearestSource(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  kind: string,
  from: string,
  to: string,
): Endpoint | null {
  const graph = graphIn(w, scope);
  if (!graph) return null;
  const outputs = (id: string): readonly Endpoint[] =>
    socketsOf(w, scope, id, catalogue)
      .outputs.filter((one) => one.kind !== "any" && accepts(kind, one.kind))
      .map((one) => ({ node: id, socket: one.name }));
  for (const id of backwards(graph, from)) {
    const [first] = outputs(id);
    if (first) return first;
  }
  const below = downstream(graph, [to]);
  const rest = Object.keys(graph.nodes)
    .filter((id) => !below.has(id))
    .flatMap(outputs);
  return rest.length === 1 ? (rest[0] ?? null) : null;
}

/** A node and all before it, the nearest first. */
function backwards(graph: Graph, from: string): readonly string[] {
  const order = [from];
  const seen = new Set(order);
  for (const id of order) {
    const node = graph.nodes[id];
    for (const [, source] of node ? linksInto(node) : []) {
      if (seen.has(source.node)) continue;
      seen.add(source.node);
      order.push(source.node);
    }
  }
  return order;
}
