/** What the pointer is doing on the canvas: dragging nodes, pulling a link. Not of the document. */

import { createStore } from "zustand/vanilla";
import type { Bridge } from "../document/links";
import type { Endpoint } from "../document/workflow";

/** The end that stays put while a link is pulled. */
export interface Pulled {
  readonly end: Endpoint;
  /** The side of the node that the end is on. */
  readonly side: "in" | "out";
  readonly kind: string;
  /** The input whose link is pulled off it; null for a new link. */
  readonly moves: Endpoint | null;
  /** Input sockets, or output sockets, that fit: "node.socket". */
  readonly fits: ReadonlySet<string>;
}

/** Why a link was not made, and what would make it. */
export interface Refusal {
  readonly screen: { readonly x: number; readonly y: number };
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly text: string;
  readonly bridges: readonly Bridge[];
}

interface Gesture {
  /** Positions of what is being dragged, by the id of a node, note or group. */
  readonly moved: ReadonlyMap<string, readonly [number, number]> | null;
  /** What of that the pointer holds itself, and stays mounted; the rest goes along. */
  readonly held: ReadonlySet<string>;
  readonly pulled: Pulled | null;
  /** The link that a dragged node would be inserted on. */
  readonly over: string | null;
  readonly refusal: Refusal | null;
  /** The link that is selected. */
  readonly link: string | null;
  /** The socket whose list of compatible ones is open. */
  readonly menu: { readonly end: Endpoint; readonly side: "in" | "out" } | null;
  /** The node that the keyboard is on. */
  readonly current: string | null;
}

const NOTHING: Gesture = {
  moved: null,
  held: new Set(),
  pulled: null,
  over: null,
  refusal: null,
  link: null,
  menu: null,
  current: null,
};

export const gesture = createStore<Gesture>(() => NOTHING);

/** Another graph is shown: what was done to this one must not happen to that. */
export function letGo(): void {
  gesture.setState(NOTHING);
}
