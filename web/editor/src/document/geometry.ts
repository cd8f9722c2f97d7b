/** The anatomy of a node: the canvas draws by it and measures nothing. */

import type { Catalogue } from "./catalogue";
import { placeOf } from "./places";
import { type NodeSockets, type Socket, socketsOf } from "./sockets";
import { graphIn, type NodeDocument, type Scope, type View, type Workflow } from "./workflow";

export const WIDTH = 240;
export const MIN_WIDTH = 180;
export const MAX_WIDTH = 480;
export const HEADER = 30;
export const ROW = 26;
export const FOOT = 20;
export const GRID = 20;
/** Above the first row and below the last. */
export const PADDING = 4;
/** What a field of several lines adds below its label. */
export const TEXTAREA = 72;
/** The message under a field. */
export const MESSAGE = 18;
/** Around the preview. */
export const MARGIN = 8;
const TALLEST_PREVIEW = 480;
/** So many optional fields are shown before the rest folds. */
const SHOWN_FIELDS = 8;
const LETTER = 7;
const PAIR_SPACE = 56;

/** What a node shows besides its sockets. */
export interface SizeExtras {
  /** Width by height of the preview; none is shown where it is left out. */
  readonly previewAspect?: number;
  readonly foot?: boolean;
  /** Inputs with a message under them: the row grows by a line. */
  readonly errors?: readonly string[];
}

/** One line of a node: an input, an output, or one of each side by side. */
export interface Row {
  readonly input: string | null;
  readonly output: string | null;
  readonly side: "in" | "out" | "both";
  readonly y: number;
  readonly height: number;
  readonly advanced: boolean;
}

interface Band {
  readonly y: number;
  readonly height: number;
}

export interface NodeSize {
  readonly width: number;
  readonly height: number;
  readonly collapsed: boolean;
  readonly rows: readonly Row[];
  /** The row that unfolds the advanced fields, and how many there are. */
  readonly more: (Band & { readonly count: number; readonly open: boolean }) | null;
  readonly preview: Band | null;
  readonly foot: Band | null;
  /** The middle of every socket, from the node's top; those folded away included. */
  readonly sockets: readonly SocketPlace[];
}

export interface SocketPlace {
  readonly side: "in" | "out";
  readonly name: string;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const NO_EXTRAS: SizeExtras = {};
const sizes = new WeakMap<NodeDocument, { sockets: NodeSockets; key: string; size: NodeSize }>();

/** The size of a node and the place of everything on it. The same object while nothing changed. */
export function nodeSize(
  w: Workflow,
  scope: Scope,
  id: string,
  catalogue: Catalogue,
  extras: SizeExtras = NO_EXTRAS,
): NodeSize {
  const graph = graphIn(w, scope);
  const node = graph?.nodes[id];
  if (!graph || !node)
    return collapsedSize({ known: false, title: "", inputs: [], outputs: [] }, WIDTH);
  const sockets = socketsOf(w, scope, id, catalogue);
  const width = widthOf(graph.view, id);
  const collapsed = isCollapsed(graph.view, id);
  const open = isExpanded(graph.view, id);
  const { previewAspect = 0, foot = false, errors = [] } = extras;
  const key = `${width} ${collapsed} ${open} ${previewAspect} ${foot} ${errors.join(".")}`;
  const known = sizes.get(node);
  if (known?.sockets === sockets && known.key === key) return known.size;
  const size = collapsed
    ? collapsedSize(sockets, width)
    : openSize(sockets, node, width, open, extras);
  sizes.set(node, { sockets, key, size });
  return size;
}

export function widthOf(view: View, id: string): number {
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, view.widths?.[id] ?? WIDTH));
}

export function isCollapsed(view: View, id: string): boolean {
  return view.collapsed !== undefined && setOf(view.collapsed).has(id);
}

