/** Making subgraphs of nodes and nodes of subgraphs. */

import type { Catalogue } from "./catalogue";
import { onWorkflow, type SubgraphDraft, scopesOf } from "./commands/edit";
import type { Command } from "./history";
import { freeName, renamedInside } from "./part";
import { badName } from "./reading";
import { usesOf } from "./references";
import { graphIn, type Workflow } from "./workflow";

export { expandSubgraph } from "./commands/expand";
export {
  exposeInput,
  exposeOutput,
  hideInput,
  hideOutput,
  renameInput,
  renameOutput,
} from "./commands/expose";
export { makeSubgraph } from "./commands/make";
export { type Use, usesOf } from "./references";

export const REFUSALS = [
  "empty",
  "name",
  "taken",
  "loop",
  "missing",
  "bypassed",
  "stray",
  "used",
] as const;

/** Why something cannot be done: the key `document.refused.CODE`. */
export interface Refusal {
  readonly refused: (typeof REFUSALS)[number];
  /** What it is about, for the message. */
  readonly about?: string;
}

export function isRefusal(one: Command | Refusal): one is Refusal {
  return "refused" in one;
}

/** A name for a new subgraph that is not taken. */
export function freeSubgraph(w: Workflow, base: string): string {
  return freeName(base, (name) => name in w.subgraphs);
}

/** Why a subgraph cannot be called that, or null. */
export function subgraphNameRefusal(w: Workflow, name: string): Refusal | null {
  if (badName(name) !== null) return { refused: "name", about: name };
  return name in w.subgraphs ? { refused: "taken", about: name } : null;
}

export function renameSubgraph(
  w: Workflow,
  name: string,
  to: string,
  catalogue: Catalogue,
): Command | Refusal {
  if (!(name in w.subgraphs)) return { refused: "missing", about: name };
  const refusal = subgraphNameRefusal(w, to);
  if (refusal) return refusal;
  const names = new Map([[name, to]]);
  return onWorkflow("renameSubgraph", (draft, before) => {
    for (const scope of scopesOf(before)) {
      const graph = graphIn(before, scope);
      if (!graph) continue;
      const nodes = renamedInside(graph, names, catalogue).nodes as SubgraphDraft["nodes"];
      if (scope === null) draft.nodes = nodes;
      else (draft.subgraphs[scope] as SubgraphDraft).nodes = nodes;
    }
    draft.subgraphs[to] = draft.subgraphs[name] as SubgraphDraft;
    delete draft.subgraphs[name];
  });
}

/** Delete a subgraph that nothing uses. */
export function deleteSubgraph(w: Workflow, name: string, catalogue: Catalogue): Command | Refusal {
  if (!(name in w.subgraphs)) return { refused: "missing", about: name };
  const [use] = usesOf(w, name, catalogue);
  if (use) return { refused: "used", about: use.node };
  return onWorkflow("deleteSubgraph", (draft) => {
    delete draft.subgraphs[name];
  });
}
