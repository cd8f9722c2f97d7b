/** Where nodes, notes and groups stand. */

import type { Catalogue } from "../catalogue";
import { MAX_WIDTH, MIN_WIDTH, nodeSize, WIDTH } from "../geometry";
import type { Command } from "../history";
import { placeOf } from "../places";
import { GROUP, NOTE, type Scope, type Workflow } from "../workflow";
import { moved, refitGroups } from "./boxes";
import { type GraphDraft, onGraph, setInView, setList, setPlace, tidy } from "./edit";

/** x and y by the id of a node, or `NOTE` or `GROUP` and the id of a note or group. */
export type Positions = ReadonlyMap<string, readonly [number, number]>;
export type Alignment =
  | "left"
  | "right"
  | "top"
  | "bottom"
  | "horizontalCentre"
  | "verticalCentre"
  | "distributeHorizontally"
  | "distributeVertically";

/** merge: such as "nudge", to make one step of several moves in a row. */
export function moveNodes(scope: Scope, positions: Positions, merge?: string): Command {
  return onGraph("moveNodes", scope, (graph) => put(graph, positions), merge);
}

function put(graph: GraphDraft, positions: Positions): void {
  for (const [id, [x, y]] of positions) if (id in graph.nodes) setPlace(graph.view, id, x, y);
  const { groups = [], notes = [] } = graph.view;
  if (groups.some((one) => positions.has(GROUP + one.id)))
    setList(
      graph.view,
      "groups",
      groups.map((one) => moved(one, positions.get(GROUP + one.id))),
    );
  if (notes.some((one) => positions.has(NOTE + one.id)))
    setList(
      graph.view,
      "notes",
      notes.map((one) => moved(one, positions.get(NOTE + one.id))),
    );
}

export function resizeNode(scope: Scope, id: string, width: number, merge?: string): Command {
  return onGraph(
    "resizeNode",
    scope,
    (graph) => {
      if (!(id in graph.nodes)) return;
      const wide = tidy(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)));
      setInView(graph.view, "widths", id, wide === WIDTH ? undefined : wide);
    },
    merge,
  );
}

export function collapse(scope: Scope, ids: Iterable<string>, collapsed: boolean): Command {
  return onGraph("collapse", scope, (graph) => mark(graph, "collapsed", ids, collapsed));
}

/** Show or fold the advanced fields of a node. */
export function expandAdvanced(scope: Scope, id: string, open: boolean): Command {
  return onGraph("expandAdvanced", scope, (graph) => mark(graph, "expanded", [id], open));
}

function mark(
  graph: GraphDraft,
  key: "collapsed" | "expanded",
  ids: Iterable<string>,
  on: boolean,
): void {
  const wanted = new Set([...ids].filter((id) => id in graph.nodes));
  const list = graph.view[key] ?? [];
  const added = [...wanted].filter((id) => !list.includes(id));
  if (on && added.length > 0) setList(graph.view, key, [...list, ...added]);
  else if (!on && list.some((id) => wanted.has(id)))
    setList(
      graph.view,
      key,
      list.filter((id) => !wanted.has(id)),
    );
}

export function alignNodes(
  scope: Scope,
  ids: Iterable<string>,
  how: Alignment,
  catalogue: Catalogue,
): Command {
  return onGraph("alignNodes", scope, (graph, before) => {
    const rects = [...ids]
      .filter((id) => id in graph.nodes)
      .map((id) => rectOf(before, scope, id, catalogue));
    if (rects.length > 1) put(graph, new Map(aligned(rects, how)));
  });
}

interface Rect {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function rectOf(w: Workflow, scope: Scope, id: string, catalogue: Catalogue): Rect {
  const [x, y] = placeOf(w, scope, id, catalogue);
  const { width, height } = nodeSize(w, scope, id, catalogue);
  return { id, x, y, width, height };
}

type Placed = readonly [id: string, place: readonly [number, number]];

function aligned(rects: readonly Rect[], how: Alignment): readonly Placed[] {
  const left = Math.min(...rects.map((one) => one.x));
  const top = Math.min(...rects.map((one) => one.y));
  const right = Math.max(...rects.map((one) => one.x + one.width));
  const bottom = Math.max(...rects.map((one) => one.y + one.height));
  const each = (place: (one: Rect) => readonly [number, number]): readonly Placed[] =>
    rects.map((one) => [one.id, place(one)]);
  switch (how) {
    case "left":
      return each((one) => [left, one.y]);
    case "right":
      return each((one) => [right - one.width, one.y]);
    case "top":
      return each((one) => [one.x, top]);
    case "bottom":
      return each((one) => [one.x, bottom - one.height]);
    case "horizontalCentre":
      return each((one) => [(left + right - one.width) / 2, one.y]);
    case "verticalCentre":
      return each((one) => [one.x, (top + bottom - one.height) / 2]);
    case "distributeHorizontally":
      return spread(rects, left, right, "x", "width");
    case "distributeVertically":
      return spread(rects, top, bottom, "y", "height");
  }
}

/** Equal gaps between nodes; the outermost stay. */
function spread(
  rects: readonly Rect[],
  low: number,
  high: number,
  axis: "x" | "y",
  extent: "width" | "height",
): readonly Placed[] {
  const order = [...rects].sort((a, b) => a[axis] - b[axis]);
  const filled = order.reduce((sum, one) => sum + one[extent], 0);
  const gap = (high - low - filled) / (order.length - 1);
  let at = low;
  return order.map((one) => {
    const place = axis === "x" ? ([at, one.y] as const) : ([one.x, at] as const);
    at += one[extent] + gap;
    return [one.id, place];
  });
}

/** Take the positions that `layoutOf` found; groups follow what they hold. */
export function autoLayout(scope: Scope, positions: Positions, catalogue: Catalogue): Command {
  return onGraph("autoLayout", scope, (graph, before) => {
    put(graph, positions);
    refitGroups(graph, before, scope, catalogue, positions);
  });
}
