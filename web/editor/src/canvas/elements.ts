/** What React Flow is given: the nodes near the viewport, and the links among them. */

import { type Edge, type Node, type NodeHandle, Position } from "@xyflow/react";
import { type NodeSize, rowCentre } from "../document/geometry";
import {
  type Endpoint,
  GROUP,
  type Graph,
  type Group,
  NOTE,
  type Note,
} from "../document/workflow";
import { intersects, type Rect } from "./culling";
import type { DrawnGhost } from "./ghosts";
import type { Layout, Point } from "./layout";

export interface LinkData extends Record<string, unknown> {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly kind: string;
}

export type LinkElement = Edge<LinkData, "link">;
type Empty = Record<string, never>;
export type CardElement = Node<Empty, "card">;
/** A node out of sight that a link in sight leads to. */
export type StubElement = Node<Empty, "stub">;
export type NoteElement = Node<{ note: Note }, "note">;
export type GroupElement = Node<{ group: Group }, "group-box">;
/** A node that only the compared version has. */
export type GhostElement = Node<{ ghost: DrawnGhost }, "ghost">;
export type Element = CardElement | StubElement | NoteElement | GroupElement | GhostElement;

/** Where a link ends: on the edge of the node. */
const HANDLE = { width: 0, height: 26 };
const NO_DATA: Empty = {};
/** No id of a node begins so. */
const GHOST = "ghost:";

/** The nodes to mount, those in the middle of what is shown first. */
export function nearest(
  layout: Layout,
  mounted: Rect,
  { moved, held }: Pick<Wish, "moved" | "held">,
): readonly string[] {
  const centre = [mounted.x + mounted.width / 2, mounted.y + mounted.height / 2] as const;
  const found: (readonly [string, number])[] = [];
  for (const [id, { width, height }] of layout.sizes) {
    const place = moved?.get(id) ?? layout.places.get(id);
    if (!place) continue;
    const [x, y] = place;
    if (!held.has(id) && !intersects({ x, y, width, height }, mounted)) continue;
    found.push([id, Math.hypot(x + width / 2 - centre[0], y + height / 2 - centre[1])]);
  }
  return found.sort((a, b) => a[1] - b[1]).map(([id]) => id);
}

export interface Wish {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly links: readonly { readonly from: Endpoint; readonly to: Endpoint }[];
  readonly kindOf: (from: Endpoint) => string;
  /** Where links are drawn; null where only those of mounted nodes are. */
  readonly mounted: Rect | null;
  /** The nodes that are mounted. */
  readonly near: ReadonlySet<string>;
  readonly moved: ReadonlyMap<string, Point> | null;
  /** What the pointer drags, which stays mounted. */
  readonly held: ReadonlySet<string>;
  readonly selection: ReadonlySet<string>;
  readonly link: string | null;
  readonly ghosts: readonly DrawnGhost[];
}

/** Makes elements, and gives the same objects again for what did not change. */
export class Elements {
  #nodes = new Map<string, Element>();
  #links = new Map<string, LinkElement>();
  #handles = new WeakMap<NodeSize, NodeHandle[]>();

