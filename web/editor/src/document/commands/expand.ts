/** Putting the nodes of a subgraph in the place of its use. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import { putView } from "../part";
import { placesOf } from "../places";
import { usesOf } from "../references";
import type { Refusal } from "../subgraphs";
import { copyOf, type Json, recordOf } from "../value";
import { consumersOf, linksInto } from "../wires";
import {
  type Graph,
  graphIn,
  type NodeDocument,
  parseLink,
  parseTarget,
  type Scope,
  type SubgraphDocument,
  subgraphOf,
  targetsOf,
  type Workflow,
} from "../workflow";
import {
  forgetNodes,
  type GraphDraft,
  graphDraft,
  type NodeDraft,
  onWorkflow,
  setInView,
  type WorkflowDraft,
} from "./edit";
import { unusedId } from "./nodes";
import { namesOf, relink, renamedLink, renamedTarget } from "./references";

/**
 * Put the nodes of a subgraph in the place of its use. Every link and value is kept. A subgraph that
 * nothing else uses goes: all that it held is then where it was used.
 */
export function expandSubgraph(
  w: Workflow,
  scope: Scope,
  use: string,
  catalogue: Catalogue,
): Command | Refusal {
  const graph = graphIn(w, scope);
  const node = graph?.nodes[use];
  const name = node ? subgraphOf(node.type) : null;
  const inner = name === null ? undefined : w.subgraphs[name];
  if (!graph || !node || name === null || !inner) return { refused: "missing", about: use };
  if (node.mode === "bypass") return { refused: "bypassed", about: use };
  const lost = lostBy(graph, use, node, inner);
  if (lost !== undefined) return { refused: "stray", about: lost };
  return onWorkflow("expandSubgraph", (draft, before) => {
    const outer = graphDraft(draft, scope);
    if (!outer) return;
    const taken = new Set(Object.keys(outer.nodes).filter((id) => id !== use));
    const ids = new Map<string, string>();
    for (const id of Object.keys(inner.nodes)) {
      const free = unusedId(id, (one) => taken.has(one));
      taken.add(free);
      ids.set(id, free);
    }
    const place = placesOf(before, scope, catalogue).get(use) ?? [0, 0];
    delete outer.nodes[use];
    putNodes(outer, node, inner, ids);
    followNames(draft, scope, use, inner, ids);
    for (const [output, source] of Object.entries(inner.outputs))
      relink(draft, scope, use, output, renamedLink(source, ids));
    layOut(outer, before, use, name, place, ids, catalogue);
    if (usesOf(before, name, catalogue).length === 1) delete draft.subgraphs[name];
  });
}

/** What could not be kept: something that the file gives to, or takes from, what is not inside. */
function lostBy(
  graph: Graph,
  use: string,
  node: NodeDocument,
  inner: SubgraphDocument,
): string | undefined {
  const leads = (name: string) =>
    targetsOf(inner.inputs[name] ?? []).every((text) => {
      const target = parseTarget(text);
      return target !== null && target.node in inner.nodes;
    }) && name in inner.inputs;
  const given = [...Object.keys(node.values), ...Object.keys(node.links)];
  const comes = (output: string) => {
    const from = parseLink(inner.outputs[output] ?? "");
    return from !== null && from.node in inner.nodes;
  };
  const taken = (consumersOf(graph).get(use) ?? []).map((one) => one.from.socket);
  const broken = Object.values(inner.nodes)
    .flatMap((one) => linksInto(one))
    .find(([, from]) => !(from.node in inner.nodes));
  return (
    given.find((name) => !leads(name)) ?? taken.find((output) => !comes(output)) ?? broken?.[0]
  );
}

function putNodes(
  outer: GraphDraft,
  use: NodeDocument,
  inner: SubgraphDocument,
  ids: ReadonlyMap<string, string>,
): void {
  for (const [id, node] of Object.entries(inner.nodes)) {
    const made: NodeDraft = { ...node, values: copyOf(node.values), links: copyOf(node.links) };
    for (const input of Object.keys(made.links))
      made.links[input] = renamedLink(made.links[input] as string, ids);
    if (use.mode === "mute") made.mode = "mute";
    outer.nodes[ids.get(id) as string] = made;
  }
  // A link that the use was given goes before a value, as in the engine.
  for (const [name, value] of Object.entries(use.values)) give(outer, inner, ids, name, { value });
  for (const [name, link] of Object.entries(use.links)) give(outer, inner, ids, name, { link });
}

function give(
  outer: GraphDraft,
  inner: SubgraphDocument,
  ids: ReadonlyMap<string, string>,
  name: string,
  given: { readonly value: Json } | { readonly link: string },
): void {
  for (const text of targetsOf(inner.inputs[name] ?? [])) {
    const target = parseTarget(text);
    const node = target && outer.nodes[ids.get(target.node) ?? ""];
    if (!node) continue;
    delete node.values[target.socket];
    delete node.links[target.socket];
    if ("value" in given) node.values[target.socket] = given.value;
    else node.links[target.socket] = given.link;
  }
}

/** What named inputs of the use names the inner inputs. */
function followNames(
  draft: WorkflowDraft,
  scope: Scope,
  use: string,
  inner: SubgraphDocument,
  ids: ReadonlyMap<string, string>,
): void {
  const names = namesOf(draft, scope);
  const inside = (text: string): readonly string[] => {
    const target = parseTarget(text);
    if (target?.node !== use || !(target.socket in inner.inputs)) return [text];
    return targetsOf(inner.inputs[target.socket] ?? []).map((one) => renamedTarget(one, ids));
  };
  for (const name of Object.keys(names)) {
    const old = names[name] ?? [];
    if (!targetsOf(old).some((text) => parseTarget(text)?.node === use)) continue;
    const all = targetsOf(old).flatMap(inside);
    names[name] = all.length === 1 && typeof old === "string" ? (all[0] as string) : all;
  }
}

/** The nodes stand as they stood to each other, their corner where the use was. */
function layOut(
  outer: GraphDraft,
  before: Workflow,
  use: string,
  name: string,
  [x, y]: readonly [number, number],
  ids: ReadonlyMap<string, string>,
  catalogue: Catalogue,
): void {
  const inner = before.subgraphs[name] as SubgraphDocument;
  const seeds = Object.entries(outer.view.seeds ?? {});
  forgetNodes(outer.view, new Set([use]));
  const places = placesOf(before, name, catalogue);
  const corners = [...places.values()];
  const dx = corners.length > 0 ? x - Math.min(...corners.map(([left]) => left)) : 0;
  const dy = corners.length > 0 ? y - Math.min(...corners.map(([, top]) => top)) : 0;
  const view = { ...inner.view, nodes: recordOf(places) };
  putView(outer, view, ids, { dx, dy });
  for (const [key, mode] of seeds) {
    const target = parseTarget(key);
    if (target?.node !== use) continue;
    for (const text of targetsOf(inner.inputs[target.socket] ?? []))
      setInView(outer.view, "seeds", renamedTarget(text, ids), mode);
  }
}
