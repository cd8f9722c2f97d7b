/** Where nodes stand; those of which the file does not say it stand in columns below the others. */

import type { Catalogue } from "./catalogue";
import { GRID, nodeSize } from "./geometry";
import { columnsOf } from "./layers";
import { type Graph, graphIn, type Scope, type Workflow } from "./workflow";

export type Place = readonly [x: number, y: number];

/** Also what a layout leaves between its nodes. */
export const BETWEEN_COLUMNS = 80;
export const BETWEEN_NODES = 40;
/** The first corner of what nothing else says the place of. */
export const START = 40;
/** How many nodes without links make a column. */
const ALONE = 5;
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
  for (const id of Object.keys(graph.nodes)) {
    const place = given(graph, id);
    if (place) places.set(id, place);
  }
  const lost = lostIn(w, scope);
  if (lost.length > 0) placeTheRest(w, scope, catalogue, lost, places);
  kept.set(graph, { catalogue, places });
  return places;
}

/** The nodes of a graph of which the file does not say where they stand. */
export function lostIn(w: Workflow, scope: Scope): readonly string[] {
  const graph = graphIn(w, scope);
  if (!graph) return [];
  return Object.keys(graph.nodes).filter((id) => !given(graph, id));
}

export function placeOf(w: Workflow, scope: Scope, id: string, catalogue: Catalogue): Place {
  const graph = graphIn(w, scope);
  return (graph && given(graph, id)) ?? placesOf(w, scope, catalogue).get(id) ?? ORIGIN;
}

/** What the file says; a file may say something else than two numbers. */
function given({ view }: Graph, id: string): Place | undefined {
  const place: unknown = view.nodes?.[id];
  return isPlace(place) ? place : undefined;
}

function isPlace(place: unknown): place is Place {
  return Array.isArray(place) && place.length >= 2 && place.every((one) => Number.isFinite(one));
}

function placeTheRest(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  ids: readonly string[],
  places: Map<string, Place>,
): void {
  const graph = graphIn(w, scope);
  if (!graph) return;
  const sizeOf = (id: string) => nodeSize(w, scope, id, catalogue);
  let top = places.size > 0 ? Number.NEGATIVE_INFINITY : START;
  for (const [id, [, y]] of places) top = Math.max(top, y + sizeOf(id).height + BETWEEN_NODES);
  top = Math.ceil(top / GRID) * GRID;
  let x = START;
  for (const column of columnsOf(graph, ids, ALONE)) {
    let y = top;
    let widest = 0;
    for (const id of column) {
      const { width, height } = sizeOf(id);
      places.set(id, [x, y]);
      y = Math.ceil((y + height + BETWEEN_NODES) / GRID) * GRID;
      widest = Math.max(widest, width);
    }
    x = Math.ceil((x + widest + BETWEEN_COLUMNS) / GRID) * GRID;
  }
}
