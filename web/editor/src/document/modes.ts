/** Muted and bypassed nodes, as the engine honours them. */

import type { Catalogue } from "./catalogue";
import type { Flat, FlatNode } from "./flat";
import { SocketKinds } from "./flat_kinds";
import { accepts, isOpen } from "./kinds";
import { subgraphOf } from "./workflow";

/** Take out muted nodes with all that needs them, and look through bypassed ones. */
export function applyModes(flat: Flat, catalogue: Catalogue): void {
  const muted: string[] = [];
  for (const node of [...flat.nodes.values()]) {
    if (node.mode === "mute") muted.push(node.id);
    const spec = node.mode === "bypass" ? catalogue.get(node.document.type) : undefined;
    // One of an unknown type is reported as such.
    if (!spec) continue;
    const kinds = new Map(spec.inputs.map((one) => [one.name, one.kind]));
    bypass(flat, node, kinds, new Map(spec.outputs.map((one) => [one.name, one.kind])));
    flat.nodes.delete(node.id);
  }
  const sockets = new SocketKinds(catalogue, flat.subgraphs);
  for (const node of flat.bypassed) {
    const inner = flat.subgraphs[subgraphOf(node.document.type) ?? ""];
    if (inner) bypass(flat, node, sockets.inputs(inner), sockets.outputs(inner));
  }
  if (muted.length > 0) takeOut(flat, muted);
}

function takeOut(flat: Flat, muted: readonly string[]): void {
  const consumers = new Map<string, string[]>();
  for (const [id, node] of flat.nodes)
    for (const [, link] of node.links) {
      const source = flat.resolved(link).node;
      const list = consumers.get(source);
      if (list) list.push(id);
      else consumers.set(source, [id]);
    }
  const gone = new Set(muted);
  for (const id of gone) for (const one of consumers.get(id) ?? []) gone.add(one);
  for (const id of gone) flat.nodes.delete(id);
}

/** Feed each output by a linked input: by one of the very same kind, or else one that fits. */
function bypass(
  flat: Flat,
  node: FlatNode,
  inputs: ReadonlyMap<string, string>,
  outputs: ReadonlyMap<string, string>,
): void {
  const free = node.links.flatMap(([name, from]) => {
    const kind = inputs.get(name);
    return kind === undefined ? [] : [{ kind, from }];
  });
  for (const [socket, kind] of outputs) {
    let index = free.findIndex((one) => one.kind === kind);
    if (index < 0 && !isOpen(kind) && kind !== "any")
      index = free.findIndex((one) => accepts(kind, one.kind));
    const [found] = index < 0 ? [] : free.splice(index, 1);
    if (found) flat.alias({ node: node.id, socket }, found.from);
    else flat.add(node, "cannotBypass", { params: { output: socket, expected: kind } });
  }
}
