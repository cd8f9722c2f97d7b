/** What becomes of seeds after a run. */

import type { Command } from "../history";
import type { Scope, Workflow } from "../workflow";

export type SeedMode = "fixed" | "random" | "increment";

export function seedMode(w: Workflow, scope: Scope, node: string, input: string): SeedMode {
  const view = scope === null ? w.view : w.subgraphs[scope]?.view;
  return view?.seeds?.[`${node}.${input}`] ?? "fixed";
}

export function setSeedMode(
  _scope: Scope,
  _node: string,
  _input: string,
  _mode: SeedMode,
): Command {
  return { name: "setSeedMode", apply: () => undefined };
}

/** Move every seed on as it is set to, in subgraphs too. */
export function advanceSeeds(_random: () => number): Command {
  return { name: "advanceSeeds", apply: () => undefined };
}
