/** Putting the nodes of one workflow into another: ids, links and subgraphs find their new names. */

import { subgraphText } from "./canonical";
import type { Catalogue } from "./catalogue";
import { freeBoxId, moved } from "./commands/boxes";
import {
  type GraphDraft,
  graphDraft,
  type SubgraphDraft,
  setInView,
  setList,
  setPlace,
  type WorkflowDraft,
} from "./commands/edit";
import { unusedId } from "./commands/nodes";
import { renamedLink } from "./commands/references";
import { bodiesOf, namedIn, reachable } from "./references";
import { outputOf, socketsOf } from "./sockets";
import { copyOf, recordOf } from "./value";
import {
  type Graph,
  type NodeDocument,
  parseLink,
  parseTarget,
  type Scope,
  SUBGRAPH,
  type SubgraphDocument,
  subgraphOf,
  type View,
  type Workflow,
} from "./workflow";

interface Shift {
  readonly dx: number;
  readonly dy: number;
}

export interface PartOptions extends Shift {
  readonly keepOuterLinks: boolean;
  readonly catalogue: Catalogue;
}

type Names = ReadonlyMap<string, string>;

/** Add all nodes, notes and groups of a part to a graph of the draft. */
export function putPart(
  draft: WorkflowDraft,
  before: Workflow,
  scope: Scope,
  part: Workflow,
  options: PartOptions,
): void {
  const graph = graphDraft(draft, scope);
  if (!graph) return;
  const names = subgraphNames(before, part, options.catalogue);
  putSubgraphs(draft, before, part, names, options.catalogue);
  const ids = new Map<string, string>();
  const taken = new Set(Object.keys(graph.nodes));
  for (const id of Object.keys(part.nodes)) {
    const free = unusedId(id, (one) => taken.has(one));
    taken.add(free);
    ids.set(id, free);
  }
  const keeps = (text: string) => options.keepOuterLinks && leads(before, scope, text, options);
  for (const [id, node] of Object.entries(part.nodes)) {
    const made = renamedUses(node, names, options.catalogue);
    const links = linksOf(node, ids, keeps);
    graph.nodes[ids.get(id) as string] = { ...made, values: copyOf(made.values), links };
  }
  putView(graph, part.view, ids, options);
  putRequires(draft, part, options.catalogue);
}

/** Whether a link leads from an output that there is. */
function leads(w: Workflow, scope: Scope, text: string, { catalogue }: PartOptions): boolean {
  const from = parseLink(text);
  return (
    from !== null && outputOf(socketsOf(w, scope, from.node, catalogue), from.socket) !== undefined
  );
}

function linksOf(
  node: NodeDocument,
  ids: Names,
  keeps: (text: string) => boolean,
): Record<string, string> {
  const kept = Object.entries(node.links).filter(([, text]) => {
    const from = parseLink(text);
    return (from && ids.has(from.node)) || keeps(text);
  });
  return recordOf(kept.map(([input, text]) => [input, renamedLink(text, ids)] as const));
}

export function putView(graph: GraphDraft, view: View, ids: Names, { dx, dy }: Shift): void {
  for (const [id, now] of ids) {
    const [x, y] = view.nodes?.[id] ?? [0, 0];
    setPlace(graph.view, now, x + dx, y + dy);
    const width = view.widths?.[id];
    if (width !== undefined) setInView(graph.view, "widths", now, width);
  }
  for (const [key, mode] of Object.entries(view.seeds ?? {})) {
    const target = parseTarget(key);
    const now = ids.get(target?.node ?? "");
    if (target && now !== undefined)
      setInView(graph.view, "seeds", `${now}.${target.socket}`, mode);
  }
  for (const key of ["collapsed", "expanded"] as const) {
    const marked = (view[key] ?? []).flatMap((id) => ids.get(id) ?? []);
    if (marked.length > 0)
      setList(graph.view, key, [...new Set([...(graph.view[key] ?? []), ...marked])]);
  }
  putBoxes(graph, view, dx, dy);
}

