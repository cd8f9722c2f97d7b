/** Walking the graph by arrow keys. */

import type { Catalogue } from "./catalogue";
import { nodeSize, rowCentre } from "./geometry";
import { type Place, placesOf } from "./places";
import { consumersOf, linksInto } from "./wires";
import { type Graph, graphIn, type Scope, type Workflow } from "./workflow";

export type Direction = "left" | "right" | "up" | "down";

/** The node that an arrow key leads to: along links, among siblings, or else the nearest there. */
export function neighbour(
  w: Workflow,
  scope: Scope,
  catalogue: Catalogue,
  id: string,
  direction: Direction,
): string | null {
  const graph = graphIn(w, scope);
  if (!graph?.nodes[id]) return null;
  const walk = new Walk(w, scope, catalogue, graph);
  if (direction === "left" || direction === "right")
    return walk.along(id, direction) ?? walk.nearest(id, direction);
  return walk.sibling(id, direction) ?? walk.nearest(id, direction);
}

class Walk {
  private readonly places: ReadonlyMap<string, Place>;

  constructor(
    private readonly w: Workflow,
    private readonly scope: Scope,
    private readonly catalogue: Catalogue,
    private readonly graph: Graph,
  ) {
    this.places = placesOf(w, scope, catalogue);
  }

  /** The node at the other end of the topmost link on a side. */
  along(id: string, direction: "left" | "right"): string | null {
    return this.linked(id, direction)[0] ?? null;
  }

  /** The nodes at the ends of the links on a side, in the order of the sockets. */
  private linked(id: string, direction: "left" | "right"): readonly string[] {
    const node = this.graph.nodes[id];
    if (!node) return [];
    const size = nodeSize(this.w, this.scope, id, this.catalogue);
    const ends =
      direction === "left"
        ? linksInto(node).map(([input, from]) => ({
            node: from.node,
            y: rowCentre(size, "in", input) ?? 0,
          }))
        : (consumersOf(this.graph).get(id) ?? []).map(({ from, to }) => ({
            node: to.node,
            y: rowCentre(size, "out", from.socket) ?? 0,
          }));
    const sorted = ends
      .filter((one) => one.node in this.graph.nodes && one.node !== id)
      .sort((a, b) => a.y - b.y || this.top(a.node) - this.top(b.node));
    return [...new Set(sorted.map((one) => one.node))];
  }

  /** The next node above or below among those that share a source or a consumer with one. */
  sibling(id: string, direction: "up" | "down"): string | null {
    const shared = new Set<string>();
    for (const source of this.linked(id, "left"))
      for (const one of this.linked(source, "right")) shared.add(one);
    for (const consumer of this.linked(id, "right"))
      for (const one of this.linked(consumer, "left")) shared.add(one);
    shared.delete(id);
    const sign = direction === "down" ? 1 : -1;
    const beyond = [...shared].filter((one) => (this.top(one) - this.top(id)) * sign > 0);
    return least(beyond, (one) => {
      const aside = Math.abs(this.left(one) - this.left(id));
      return (this.top(one) - this.top(id)) * sign + aside;
    });
  }

  /** The node nearest on a side, those straight ahead before those aside. */
  nearest(id: string, direction: Direction): string | null {
    const [x, y] = this.centre(id);
    const across = direction === "up" || direction === "down";
    const sign = direction === "right" || direction === "down" ? 1 : -1;
    const distance = (one: string): number => {
      const [left, top] = this.centre(one);
      const [ahead, aside] = across ? [top - y, left - x] : [left - x, top - y];
      return ahead * sign > 0 ? ahead * sign + Math.abs(aside) * 2 : Number.POSITIVE_INFINITY;
    };
    const others = Object.keys(this.graph.nodes).filter((one) => one !== id);
    return least(
      others.filter((one) => Number.isFinite(distance(one))),
      distance,
    );
  }

  private left(id: string): number {
    return this.places.get(id)?.[0] ?? 0;
  }

  private top(id: string): number {
    return this.places.get(id)?.[1] ?? 0;
  }

  private centre(id: string): Place {
    const [x, y] = this.places.get(id) ?? [0, 0];
    const { width, height } = nodeSize(this.w, this.scope, id, this.catalogue);
    return [x + width / 2, y + height / 2];
  }
}

function least(ids: readonly string[], by: (id: string) => number): string | null {
  let found: string | null = null;
  let smallest = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const value = by(id);
    if (value >= smallest) continue;
    found = id;
    smallest = value;
  }
  return found;
}
