/** Copying nodes as text, and making nodes of such text: of this workflow, another, or a file. */

import type { Catalogue } from "./catalogue";
import type { Point } from "./geometry";
import type { Command } from "./history";
import { DocumentError } from "./json";
import type { Scope, Workflow } from "./workflow";

/** Nodes, notes and groups as the text of a workflow that holds only them. */
export function copy(
  _w: Workflow,
  _scope: Scope,
  _ids: Iterable<string>,
  _catalogue: Catalogue,
): string {
  return "";
}

export interface PasteOptions {
  /** Whether links from nodes that were not copied are made again where such nodes are. */
  readonly keepOuterLinks: boolean;
  readonly catalogue: Catalogue;
}

/** A command that adds what a text holds, its top left corner at a point; or what is wrong with it. */
export function paste(
  _w: Workflow,
  _scope: Scope,
  _text: string,
  _at: Point,
  _options: PasteOptions,
): Command | DocumentError {
  return new DocumentError([]);
}
