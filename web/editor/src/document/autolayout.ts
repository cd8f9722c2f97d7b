/** Positions for the nodes of a graph, layered from left to right. */

import type { Catalogue } from "./catalogue";
import type { Positions } from "./commands/layout";
import { GRID, nodeSize } from "./geometry";
import { BETWEEN_COLUMNS, BETWEEN_NODES, placesOf, START } from "./places";
import { linksOf } from "./wires";
import { graphIn, type Scope, type Workflow } from "./workflow";

/** Lay out a graph, or some of its nodes where they are. Loads dagre when it is first asked. */
export async function layoutOf(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  ids?: Iterable<string>,
): Promise<Positions> {
  const { Graph, layout } = await import("@dagrejs/dagre");
  const shown = graphIn(w, scope);
  const chosen = new Set(
    [...(ids ?? Object.keys(shown?.nodes ?? {}))].filter((id) => shown && id in shown.nodes),
  );
  if (!shown || chosen.size === 0) return new Map();
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", ranksep: BETWEEN_COLUMNS, nodesep: BETWEEN_NODES });
  graph.setDefaultEdgeLabel(() => ({}));
  // Under numbers: dagre keeps them in plain objects, in which "__proto__" is no key.
  const keys = new Map([...chosen].map((id, index) => [id, `n${index}`]));
  for (const [id, key] of keys) {
    const { width, height } = nodeSize(w, scope, id, catalogue);
    graph.setNode(key, { width, height });
  }
  for (const { from, to } of linksOf(shown)) {
    const [source, target] = [keys.get(from.node), keys.get(to.node)];
    if (source && target && source !== target) graph.setEdge(source, target);
  }
  layout(graph);
  const corners = new Map<string, readonly [number, number]>();
  for (const [id, key] of keys) {
    const { x, y, width, height } = graph.node(key) as Placed;
    corners.set(id, [x - width / 2, y - height / 2]);
  }
  const origin =
    ids === undefined ? ([START, START] as const) : cornerOf(placesIn(w, scope, catalogue, chosen));
  return onGrid(corners, origin);
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Corner = readonly [x: number, y: number];

function placesIn(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  chosen: ReadonlySet<string>,
): readonly Corner[] {
  return [...placesOf(w, scope, catalogue)].flatMap(([id, place]) =>
    chosen.has(id) ? [place] : [],
  );
}

function cornerOf(places: Iterable<Corner>): Corner {
  const all = [...places];
  return [Math.min(...all.map(([x]) => x)), Math.min(...all.map(([, y]) => y))];
}

/** The layout moved to its origin. The gaps between nodes are wider than what the grid shifts them. */
function onGrid(corners: Positions, origin: Corner): Positions {
  const [left, top] = cornerOf(corners.values());
  const snap = (n: number) => Math.round(n / GRID) * GRID;
  return new Map(
    [...corners].map(([id, [x, y]]) => [
      id,
      [snap(x - left + origin[0]), snap(y - top + origin[1])] as const,
    ]),
  );
}
