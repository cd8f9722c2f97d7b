/** Putting on the canvas what was chosen. */

import { addNodeAt } from "../../canvas/dropping";
import { focusNode } from "../../canvas/focus";
import { rectOf } from "../../canvas/layout";
import { model } from "../../canvas/model";
import * as commands from "../../document/commands";
import { GRID, type Point, WIDTH } from "../../document/geometry";
import { t } from "../../i18n";
import { countUse } from "../../state/settings";
import { activeTab, run, select } from "../../state/tabs";
import { announce, type Search } from "../../state/ui";
import type { Entry, Extra } from "./entries";

/** Add it where the search was opened, connected to the link that was dropped there. */
export function addEntry(entry: Entry, { at, link }: Pick<Search, "at" | "link">): void {
  if ("extra" in entry) addExtra(entry, at);
  else if (link) addConnected(entry.type, entry.title, at, link);
  else addNodeAt(entry.type, freePlace(at));
}

function addConnected(
  type: string,
  title: string,
  at: Point,
  { from, side }: NonNullable<Search["link"]>,
): void {
  const { scope, graph, catalogue } = model.getState();
  const id = commands.freeId(graph, type);
  // What feeds an input stands to the left of it.
  const wanted = side === "in" ? { x: at.x - WIDTH, y: at.y } : at;
  const node = { type, id, at: onGrid(freePlace(wanted)) };
  run(commands.addNodeConnected(scope, catalogue, node, from, side));
  countUse(type);
  select([id]);
  focusNode(id);
  announce(t("search.said.connected", { node: title, to: `${from.node} ${from.socket}` }));
}

function addExtra({ extra, title }: Extra, at: Point): void {
  const { scope, catalogue } = model.getState();
  const selected = [...(activeTab()?.selection ?? [])];
  if (extra === "note") run(commands.addNote(scope, { text: "", at: onGrid(freePlace(at)) }));
  else run(commands.group(scope, selected, catalogue, { title: t("canvas.group.title") }));
  announce(t("canvas.said.added", { node: title }));
}

/** A place is taken where a node covers it; the next is below that node. */
export function freePlace(at: Point): Point {
  const { layout } = model.getState();
  let place = at;
  for (let tries = 0; tries < layout.sizes.size; tries++) {
    const { x, y } = place;
    const covering = [...layout.sizes.keys()]
      .map((id) => rectOf(layout, id))
      .find((one) => one && isInside({ x, y }, one));
    if (!covering) break;
    place = { x, y: covering.y + covering.height + 2 * GRID };
  }
  return place;
}

function isInside(
  { x, y }: Point,
  one: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): boolean {
  return x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height;
}

function onGrid({ x, y }: Point): Point {
  return { x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID };
}
