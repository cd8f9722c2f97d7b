/** Where a node goes that nobody points a place for. */

import { WIDTH } from "../document/geometry";
import { roomBelow } from "../document/room";
import { middle } from "./camera";
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
  return roomBelow(begin, { width: WIDTH, height: HEIGHT }, rects);
}
