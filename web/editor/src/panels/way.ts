/** The way from the workflow itself into one of its subgraphs. */

import { graphIn, type Scope, subgraphOf, type Workflow } from "../document/workflow";

export interface Step {
  readonly name: string;
  /** The node by which it is entered; null where no node uses it. */
  readonly use: string | null;
}

/** The shortest way into a subgraph from the workflow itself. */
export function wayTo(workflow: Workflow, scope: Scope): readonly Step[] {
  if (scope === null) return [];
  const ways = new Map<Scope, readonly Step[]>([[null, []]]);
  for (const [at, way] of ways) {
    if (at === scope) return way;
    for (const [use, { type }] of Object.entries(graphIn(workflow, at)?.nodes ?? {})) {
      const name = subgraphOf(type);
      if (name !== null && name in workflow.subgraphs && !ways.has(name))
        ways.set(name, [...way, { name, use }]);
    }
  }
  return [{ name: scope, use: null }];
}
