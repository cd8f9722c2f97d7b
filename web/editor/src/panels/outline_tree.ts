/** The nodes of a graph as a tree: what ends it at the top, below each node what it comes from. */

import { type Graph, parseLink } from "../document/workflow";

export interface Branch {
  readonly id: string;
  /** 1 for what nothing comes after. */
  readonly level: number;
  readonly children: number;
  /** Its place among its siblings, from 1, and how many they are. */
  readonly place: number;
  readonly siblings: number;
}

/** Every node once, in the order of reading. Nodes in `folded` hide what is below them. */
export function outlineOf(graph: Graph, folded: ReadonlySet<string>): readonly Branch[] {
  const sources = sourcesOf(graph);
  const tree = treeOf(graph, sources);
  const rows: Branch[] = [];
  // By hand: a chain of nodes may be longer than the stack.
  const stack = siblings(tree.roots, 1);
  for (let one = stack.pop(); one; one = stack.pop()) {
    const children = tree.children.get(one.id) ?? [];
    rows.push({ ...one, children: children.length });
    if (!folded.has(one.id)) stack.push(...siblings(children, one.level + 1));
  }
  return rows;
}

/** Rows to be, the first one last: as a stack gives them back. */
function siblings(ids: readonly string[], level: number): Omit<Branch, "children">[] {
  return ids.map((id, index) => ({ id, level, place: index + 1, siblings: ids.length })).reverse();
}

function sourcesOf(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [id, node] of Object.entries(graph.nodes)) {
    const ids = Object.values(node.links).map((text) => parseLink(text)?.node);
    const known = ids.filter((one) => one !== undefined && one in graph.nodes) as string[];
    found.set(id, [...new Set(known)]);
  }
  return found;
}

interface Tree {
  readonly roots: readonly string[];
  readonly children: ReadonlyMap<string, readonly string[]>;
}

/** Each node below the first that takes from it, so that none stands there twice. */
function treeOf(graph: Graph, sources: ReadonlyMap<string, readonly string[]>): Tree {
  const used = new Set([...sources.values()].flat());
  const ids = Object.keys(graph.nodes);
  // What lies in a circle ends nothing: its first node stands in.
  const starts = [...ids.filter((id) => !used.has(id)), ...ids];
  const seen = new Set<string>();
  const roots: string[] = [];
  const children = new Map<string, string[]>();
  for (const start of starts) {
    if (seen.has(start)) continue;
    seen.add(start);
    roots.push(start);
    const stack = [start];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const own = (sources.get(id) ?? []).filter((one) => !seen.has(one));
      for (const one of own) seen.add(one);
      children.set(id, own);
      stack.push(...[...own].reverse());
    }
  }
  return { roots, children };
}
