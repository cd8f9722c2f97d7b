/** A second copy of nodes beside the first. */

import type { Catalogue } from "../catalogue";
import { partOf } from "../clipboard";
import type { Command } from "../history";
import { putPart } from "../part";
import type { Scope } from "../workflow";
import { onWorkflow } from "./edit";

/** Copy nodes, notes and groups in place, `offset` to the right and below, links in included. */
export function duplicate(
  scope: Scope,
  ids: Iterable<string>,
  catalogue: Catalogue,
  offset = 40,
): Command {
  const chosen = new Set(ids);
  return onWorkflow("duplicate", (draft, before) => {
    const part = partOf(before, scope, chosen, catalogue);
    putPart(draft, before, scope, part, {
      dx: offset,
      dy: offset,
      keepOuterLinks: true,
      catalogue,
    });
  });
}
