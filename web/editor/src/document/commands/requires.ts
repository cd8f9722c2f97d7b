/** Writing down which distributions a workflow's nodes come from. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import { canonicalName } from "../versions";
import type { NodeDocument } from "../workflow";
import { graphDraft, onWorkflow, scopesOf } from "./edit";

/** Add the distributions of all nodes and of what they choose; what is required already is kept. Adds to the last step. */
export function updateRequires(catalogue: Catalogue): Command {
  const command = onWorkflow("updateRequires", (draft, before) => {
    const named = new Set(Object.keys(before.requires).map(canonicalName));
    for (const scope of scopesOf(before))
      for (const node of Object.values(graphDraft(before as typeof draft, scope)?.nodes ?? {}))
        for (const name of distributionsOf(node, catalogue)) {
          const version = catalogue.versionOf(name);
          if (version === undefined || named.has(canonicalName(name))) continue;
          draft.requires[name] = `>=${version}`;
        }
  });
  return { ...command, fold: true };
}

/** The distribution of a node's type, and those of what its values choose: a plugin's sampler. */
function distributionsOf(node: Pick<NodeDocument, "type" | "values">, catalogue: Catalogue) {
  const spec = catalogue.get(node.type);
  if (!spec) return [];
  const names = [spec.distribution];
  for (const { name, schema } of spec.inputs) {
    const owners = schema["x-distributions"];
    const chosen = node.values[name];
    if (owners && typeof chosen === "string" && Object.hasOwn(owners, chosen))
      names.push(owners[chosen] as string);
  }
  return names.filter((one) => one !== "");
}
