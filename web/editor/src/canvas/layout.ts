/** Where everything of a graph is: positions from the file, sizes from the specs. Nothing measured. */

import type { Catalogue } from "../document/catalogue";
import { type NodeSize, nodeSize, type SizeExtras } from "../document/geometry";
import { placesOf } from "../document/places";
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
  const sizes = new Map<string, NodeSize>();
  for (const id of Object.keys(graphIn(workflow, scope)?.nodes ?? {}))
    sizes.set(id, nodeSize(workflow, scope, id, catalogue, extras.get(id)));
  return { sizes, places: placesOf(workflow, scope, catalogue) };
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
