/** Writing down which distributions a workflow's nodes come from. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import { graphDraft, onWorkflow, scopesOf } from "./edit";

/** Add the distributions of all nodes; what is required already is kept. Adds to the last step. */
export function updateRequires(catalogue: Catalogue): Command {
  const command = onWorkflow("updateRequires", (draft, before) => {
    for (const scope of scopesOf(before))
      for (const node of Object.values(graphDraft(before as typeof draft, scope)?.nodes ?? {})) {
        const name = catalogue.get(node.type)?.distribution;
        if (!name || !Object.hasOwn(catalogue.versions, name)) continue;
        if (!(name in before.requires)) draft.requires[name] = `>=${catalogue.versions[name]}`;
      }
  });
  return { ...command, fold: true };
}
