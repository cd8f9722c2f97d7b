/** Reading a workflow file, and writing it in its one canonical form. */

import { type Json, parseJson, writeJson } from "./json";
import { EMPTY, type Workflow } from "./workflow";

/** The canonical text of a workflow: the very bytes that the engine would write. */
export function writeWorkflow(w: Workflow): string {
  return `${writeJson(w as unknown as Json)}\n`;
}

/** The workflow of a text. Raises DocumentError, which lists every problem. */
export function readWorkflow(text: string): Workflow {
  return { ...EMPTY, ...(parseJson(text) as unknown as Workflow) };
}
