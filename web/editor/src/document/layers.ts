/** Columns of nodes, so that every link runs from left to right. */

import { linksOf } from "./wires";
import type { Graph } from "./workflow";

type Next = ReadonlyMap<string, readonly string[]>;

/**
 * The chosen nodes of a graph in columns; those without a link to another come last, a few in each
 * column. A node stands right of all it takes from, and a source right before what takes from it.
 * Links that close a circle do not count.
 */
export function columnsOf(graph: Graph, ids: readonly string[], alone: number): string[][] {
  const [sources, takers] = neighbours(graph, ids);
  const linked = ids.filter((id) => (sources.get(id) ?? takers.get(id)) !== undefined);
  const depth = depths(linked, sources, takers);
  const columns: string[][] = [];
  for (const id of linked) {
    const column = columns[depth.get(id) ?? 0];
    if (column) column.push(id);
    else columns[depth.get(id) ?? 0] = [id];
  }
  const filled = columns.filter((column) => column !== undefined);
  untangle(filled, sources);
  const others = ids.filter((id) => !sources.has(id) && !takers.has(id));
  for (let start = 0; start < others.length; start += alone)
    filled.push(others.slice(start, start + alone));
  return filled;
}

/** The chosen nodes that each one takes from, and those that take from it. */
function neighbours(graph: Graph, ids: readonly string[]): readonly [Next, Next] {
  const chosen = new Set(ids);
  const sources = new Map<string, string[]>();
  const takers = new Map<string, string[]>();
  for (const { from, to } of linksOf(graph)) {
    if (from.node === to.node || !chosen.has(from.node) || !chosen.has(to.node)) continue;
    add(sources, to.node, from.node);
    add(takers, from.node, to.node);
  }
  return [sources, takers];
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The longest way to each node from a source (Kahn 1962), with sources moved to their takers. */
function depths(ids: readonly string[], sources: Next, takers: Next): ReadonlyMap<string, number> {
  const missing = new Map(ids.map((id) => [id, sources.get(id)?.length ?? 0]));
  const depth = new Map<string, number>();
  const ready = ids.filter((id) => missing.get(id) === 0);
  const visit = (id: string) => {
    const left = (sources.get(id) ?? []).flatMap((one) => depth.get(one) ?? []);
    depth.set(
      id,
      left.reduce((most, one) => Math.max(most, one + 1), 0),
    );
    for (const taker of takers.get(id) ?? []) {
      const rest = (missing.get(taker) ?? 0) - 1;
      missing.set(taker, rest);
      if (rest === 0 && !depth.has(taker)) ready.push(taker);
    }
  };
  for (const id of ready) visit(id);
  // What is left stands in a circle, or behind one: it is entered at its first node.
  for (const id of ids) {
    if (depth.has(id)) continue;
    const start = ready.length;
    ready.push(id);
    for (let index = start; index < ready.length; index++)
      if (!depth.has(ready[index] as string)) visit(ready[index] as string);
  }
  for (const id of ids) {
    if (sources.has(id)) continue;
    const right = (takers.get(id) ?? []).map((one) => depth.get(one) ?? 1);
    depth.set(
      id,
      right.reduce((least, one) => Math.min(least, one - 1), Infinity),
    );
  }
  return depth;
}

/** Put each column in the order of what it takes from (the barycentre method, Sugiyama 1981). */
function untangle(columns: readonly string[][], sources: Next): void {
  const row = new Map<string, number>();
  for (const column of columns) {
    const weight = new Map(
      column.map((id, index) => {
        const rows = (sources.get(id) ?? []).flatMap((one) => row.get(one) ?? []);
        return [id, rows.length > 0 ? rows.reduce((a, b) => a + b, 0) / rows.length : index];
      }),
    );
    column.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
    for (const [index, id] of column.entries()) row.set(id, index);
  }
}
