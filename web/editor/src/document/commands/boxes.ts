/** Groups and notes: boxes on the canvas that never affect what runs. */

import type { Catalogue } from "../catalogue";
import type { Point } from "../geometry";
import type { Command } from "../history";
import type { Group, Note, Scope } from "../workflow";

export interface GroupChange {
  readonly title?: string;
  readonly box?: Group["box"];
  /** null takes the colour away. */
  readonly colour?: number | null;
}

/** A box around nodes. id: as `freeId` gives it, where the caller needs to know it. */
export function group(
  _scope: Scope,
  _ids: Iterable<string>,
  _catalogue: Catalogue,
  _options: { readonly title?: string; readonly id?: string } = {},
): Command {
  return { name: "group", apply: () => undefined };
}

export function editGroup(_scope: Scope, _id: string, _change: GroupChange): Command {
  return { name: "editGroup", apply: () => undefined };
}

/** Take the box away; what lies in it stays. */
export function removeGroup(_scope: Scope, _id: string): Command {
  return { name: "removeGroup", apply: () => undefined };
}

export function addNote(
  _scope: Scope,
  _note: {
    readonly text: string;
    readonly at: Point;
    readonly width?: number;
    readonly height?: number;
    readonly id?: string;
  },
): Command {
  return { name: "addNote", apply: () => undefined };
}

export function editNote(
  _scope: Scope,
  _id: string,
  _change: { readonly text?: string; readonly box?: Note["box"] },
): Command {
  return { name: "editNote", apply: () => undefined };
}

export function removeNote(_scope: Scope, _id: string): Command {
  return { name: "removeNote", apply: () => undefined };
}
