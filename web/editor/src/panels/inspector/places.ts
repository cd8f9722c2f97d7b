/** What places of the workflow are called. */

import type { Catalogue } from "../../document/catalogue";
import { socketsOf } from "../../document/sockets";
import { graphIn, parseTarget, type Scope, type Workflow } from "../../document/workflow";

/** A node by its title; by its id where it is not there. */
export function nodeName(w: Workflow, scope: Scope, id: string, catalogue: Catalogue): string {
  const exists = graphIn(w, scope)?.nodes[id] !== undefined;
  return exists ? socketsOf(w, scope, id, catalogue).title : id;
}

/** "Sample · steps" of "sample.steps". */
export function targetName(w: Workflow, scope: Scope, text: string, catalogue: Catalogue): string {
  const target = parseTarget(text);
  if (!target) return text;
  return `${nodeName(w, scope, target.node, catalogue)} · ${target.socket}`;
}