/** Whether the advanced fields of a node are shown. */
export function isExpanded(view: View, id: string): boolean {
  return view.expanded !== undefined && setOf(view.expanded).has(id);
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(list: readonly string[]): ReadonlySet<string> {
  let known = sets.get(list);
  if (!known) {
    known = new Set(list);
    sets.set(list, known);
  }
  return known;
}

function collapsedSize(sockets: NodeSockets, width: number): NodeSize {
  const y = HEADER / 2;
  const places: SocketPlace[] = [
    ...sockets.inputs.map(({ name }) => ({ side: "in" as const, name, y })),
    ...sockets.outputs.map(({ name }) => ({ side: "out" as const, name, y })),
  ];
  return {
    width,
    height: HEADER,
    collapsed: true,
    rows: [],
    more: null,
    preview: null,
    foot: null,
    sockets: places,
  };
}

/** Sockets first, inputs and outputs side by side where their names fit, then the fields. */
function openSize(
  sockets: NodeSockets,
  node: NodeDocument,
  width: number,
  open: boolean,
  extras: SizeExtras,
): NodeSize {
  const page = new Page(node, extras);
  const plain = sockets.inputs.filter((one) => !one.literal);
  const fields = sockets.inputs.filter((one) => one.literal);
  const folding = foldable(fields, node);
  page.sockets(plain, sockets.outputs, width);
  for (const one of fields) if (!folding.has(one)) page.field(one, false);
  const more = folding.size > 0 ? page.more(folding, open) : null;
  page.space(PADDING);
  const preview = page.preview(width);
  const foot = extras.foot ? page.band(FOOT) : null;
  return {
    width,
    height: page.y,
    collapsed: false,
    rows: page.rows,
    more,
    preview,
    foot,
    sockets: page.places,
  };
}

/** The fields that fold: the advanced ones, and optional ones past the first few. */
function foldable(fields: readonly Socket[], node: NodeDocument): ReadonlySet<Socket> {
  const idle = fields.filter((one) => !one.required && !(one.name in node.links));
  const advanced = new Set(idle.filter((one) => one.advanced));
  const optional = idle.filter((one) => !one.advanced);
  // A fold that hides one field saves no room.
  if (optional.length > SHOWN_FIELDS + 1)
    for (const one of optional.slice(SHOWN_FIELDS)) advanced.add(one);
  return advanced;
}

/** The rows of a node as they are put one below the other. */
class Page {
  y = HEADER + PADDING;
  readonly rows: Row[] = [];
  readonly places: SocketPlace[] = [];

  constructor(
    private readonly node: NodeDocument,
    private readonly extras: SizeExtras,
  ) {}

  sockets(inputs: readonly Socket[], outputs: readonly Socket[], width: number): void {
    const fit = outputs.every(
      (one, index) =>
        (one.name.length + (inputs[index]?.name.length ?? 0)) * LETTER + PAIR_SPACE <= width,
    );
    if (!fit) for (const one of outputs) this.#row(null, one, false);
    const count = fit ? Math.max(inputs.length, outputs.length) : inputs.length;
    for (let index = 0; index < count; index++)
      this.#row(inputs[index] ?? null, (fit && outputs[index]) || null, false);
  }

  field(one: Socket, advanced: boolean): void {
    this.#row(one, null, advanced);
  }

  more(folding: ReadonlySet<Socket>, open: boolean): NodeSize["more"] {
    const band = this.band(ROW);
    for (const one of folding) {
      if (open) this.field(one, true);
      else this.places.push({ side: "in", name: one.name, y: band.y + ROW / 2 });
    }
    return { ...band, count: folding.size, open };
  }

  preview(width: number): Band | null {
    const aspect = this.extras.previewAspect;
    if (!aspect || !(aspect > 0)) return null;
    const height = Math.round(Math.min(TALLEST_PREVIEW, (width - 2 * MARGIN) / aspect));
    const band = this.band(height);
    this.space(MARGIN);
    return band;
  }

  band(height: number): Band {
    const band = { y: this.y, height };
    this.y += height;
    return band;
  }

  space(height: number): void {
    this.y += height;
  }

  #row(input: Socket | null, output: Socket | null, advanced: boolean): void {
    const y = this.y + ROW / 2;
    if (input) this.places.push({ side: "in", name: input.name, y });
    if (output) this.places.push({ side: "out", name: output.name, y });
    this.rows.push({
      input: input?.name ?? null,
      output: output?.name ?? null,
      side: input && output ? "both" : input ? "in" : "out",
      ...this.band(input ? this.#height(input) : ROW),
      advanced,
    });
  }

  #height(input: Socket): number {
    const linked = input.name in this.node.links;
    const field = linked ? 0 : fieldHeight(input);
    return ROW + field + (this.extras.errors?.includes(input.name) ? MESSAGE : 0);
  }
}

/** What a field takes below its label's row: most stand beside the label. */
export function fieldHeight(one: Socket): number {
  const widget = one.schema["x-widget"];
  const tall = widget === "textarea" || widget?.includes("/") === true;
  return one.literal && tall ? TEXTAREA : 0;
}

/** How far below the node's top a socket is; null where it has no such socket. */
export function rowCentre(size: NodeSize, side: "in" | "out", name: string): number | null {
  return size.sockets.find((one) => one.side === side && one.name === name)?.y ?? null;
}

/** Where a socket is on the canvas. One that is folded away is where its row unfolds. */
export function socketPoint(
  w: Workflow,
  scope: Scope,
  id: string,
  side: "in" | "out",
  name: string,
  catalogue: Catalogue,
  extras: SizeExtras = NO_EXTRAS,
): Point {
  const size = nodeSize(w, scope, id, catalogue, extras);
  const [x, y] = placeOf(w, scope, id, catalogue);
  return {
    x: side === "in" ? x : x + size.width,
    y: y + (rowCentre(size, side, name) ?? HEADER / 2),
  };
}
