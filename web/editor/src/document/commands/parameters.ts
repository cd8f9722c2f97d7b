/** Names for the inputs that a caller of the workflow is meant to set. */

import type { Command } from "../history";
import type { Workflow } from "../workflow";

/** A name for a new parameter of "node.input" that is not taken. */
export function freeParameter(_w: Workflow, target: string): string {
  return target.slice(target.lastIndexOf(".") + 1);
}

/** The name of the parameter that sets "node.input", or null. */
export function parameterOf(_w: Workflow, _target: string): string | null {
  return null;
}

/** Name "node.input", or several, of the workflow itself. */
export function setParameter(_name: string, _target: string | readonly string[]): Command {
  return { name: "setParameter", apply: () => undefined };
}

export function removeParameter(_name: string): Command {
  return { name: "removeParameter", apply: () => undefined };
}

export function renameParameter(_name: string, _to: string): Command {
  return { name: "renameParameter", apply: () => undefined };
}