  make(wish: Wish): { nodes: Element[]; edges: LinkElement[] } {
    const near = wish.near;
    const edges: LinkElement[] = [];
    const stubs = new Set<string>();
    for (const link of wish.links) {
      const { from, to } = link;
      const seen =
        near.has(from.node) ||
        near.has(to.node) ||
        (wish.mounted !== null && this.#crosses(wish, wish.mounted, from, to));
      if (!seen || !wish.layout.sizes.has(from.node)) continue;
      if (!this.#hasEnds(wish, from, to)) continue;
      for (const { node } of [from, to]) if (!near.has(node)) stubs.add(node);
      edges.push(this.#link(wish, from, to));
    }
    const nodes = [
      ...this.#boxes(wish),
      ...this.#ghosts(wish),
      ...[...near]
        .filter((id) => wish.layout.sizes.has(id))
        .map((id) => this.#card(wish, id, "card")),
      ...[...stubs].map((id) => this.#card(wish, id, "stub")),
    ];
    this.#nodes = new Map(nodes.map((one) => [one.id, one]));
    this.#links = new Map(edges.map((one) => [one.id, one]));
    return { nodes, edges };
  }

  #rect(wish: Wish, id: string): Rect | null {
    const size = wish.layout.sizes.get(id);
    const place = wish.moved?.get(id) ?? wish.layout.places.get(id);
    return size && place
      ? { x: place[0], y: place[1], width: size.width, height: size.height }
      : null;
  }

  /** Whether a link may pass through what is mounted though both its nodes are out of it. */
  #crosses(wish: Wish, mounted: Rect, from: Endpoint, to: Endpoint): boolean {
    const a = this.#rect(wish, from.node);
    const b = this.#rect(wish, to.node);
    if (!a || !b) return false;
    const [x, y] = [Math.min(a.x + a.width, b.x), Math.min(a.y, b.y)];
    const right = Math.max(a.x + a.width, b.x);
    const bottom = Math.max(a.y + a.height, b.y + b.height);
    return intersects({ x, y, width: right - x, height: bottom - y }, mounted);
  }

  #hasEnds(wish: Wish, from: Endpoint, to: Endpoint): boolean {
    const source = wish.layout.sizes.get(from.node);
    const target = wish.layout.sizes.get(to.node);
    if (!source || !target) return false;
    return (
      rowCentre(source, "out", from.socket) !== null && rowCentre(target, "in", to.socket) !== null
    );
  }

  #link(wish: Wish, from: Endpoint, to: Endpoint): LinkElement {
    const id = linkId(to);
    const kind = wish.kindOf(from);
    const selected = wish.link === id;
    const old = this.#links.get(id);
    const data = old?.data;
    if (
      data?.kind === kind &&
      data.from.node === from.node &&
      data.from.socket === from.socket &&
      old?.selected === selected
    )
      return old;
    return {
      id,
      type: "link",
      source: from.node,
      target: to.node,
      sourceHandle: `out:${from.socket}`,
      targetHandle: `in:${to.socket}`,
      data: { from, to, kind },
      selected,
      focusable: false,
    };
  }

  #card(wish: Wish, id: string, type: "card" | "stub"): Element {
    const size = wish.layout.sizes.get(id) as NodeSize;
    const [x, y] = wish.moved?.get(id) ?? wish.layout.places.get(id) ?? [0, 0];
    const selected = wish.selection.has(id);
    const old = this.#nodes.get(id);
    const handles = this.#handlesOf(size);
    if (
      old?.type === type &&
      old.position.x === x &&
      old.position.y === y &&
      old.selected === selected &&
      old.handles === handles
    )
      return old;
    const dimensions = { width: size.width, height: size.height };
    return {
      id,
      type,
      data: NO_DATA,
      position: { x, y },
      selected,
      ...dimensions,
      measured: dimensions,
      handles,
      focusable: false,
      ...(type === "stub" ? { selectable: false, draggable: false } : {}),
    };
  }

  #handlesOf(size: NodeSize): NodeHandle[] {
    const known = this.#handles.get(size);
    if (known) return known;
    const made: NodeHandle[] = size.sockets.map(({ side, name, y }) => ({
      id: `${side}:${name}`,
      type: side === "in" ? "target" : "source",
      position: side === "in" ? Position.Left : Position.Right,
      x: side === "in" ? 0 : size.width,
      y: y - HANDLE.height / 2,
      ...HANDLE,
    }));
    this.#handles.set(size, made);
    return made;
  }

  #boxes(wish: Wish): Element[] {
    const groups = (wish.graph.view.groups ?? []).map((group) =>
      this.#box(wish, GROUP + group.id, group.box, { type: "group-box", data: { group } }),
    );
    const notes = (wish.graph.view.notes ?? []).map((note) =>
      this.#box(wish, NOTE + note.id, note.box, { type: "note", data: { note } }),
    );
    return [...groups, ...notes].filter((one): one is Element => one !== null);
  }

  #ghosts({ ghosts, mounted }: Wish): Element[] {
    if (mounted === null) return [];
    return ghosts
      .filter(({ at: [x, y], size }) =>
        intersects({ x, y, width: size.width, height: size.height }, mounted),
      )
      .map((ghost): GhostElement => {
        const id = GHOST + ghost.id;
        const old = this.#nodes.get(id);
        if (old?.type === "ghost" && old.data.ghost === ghost) return old;
        const dimensions = { width: ghost.size.width, height: ghost.size.height };
        return {
          id,
          type: "ghost",
          data: { ghost },
          position: { x: ghost.at[0], y: ghost.at[1] },
          ...dimensions,
          measured: dimensions,
          zIndex: -1,
          selectable: false,
          draggable: false,
          connectable: false,
          focusable: false,
        };
      });
  }

  #box(
    wish: Wish,
    id: string,
    box: readonly [number, number, number, number],
    what: Pick<GroupElement, "type" | "data"> | Pick<NoteElement, "type" | "data">,
  ): Element | null {
    const [left, top, width, height] = box;
    const [x, y] = wish.moved?.get(id) ?? [left, top];
    const near = wish.mounted !== null && intersects({ x, y, width, height }, wish.mounted);
    if (!near && !wish.held.has(id)) return null;
    const selected = wish.selection.has(id);
    const old = this.#nodes.get(id);
    const same =
      old &&
      old.selected === selected &&
      old.position.x === x &&
      old.position.y === y &&
      sameData(old.data, what.data);
    if (same) return old;
    const dimensions = { width, height };
    const zIndex = what.type === "group-box" ? -2 : -1;
    return {
      ...what,
      id,
      position: { x, y },
      selected,
      ...dimensions,
      measured: dimensions,
      zIndex,
      focusable: false,
    } as Element;
  }
}

function sameData(a: object, b: object): boolean {
  return Object.values(a)[0] === Object.values(b)[0];
}

/** An input has at most one link, so its end names it. */
export function linkId(to: Endpoint): string {
  return `${to.node}.${to.socket}`;
}
