/** Where a node goes that nobody points a place for. */

import { GRID, WIDTH } from "../document/geometry";
import { middle } from "./camera";
import { intersects, type Rect } from "./culling";
import { rectOf } from "./layout";
import { model } from "./model";

/** About what a node takes; its own size is known when it is there. */
const HEIGHT = 240;
const GAP = 60;

/** A free place to the right of a node, or in the middle of what is shown. */
export function freePlace(beside: string | null): { x: number; y: number } {
  const { layout } = model.getState();
  const near = beside === null ? null : rectOf(layout, beside);
  const begin = near ? { x: near.x + near.width + GAP, y: near.y } : middle();
  const rects = [...layout.sizes.keys()]
    .map((id) => rectOf(layout, id))
    .filter((one) => one !== null);
  return freeBelow(begin, rects);
}

/** Down from a place until nothing is in the way. */
function freeBelow(begin: { x: number; y: number }, rects: readonly Rect[]) {
  const x = Math.round(begin.x / GRID) * GRID;
  let y = Math.round(begin.y / GRID) * GRID;
  for (let tries = 0; tries < rects.length + 1; tries++) {
    const wanted = { x: x - GRID, y: y - GRID, width: WIDTH + 2 * GRID, height: HEIGHT };
    const hit = rects.find((one) => intersects(one, wanted));
    if (!hit) break;
    y = Math.ceil((hit.y + hit.height + GAP) / GRID) * GRID;
  }
  return { x, y };
}
