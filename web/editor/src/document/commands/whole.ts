/** Putting another document in the place of the present one. */

import type { Command } from "../history";
import type { Workflow } from "../workflow";

export function replaceDocument(to: Workflow): Command {
  return { name: "replaceDocument", apply: () => to };
}

/** As `replaceDocument`, with what `mergeThree` made of two versions. */
export function mergeDocuments(merged: Workflow): Command {
  return { name: "mergeDocuments", apply: () => merged };
}
