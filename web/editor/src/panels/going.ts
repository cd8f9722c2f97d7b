/** Going to a node, wherever in the workflow it is. */

import { focusNode } from "../canvas/focus";
import { graphIn, type Scope, subgraphOf, type Workflow } from "../document/workflow";
import { activeTab, enterSubgraph, leaveTo, scopeOf, select } from "../state/tabs";
import { ui } from "../state/ui";

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

/** Show a graph, and in it a node: selected, in sight, with the keyboard on it. */
export function goTo(scope: Scope, node?: string): void {
  const tab = activeTab();
  if (!tab) return;
  ui.setState({ form: false });
  if (scopeOf(tab.path) !== scope) {
    leaveTo(0);
    for (const { name, use } of wayTo(tab.history.present, scope)) enterSubgraph(name, use);
  }
  if (node !== undefined) focusNode(node);
  else select([]);
}
