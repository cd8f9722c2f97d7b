/** Giving a node another id, by which links, parameters and the layout know it. */

import type { Command } from "../history";
import type { Scope, Workflow } from "../workflow";

/** Why a node cannot be called that, or null: the key `document.name.CODE`. */
export function nameProblem(
  _w: Workflow,
  _scope: Scope,
  _id: string,
): "empty" | "characters" | "long" | "taken" | null {
  return null;
}

/** Rename a node; nothing happens where `nameProblem` has something against it. */
export function renameNode(_scope: Scope, _id: string, _to: string): Command {
  return { name: "renameNode", apply: () => undefined };
}
