/** Dragging nodes, notes and groups: kept apart from the document until the pointer is up. */

import * as commands from "../document/commands";
import { rowCentre } from "../document/geometry";
import type { Command } from "../document/history";
import { canInsertOnLink } from "../document/links";
import { type Endpoint, GROUP, NOTE } from "../document/workflow";
import { settings } from "../state/settings";
import { activeTab, run } from "../state/tabs";
import { contains } from "./culling";
import { linkId } from "./elements";
import { gesture } from "./gesture";
import { type Point, rectOf } from "./layout";
import { type Model, model } from "./model";

export const GRID = 20;

/**
 * Take in positions while the pointer is down. A group takes along what lies inside it, and what is
 * selected takes along the rest of the selection, which may be out of sight.
 */
export function dragTo(
  positions: ReadonlyMap<string, Point>,
  starts: ReadonlyMap<string, Point>,
): void {
  const shown = model.getState();
  const moved = new Map(positions);
  const selection = activeTab()?.selection ?? new Set();
  const takeAlong = (ids: Iterable<string>, by: Point) => {
    for (const id of ids) {
      const from = moved.has(id) ? undefined : placeOf(shown, id);
      if (from) moved.set(id, [from[0] + by[0], from[1] + by[1]]);
      if (from && id.startsWith(GROUP)) takeAlong(insideGroup(shown, id.slice(GROUP.length)), by);
    }
  };
  let together = false;
  for (const [id, [x, y]] of positions) {
    const start = starts.get(id);
    if (!start) continue;
    const by: Point = [x - start[0], y - start[1]];
    if (id.startsWith(GROUP)) takeAlong(insideGroup(shown, id.slice(GROUP.length)), by);
    if (selection.has(id) && !together) takeAlong(selection, by);
    together ||= selection.has(id);
  }
  const [only] = moved.size === 1 ? [...moved] : [];
  gesture.setState({
    moved,
    held: new Set(positions.keys()),
    over: only ? linkUnder(shown, only[0], only[1]) : null,
  });
}

/** The pointer is up: one step of undo. */
export function drop(): void {
  const { moved, over } = gesture.getState();
  gesture.setState({ moved: null, held: new Set(), over: null });
  if (!moved || moved.size === 0) return;
  const { scope } = model.getState();
  const places = new Map(
    [...moved].map(([id, [x, y]]) => [id, [Math.round(x), Math.round(y)]] as const),
  );
  const [only] = places;
  const inserted = over !== null && only ? insert(only[0], only[1], over) : null;
  run(inserted ?? commands.moveNodes(scope, places));
}

/** One gesture, one step: the node is moved and joins the link. */
function insert(node: string, [x, y]: Point, over: string): Command | null {
  const { scope, catalogue, links } = model.getState();
  const target = links.find((one) => linkId(one.to) === over);
  return target ? commands.insertOnLink(scope, catalogue, node, target.to, { x, y }) : null;
}

function insideGroup(shown: Model, group: string): readonly string[] {
  const box = shown.graph.view.groups?.find((one) => one.id === group)?.box;
  if (!box) return [];
  const outer = { x: box[0], y: box[1], width: box[2], height: box[3] };
  const nodes = [...shown.layout.sizes.keys()].filter((id) => {
    const rect = rectOf(shown.layout, id);
    return rect !== null && contains(outer, rect);
  });
  const notes = (shown.graph.view.notes ?? [])
    .filter(({ box: [x, y, width, height] }) => contains(outer, { x, y, width, height }))
    .map((one) => NOTE + one.id);
  return [...nodes, ...notes];
}

function placeOf(shown: Model, id: string): Point | undefined {
  const place = shown.layout.places.get(id);
  if (place) return place;
  const { notes = [], groups = [] } = shown.graph.view;
  const box =
    notes.find((one) => NOTE + one.id === id)?.box ??
    groups.find((one) => GROUP + one.id === id)?.box;
  return box && [box[0], box[1]];
}

/** The link that passes under the middle of a dragged node which could be inserted on it. */
function linkUnder(shown: Model, id: string, [x, y]: Point): string | null {
  const size = shown.layout.sizes.get(id);
  if (!size) return null;
  const at: Point = [x + size.width / 2, y + Math.min(size.height / 2, 40)];
  for (const { from, to } of shown.links) {
    if (from.node === id || to.node === id) continue;
    if (!isNearLink(shown, from, to, at, Math.min(size.height / 2, 40))) continue;
    if (fitsOn(shown, id, to)) return linkId(to);
  }
  return null;
}

function fitsOn({ workflow, scope, catalogue, graph }: Model, id: string, to: Endpoint): boolean {
  if (Object.keys(graph.nodes[id]?.links ?? {}).length > 0) return false;
  return canInsertOnLink(workflow, scope, catalogue, id, to);
}

function isNearLink(shown: Model, from: Endpoint, to: Endpoint, at: Point, reach: number): boolean {
  const a = end(shown, from, "out");
  const b = end(shown, to, "in");
  if (!a || !b || at[0] < Math.min(a[0], b[0]) || at[0] > Math.max(a[0], b[0])) return false;
  const share = (at[0] - a[0]) / (b[0] - a[0] || 1);
  // The middle of the curve is an S between the two heights.
  const smooth = share * share * (3 - 2 * share);
  return Math.abs(a[1] + (b[1] - a[1]) * smooth - at[1]) < reach;
}

function end(shown: Model, { node, socket }: Endpoint, side: "in" | "out"): Point | null {
  const size = shown.layout.sizes.get(node);
  const place = shown.layout.places.get(node);
  const y = size ? rowCentre(size, side, socket) : null;
  if (!size || !place || y === null) return null;
  return [place[0] + (side === "out" ? size.width : 0), place[1] + y];
}

export function snapped([x, y]: Point): Point {
  if (!settings.getState().snap) return [x, y];
  return [Math.round(x / GRID) * GRID, Math.round(y / GRID) * GRID];
}
