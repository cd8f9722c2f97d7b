/** Names for the inputs that a caller of the workflow is meant to set. */

import type { Command } from "../history";
import { badName } from "../reading";
import { parseTarget, targetsOf, type Workflow } from "../workflow";
import { onWorkflow } from "./edit";
import { unusedId } from "./nodes";
import { renameListed } from "./order";

/** A name for a new parameter of "node.input" that is not taken. */
export function freeParameter(w: Workflow, target: string): string {
  const parts = parseTarget(target);
  const taken = (name: string) => name in w.parameters;
  const input = parts?.socket ?? target;
  if (!parts || !taken(input)) return unusedId(input, taken);
  return unusedId(`${parts.node}_${input}`, taken);
}

/** The name of the parameter that sets "node.input", or null. */
export function parameterOf(w: Workflow, target: string): string | null {
  const sets = (name: string) => targetsOf(w.parameters[name] ?? []).includes(target);
  return Object.keys(w.parameters).find(sets) ?? null;
}

/** Name "node.input", or several, of the workflow itself. */
export function setParameter(name: string, target: string | readonly string[]): Command {
  return onWorkflow("setParameter", (draft) => {
    if (badName(name) === null) draft.parameters[name] = target;
  });
}

export function removeParameter(name: string): Command {
  return onWorkflow("removeParameter", (draft) => {
    delete draft.parameters[name];
  });
}

/** Nothing happens where the new name is taken, or is no name. */
export function renameParameter(name: string, to: string): Command {
  return onWorkflow("renameParameter", (draft) => {
    const target = draft.parameters[name];
    if (target === undefined || to in draft.parameters || badName(to) !== null) return;
    delete draft.parameters[name];
    draft.parameters[to] = target;
    renameListed(draft.view, "parameters", name, to);
  });
}
