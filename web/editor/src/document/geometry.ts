/** The anatomy of a node: the canvas draws by it and measures nothing. */

import type { Catalogue } from "./catalogue";
import type { Scope, Workflow } from "./workflow";

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

/** What a node shows besides its sockets. */
export interface SizeExtras {
  /** Width by height of the preview; none is shown where it is left out. */
  readonly previewAspect?: number;
  readonly foot?: boolean;
  /** Inputs with a message under them: the row grows by a line for each. */
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

export function nodeSize(
  _w: Workflow,
  _scope: Scope,
  _id: string,
  _catalogue: Catalogue,
  _extras: SizeExtras = {},
): NodeSize {
  return {
    width: WIDTH,
    height: HEADER,
    collapsed: false,
    rows: [],
    more: null,
    preview: null,
    foot: null,
    sockets: [],
  };
}

/** How far below the node's top a socket is; null where it has no such socket. */
export function rowCentre(size: NodeSize, side: "in" | "out", name: string): number | null {
  return size.sockets.find((one) => one.side === side && one.name === name)?.y ?? null;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a socket is on the canvas. One that is folded away is where its row unfolds. */
export function socketPoint(
  _w: Workflow,
  _scope: Scope,
  _id: string,
  _side: "in" | "out",
  _name: string,
  _catalogue: Catalogue,
  _extras: SizeExtras = {},
): Point {
  return { x: 0, y: 0 };
}
