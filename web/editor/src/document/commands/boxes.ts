/** Groups and notes: boxes on the canvas that never affect what runs. */

import type { Catalogue } from "../catalogue";
import { nodeSize, type Point } from "../geometry";
import type { Command } from "../history";
import { placeOf } from "../places";
import { type Group, NOTE, type Note, type Scope, type Workflow } from "../workflow";
import { type GraphDraft, onGraph, setList, tidy } from "./edit";
import { unusedId } from "./nodes";

type Box = Group["box"];
type Place = readonly [x: number, y: number];

/** Around what a group holds. */
const MARGIN = 20;
const TITLE = 24;
const NOTE_WIDTH = 240;
const NOTE_HEIGHT = 120;
const SMALLEST = 40;

export interface GroupChange {
  readonly title?: string;
  readonly box?: Box;
  /** null takes the colour away. */
  readonly colour?: number | null;
}

/** A box around nodes and notes. id: where the caller needs to know it. */
export function group(
  scope: Scope,
  ids: Iterable<string>,
  catalogue: Catalogue,
  options: { readonly title?: string; readonly id?: string } = {},
): Command {
  const chosen = [...ids];
  return onGraph("group", scope, (graph, before) => {
    const box = around(boxesOf(graph, before, scope, catalogue, chosen));
    if (!box) return;
    const groups = graph.view.groups ?? [];
    const id = freeBoxId(groups, options.id ?? "group");
    setList(graph.view, "groups", [...groups, { id, title: options.title ?? "", box }]);
  });
}

export function editGroup(scope: Scope, id: string, change: GroupChange): Command {
  return onGraph(
    "editGroup",
    scope,
    (graph) => {
      const groups = graph.view.groups ?? [];
      if (!groups.some((one) => one.id === id)) return;
      setList(
        graph.view,
        "groups",
        groups.map((one) => (one.id === id ? changed(one, change) : one)),
      );
    },
    `group ${scope ?? ""} ${id} ${Object.keys(change).join(" ")}`,
  );
}

function changed(one: Group, { title, box, colour }: GroupChange): Group {
  const { colour: old, ...rest } = one;
  const next = colour === undefined ? old : colour;
  return {
    ...rest,
    ...(next === undefined || next === null ? {} : { colour: next }),
    ...(title === undefined ? {} : { title }),
    ...(box === undefined ? {} : { box: tidyBox(box) }),
  };
}

/** Take the box away; what lies in it stays. */
export function removeGroup(scope: Scope, id: string): Command {
  return onGraph("removeGroup", scope, (graph) => {
    const groups = graph.view.groups ?? [];
    if (groups.some((one) => one.id === id))
      setList(
        graph.view,
        "groups",
        groups.filter((one) => one.id !== id),
      );
  });
}

export function addNote(
  scope: Scope,
  note: {
    readonly text: string;
    readonly at: Point;
    readonly width?: number;
    readonly height?: number;
    readonly id?: string;
  },
): Command {
  return onGraph("addNote", scope, (graph) => {
    const notes = graph.view.notes ?? [];
    const { at, width = NOTE_WIDTH, height = NOTE_HEIGHT, text } = note;
    const id = freeBoxId(notes, note.id ?? "note");
    const box = tidyBox([at.x, at.y, width, height]);
    setList(graph.view, "notes", [...notes, { id, text, box }]);
  });
}

export function editNote(
  scope: Scope,
  id: string,
  change: { readonly text?: string; readonly box?: Note["box"] },
): Command {
  const { text, box } = change;
  const edited = (one: Note): Note => ({
    ...one,
    ...(text === undefined ? {} : { text }),
    ...(box === undefined ? {} : { box: tidyBox(box) }),
  });
  return onGraph(
    "editNote",
    scope,
    (graph) => {
      const notes = graph.view.notes ?? [];
      if (!notes.some((one) => one.id === id)) return;
      setList(
        graph.view,
        "notes",
        notes.map((one) => (one.id === id ? edited(one) : one)),
      );
    },
    `note ${scope ?? ""} ${id} ${Object.keys(change).join(" ")}`,
  );
}

export function removeNote(scope: Scope, id: string): Command {
  return onGraph("removeNote", scope, (graph) => {
    const notes = graph.view.notes ?? [];
    if (notes.some((one) => one.id === id))
      setList(
        graph.view,
        "notes",
        notes.filter((one) => one.id !== id),
      );
  });
}

/** An id that no other box of its list has. */
export function freeBoxId(list: readonly { readonly id: string }[], wish: string): string {
  const taken = new Set(list.map((one) => one.id));
  return unusedId(wish, (id) => taken.has(id));
}

export function moved<T extends { readonly box: Box }>(one: T, to: Place | undefined): T {
  if (!to) return one;
  const [, , width, height] = one.box;
  return { ...one, box: tidyBox([to[0], to[1], width, height]) };
}

function tidyBox([x, y, width, height]: Box): Box {
  return [tidy(x), tidy(y), Math.max(SMALLEST, tidy(width)), Math.max(SMALLEST, tidy(height))];
}

function boxesOf(
  graph: GraphDraft,
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  ids: readonly string[],
): readonly Box[] {
  const notes = new Map((graph.view.notes ?? []).map((one) => [NOTE + one.id, one.box]));
  return ids.flatMap((id) => {
    const note = notes.get(id);
    if (note) return [note];
    return id in graph.nodes ? [nodeBox(w, scope, id, catalogue)] : [];
  });
}

function nodeBox(w: Workflow, scope: Scope, id: string, catalogue: Catalogue): Box {
  const [x, y] = placeOf(w, scope, id, catalogue);
  const { width, height } = nodeSize(w, scope, id, catalogue);
  return [x, y, width, height];
}

/** The box of a group that holds others. */
function around(boxes: readonly Box[]): Box | null {
  if (boxes.length === 0) return null;
  const left = Math.min(...boxes.map(([x]) => x)) - MARGIN;
  const top = Math.min(...boxes.map(([, y]) => y)) - MARGIN - TITLE;
  const right = Math.max(...boxes.map(([x, , width]) => x + width)) + MARGIN;
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height)) + MARGIN;
  return tidyBox([left, top, right - left, bottom - top]);
}

/** Put every group around the nodes that it held before they were moved; its notes go along. */
export function refitGroups(
  graph: GraphDraft,
  before: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  positions: ReadonlyMap<string, Place>,
): void {
  const shifts: { readonly old: Box; readonly now: Box }[] = [];
  const groups = (graph.view.groups ?? []).map((one) => {
    const held = Object.keys(graph.nodes)
      .map((id) => ({ id, box: nodeBox(before, scope, id, catalogue) }))
      .filter(({ box }) => holds(one.box, box));
    if (!held.some(({ id }) => positions.has(id))) return one;
    const boxes = held.map(({ id, box }) => moved({ box }, positions.get(id)).box);
    const box = around(boxes) ?? one.box;
    shifts.push({ old: one.box, now: box });
    return { ...one, box };
  });
  if (shifts.length === 0) return;
  setList(graph.view, "groups", groups);
  const notes = graph.view.notes?.map((note) => {
    const shift = shifts.find(({ old }) => holds(old, note.box));
    if (!shift) return note;
    const { old, now } = shift;
    return moved(note, [note.box[0] + now[0] - old[0], note.box[1] + now[1] - old[1]]);
  });
  if (notes) setList(graph.view, "notes", notes);
}

function holds([x, y, width, height]: Box, [left, top, w, h]: Box): boolean {
  return left >= x && top >= y && left + w <= x + width && top + h <= y + height;
}
