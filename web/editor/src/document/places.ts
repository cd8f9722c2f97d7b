/** Where nodes stand; those of which the file does not say it stand below the others. */

import type { Catalogue } from "./catalogue";
import { nodeSize } from "./geometry";
import { type Graph, graphIn, type Scope, type Workflow } from "./workflow";

export type Place = readonly [x: number, y: number];

const GAP = 40;
const COLUMN = 5;
const LEFT = 40;
const ORIGIN: Place = [0, 0];
const kept = new WeakMap<Graph, { catalogue: Catalogue; places: ReadonlyMap<string, Place> }>();

/** The top left corner of every node of a graph. */
export function placesOf(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
): ReadonlyMap<string, Place> {
  const graph = graphIn(w, scope);
  if (!graph) return new Map();
  const known = kept.get(graph);
  if (known?.catalogue === catalogue) return known.places;
  const places = new Map<string, Place>();
  const lost: string[] = [];
  for (const id of Object.keys(graph.nodes)) {
    const place = graph.view.nodes?.[id];
    if (place) places.set(id, place);
    else lost.push(id);
  }
  if (lost.length > 0) placeTheRest(w, scope, catalogue, lost, places);
  kept.set(graph, { catalogue, places });
  return places;
}

export function placeOf(w: Workflow, scope: Scope, id: string, catalogue: Catalogue): Place {
  const given = graphIn(w, scope)?.view.nodes?.[id];
  return given ?? placesOf(w, scope, catalogue).get(id) ?? ORIGIN;
}

function placeTheRest(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  ids: readonly string[],
  places: Map<string, Place>,
): void {
  const sizeOf = (id: string) => nodeSize(w, scope, id, catalogue);
  let top = 0;
  for (const [id, [, y]] of places) top = Math.max(top, y + sizeOf(id).height + GAP);
  let x = LEFT;
  let y = top;
  let widest = 0;
  for (const [index, id] of ids.entries()) {
    if (index > 0 && index % COLUMN === 0) {
      x += widest + GAP;
      y = top;
      widest = 0;
    }
    const { width, height } = sizeOf(id);
    places.set(id, [x, y]);
    y += height + GAP;
    widest = Math.max(widest, width);
  }
}
