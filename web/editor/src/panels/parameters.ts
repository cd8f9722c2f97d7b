/** The parameters of a workflow, in the order in which people meet them. */

import type { Catalogue } from "../document/catalogue";
import { inOrder } from "../document/listed";
import { placesOf } from "../document/places";
import { socketsOf } from "../document/sockets";
import { parseTarget, targetsOf, type Workflow } from "../document/workflow";

type Rank = readonly [x: number, y: number, input: number];

const LAST: Rank = [Number.POSITIVE_INFINITY, 0, 0];

/** As the person put them; else as their nodes stand, from left to right and down each. */
export function parametersInOrder(w: Workflow, catalogue: Catalogue): readonly string[] {
  const places = placesOf(w, null, catalogue);
  const rankOf = (name: string): Rank => {
    const target = parseTarget(targetsOf(w.parameters[name] ?? [])[0] ?? "");
    const place = target && places.get(target.node);
    if (!target || !place) return LAST;
    const { inputs } = socketsOf(w, null, target.node, catalogue);
    return [...place, inputs.findIndex((one) => one.name === target.socket)];
  };
  const ranked = Object.keys(w.parameters).map((name) => ({ name, rank: rankOf(name) }));
  ranked.sort((a, b) => compare(a.rank, b.rank));
  return inOrder(
    w.view,
    "parameters",
    ranked.map((one) => one.name),
  );
}

function compare(a: Rank, b: Rank): number {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? 0;
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** A list with two of its entries in each other's place. */
export function swapped<T>(list: readonly T[], a: number, b: number): readonly T[] {
  const made = [...list];
  const [one, other] = [list[a], list[b]];
  if (one === undefined || other === undefined) return list;
  made[a] = other;
  made[b] = one;
  return made;
}
