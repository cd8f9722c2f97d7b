/** The anatomy of a node: the canvas draws by it and measures nothing. */

import { type Catalogue, shortId } from "./catalogue";
import { placeOf } from "./places";
import { openSize } from "./rows";
import { type NodeSockets, socketsOf } from "./sockets";
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

/** A corner of a link: its two sockets, and room to take hold of it. */
export const REROUTE = "flow.reroute";
export const REROUTE_WIDTH = 40;

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

export interface Band {
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
  const corner = shortId(node.type) === REROUTE && sockets.known;
  const width = corner ? REROUTE_WIDTH : widthOf(graph.view, id);
  const collapsed = corner || isCollapsed(graph.view, id);
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
