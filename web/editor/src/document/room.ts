/** Where on the canvas there is room for one more node. */

import { GRID, type Point } from "./geometry";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const GAP = 60;

/** A place on the grid, at a point or below it, where a box stands clear of all others. */
export function roomBelow(
  at: Point,
  { width, height }: Pick<Box, "width" | "height">,
  taken: readonly Box[],
): Point {
  const x = Math.round(at.x / GRID) * GRID;
  let y = Math.round(at.y / GRID) * GRID;
  // Each step leaves one box behind for good.
  for (let tries = 0; tries <= taken.length; tries++) {
    const hit = taken.find(
      (one) =>
        one.x < x + width + GRID &&
        x - GRID < one.x + one.width &&
        one.y < y + height + GRID &&
        y - GRID < one.y + one.height,
    );
    if (!hit) break;
    y = Math.ceil((hit.y + hit.height + GAP) / GRID) * GRID;
  }
  return { x, y };
}
