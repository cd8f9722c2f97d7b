/** Going to a node, wherever in the workflow it is. */

import { getFlow } from "../canvas/camera";
import { focusNode } from "../canvas/focus";
import { NOTE, type Note, type Scope } from "../document/workflow";
import { activeTab, enterSubgraph, leaveTo, scopeOf, select } from "../state/tabs";
import { ui } from "../state/ui";
import { wayTo } from "./way";

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

/** Show a note of a graph. */
export function goToNote(scope: Scope, { id, box: [x, y, width, height] }: Note): void {
  goTo(scope);
  select([NOTE + id]);
  const flow = getFlow();
  const zoom = Math.max(flow?.getZoom() ?? 1, 0.7);
  void flow?.setCenter(x + width / 2, y + height / 2, { zoom });
}
