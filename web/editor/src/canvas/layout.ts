/** Where everything of a graph is: positions from the file, sizes from the specs. Nothing measured. */

import type { Catalogue } from "../document/catalogue";
import { type NodeSize, nodeSize, type SizeExtras } from "../document/geometry";
import { graphIn, type Scope, type Workflow } from "../document/workflow";
import type { Rect } from "./culling";

export type Point = readonly [number, number];

export interface Layout {
  readonly sizes: ReadonlyMap<string, NodeSize>;
  readonly places: ReadonlyMap<string, Point>;
}

export function layoutOf(
  workflow: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  extras: ReadonlyMap<string, SizeExtras>,
): Layout {
  const graph = graphIn(workflow, scope);
  const sizes = new Map<string, NodeSize>();
  const places = new Map<string, Point>();
  if (!graph) return { sizes, places };
  const lost: string[] = [];
  for (const id of Object.keys(graph.nodes)) {
    sizes.set(id, nodeSize(workflow, scope, id, catalogue, extras.get(id)));
    const place = graph.view.nodes?.[id];
    if (isPoint(place)) places.set(id, place);
    else lost.push(id);
  }
  placeTheRest(lost, sizes, places);
  return { sizes, places };
}

/** A file need not say where its nodes are. */
function isPoint(place: unknown): place is Point {
  return Array.isArray(place) && place.length >= 2 && place.every((one) => Number.isFinite(one));
}

const GAP = 40;
const COLUMN = 5;

/** Nodes without a place stand in columns below the others, until they are laid out. */
function placeTheRest(
  ids: readonly string[],
  sizes: ReadonlyMap<string, NodeSize>,
  places: Map<string, Point>,
): void {
  let bottom = 0;
  for (const [id, [, y]] of places)
    bottom = Math.max(bottom, y + (sizes.get(id)?.height ?? 0) + GAP);
  let x = 40;
  let y = bottom;
  let widest = 0;
  for (const [index, id] of ids.entries()) {
    const size = sizes.get(id);
    if (index > 0 && index % COLUMN === 0) {
      x += widest + GAP;
      y = bottom;
      widest = 0;
    }
    places.set(id, [x, y]);
    y += (size?.height ?? 0) + GAP;
    widest = Math.max(widest, size?.width ?? 0);
  }
}

export function rectOf(layout: Layout, id: string): Rect | null {
  const size = layout.sizes.get(id);
  const place = layout.places.get(id);
  if (!size || !place) return null;
  return { x: place[0], y: place[1], width: size.width, height: size.height };
}

/** The smallest rectangle around some nodes; null around none. */
export function boundsOf(rects: Iterable<Rect>): Rect | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const one of rects) {
    left = Math.min(left, one.x);
    top = Math.min(top, one.y);
    right = Math.max(right, one.x + one.width);
    bottom = Math.max(bottom, one.y + one.height);
  }
  return left > right ? null : { x: left, y: top, width: right - left, height: bottom - top };
}
