/** A second copy of nodes beside the first. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import type { Scope } from "../workflow";

/** Copy nodes, notes and groups in place, `offset` to the right and below, links in included. */
export function duplicate(
  _scope: Scope,
  _ids: Iterable<string>,
  _catalogue: Catalogue,
  _offset = 40,
): Command {
  return { name: "duplicate", apply: () => undefined };
}