function putBoxes(graph: GraphDraft, view: View, dx: number, dy: number): void {
  for (const one of view.groups ?? []) {
    const groups = graph.view.groups ?? [];
    const made = { ...one, id: freeBoxId(groups, one.id) };
    setList(graph.view, "groups", [...groups, moved(made, [one.box[0] + dx, one.box[1] + dy])]);
  }
  for (const one of view.notes ?? []) {
    const notes = graph.view.notes ?? [];
    const made = { ...one, id: freeBoxId(notes, one.id) };
    setList(graph.view, "notes", [...notes, moved(made, [one.box[0] + dx, one.box[1] + dy])]);
  }
}

/** What is missing here says how to get it. */
function putRequires(draft: WorkflowDraft, part: Workflow, catalogue: Catalogue): void {
  const unknown = Object.values(part.nodes).some(
    (node) => subgraphOf(node.type) === null && !catalogue.get(node.type),
  );
  if (!unknown) return;
  for (const [name, wanted] of Object.entries(part.requires))
    if (!(name in draft.requires) && catalogue.versionOf(name) === undefined)
      draft.requires[name] = wanted;
}

// --- subgraphs ----------------------------------------------------------------------------------

/** What the subgraphs of a part are called here: by the same name where they are the same. */
function subgraphNames(w: Workflow, part: Workflow, catalogue: Catalogue): Names {
  const same = new Map<string, boolean>();
  const isSame = (name: string): boolean => {
    const known = same.get(name);
    if (known !== undefined) return known;
    same.set(name, true);
    const [theirs, ours] = [part.subgraphs[name], w.subgraphs[name]];
    const alike = theirs && ours ? subgraphText(theirs) === subgraphText(ours) : false;
    const result = alike && theirs ? [...namedIn(theirs, catalogue)].every(isSame) : !theirs;
    same.set(name, result);
    return result;
  };
  const names = new Map<string, string>();
  const taken = new Set(Object.keys(w.subgraphs));
  for (const name of Object.keys(part.subgraphs)) {
    const free = isSame(name) ? name : freeName(name, (one) => taken.has(one));
    taken.add(free);
    names.set(name, free);
  }
  return names;
}

/** "upscale", then "upscale 2". */
export function freeName(base: string, taken: (name: string) => boolean): string {
  if (!taken(base)) return base;
  const stem = base.replace(/ \d+$/, "");
  let count = 2;
  while (taken(`${stem} ${count}`)) count++;
  return `${stem} ${count}`;
}

function putSubgraphs(
  draft: WorkflowDraft,
  before: Workflow,
  part: Workflow,
  names: Names,
  catalogue: Catalogue,
): void {
  for (const [name, now] of names) {
    const inner = part.subgraphs[name];
    if (!inner || now in before.subgraphs) continue;
    draft.subgraphs[now] = renamedInside(inner, names, catalogue) as SubgraphDraft;
  }
}

/** A graph in which subgraphs go by their new names. */
export function renamedInside<T extends Graph | SubgraphDocument>(
  graph: T,
  names: Names,
  catalogue: Catalogue,
): T {
  const nodes = Object.entries(graph.nodes);
  return {
    ...graph,
    nodes: recordOf(nodes.map(([id, one]) => [id, renamedUses(one, names, catalogue)] as const)),
  };
}

/** A node that names subgraphs by their new names; the same one where it names none of them. */
function renamedUses(node: NodeDocument, names: Names, catalogue: Catalogue): NodeDocument {
  const used = subgraphOf(node.type);
  const now = used === null ? undefined : names.get(used);
  const bodies = bodiesOf(node, catalogue).flatMap(([input, name]) => {
    const to = names.get(name);
    return to === undefined ? [] : [[input, to] as const];
  });
  if (now === undefined && bodies.length === 0) return node;
  const values = recordOf([...Object.entries(node.values), ...bodies]);
  return { ...node, type: now === undefined ? node.type : SUBGRAPH + now, values };
}

/** Whether what a part brings would lead back to a subgraph it is put into. */
export function leadsTo(w: Workflow, part: Workflow, scope: string, catalogue: Catalogue): boolean {
  const names = subgraphNames(w, part, catalogue);
  const brought = Object.entries(part.subgraphs).map(
    ([name, one]) => [names.get(name) ?? name, renamedInside(one, names, catalogue)] as const,
  );
  const subgraphs = recordOf([...brought, ...Object.entries(w.subgraphs)]);
  const nodes = renamedInside(part, names, catalogue);
  return reachable({ ...w, subgraphs }, nodes, catalogue).has(scope);
}
