/** Where the canvas looks. Panels and actions move it by these. */

import type { ReactFlowInstance } from "@xyflow/react";
import type { Element, LinkElement } from "./elements";
import { boundsOf, rectOf } from "./layout";
import { model } from "./model";

type Flow = ReactFlowInstance<Element, LinkElement>;

let flow: Flow | null = null;
/** Around what is framed; less on a narrow page. */
const PADDING = 60;
const PADDING_SHARE = 0.05;
/** Below this zoom no text can be read. */
const READABLE = 0.4;
export const ZOOM = { least: 0.05, most: 2.5 };

export function setFlow(instance: Flow | null): void {
  flow = instance;
}

export function getFlow(): Flow | null {
  return flow;
}

/** Motion only where the person has not asked for none. */
function duration(): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 220;
}

/** Show some nodes whole; all where none are named. */
export function frame(ids?: Iterable<string>, during = duration()): void {
  const { layout } = model.getState();
  const wanted = ids ? [...ids] : [...layout.sizes.keys()];
  const rects = wanted.map((id) => rectOf(layout, id)).filter((one) => one !== null);
  const bounds = boundsOf(rects);
  const size = paneSize();
  if (!flow || !bounds || !size) return;
  const padding = Math.min(PADDING, size.width * PADDING_SHARE);
  const room = [size.width - 2 * padding, size.height - 2 * padding] as const;
  const zoom = Math.min(
    1,
    Math.max(ZOOM.least, Math.min(room[0] / bounds.width, room[1] / bounds.height)),
  );
  const x = size.width / 2 - (bounds.x + bounds.width / 2) * zoom;
  const y = size.height / 2 - (bounds.y + bounds.height / 2) * zoom;
  void flow.setViewport({ x, y, zoom }, { duration: during });
}

/** Bring nodes to the middle, at a zoom where they can be read. */
export function centreOn(ids: Iterable<string>): void {
  const { layout } = model.getState();
  const rects = [...ids].map((id) => rectOf(layout, id)).filter((one) => one !== null);
  const bounds = boundsOf(rects);
  if (!flow || !bounds) return;
  const zoom = Math.max(flow.getZoom(), 0.7);
  void flow.setCenter(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2, {
    zoom,
    duration: duration(),
  });
}

/** The room that is left around a node that is brought into sight. */
const MARGIN = 24;

/** Move the view only as far as a node is out of it: walking the graph must not make it swim. */
export function reveal(id: string): void {
  const rect = rectOf(model.getState().layout, id);
  const size = paneSize();
  if (!flow || !rect || !size) return;
  const { x, y, zoom } = flow.getViewport();
  if (zoom < READABLE) {
    centreOn([id]);
    return;
  }
  const dx = shift(rect.x * zoom + x, rect.width * zoom, size.width);
  const dy = shift(rect.y * zoom + y, rect.height * zoom, size.height);
  if (dx !== 0 || dy !== 0)
    void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: duration() });
}

/** How far to move what begins at `start`, so that it is inside `room`; its begin rather than its end. */
function shift(start: number, length: number, room: number): number {
  if (start < MARGIN || length + 2 * MARGIN > room)
    return start >= 0 && start < room - length ? 0 : MARGIN - start;
  return Math.min(0, room - MARGIN - (start + length));
}

export function zoomBy(factor: number): void {
  if (flow) void flow.zoomTo(flow.getZoom() * factor, { duration: duration() / 2 });
}

export function zoomTo(zoom: number): void {
  if (flow) void flow.zoomTo(zoom, { duration: duration() / 2 });
}

/** The middle of what is shown, in the canvas's coordinates. */
export function middle(): { x: number; y: number } {
  const pane = document.querySelector("[data-canvas]")?.getBoundingClientRect();
  if (!flow || !pane) return { x: 0, y: 0 };
  return flow.screenToFlowPosition({
    x: pane.x + pane.width / 2,
    y: pane.y + pane.height / 2,
  });
}

function paneSize(): DOMRect | null {
  return document.querySelector("[data-canvas]")?.getBoundingClientRect() ?? null;
}
