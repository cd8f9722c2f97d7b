/** Making subgraphs of nodes and nodes of subgraphs. */

import type { Catalogue } from "./catalogue";
import type { Command } from "./history";
import type { Endpoint, Scope, Workflow } from "./workflow";

/** Why something cannot be done: the key `document.refused.CODE`. */
export interface Refusal {
  readonly refused:
    | "empty"
    | "name"
    | "taken"
    | "loop"
    | "missing"
    | "bypassed"
    | "stray"
    | "recursive"
    | "used";
  /** What it is about, for the message. */
  readonly about?: string;
}

export function isRefusal(one: Command | Refusal): one is Refusal {
  return "refused" in one;
}

/** Put nodes into a subgraph of their own. Every link and value is kept. id: of the new use. */
export function makeSubgraph(
  _w: Workflow,
  _scope: Scope,
  _ids: Iterable<string>,
  _name: string,
  _options: { readonly id?: string } = {},
): Command | Refusal {
  return { refused: "empty" };
}

/** Put the nodes of a subgraph in the place of its use. */
export function expandSubgraph(
  _w: Workflow,
  _scope: Scope,
  _use: string,
  _catalogue: Catalogue,
): Command | Refusal {
  return { refused: "missing" };
}

/** A name for a new subgraph that is not taken. */
export function freeSubgraph(w: Workflow, base: string): string {
  let name = base;
  for (let count = 2; name in w.subgraphs; count++) name = `${base} ${count}`;
  return name;
}

/** Where a subgraph is used: by nodes of its type, and as the value of an input. */
export interface Use {
  readonly scope: Scope;
  readonly node: string;
  readonly input?: string;
}

export function usesOf(_w: Workflow, _name: string, _catalogue: Catalogue): readonly Use[] {
  return [];
}

/** Make an inner input one of the subgraph's own, under a name that is free. */
export function exposeInput(_name: string, _inner: Endpoint, _as?: string): Command {
  return { name: "exposeInput", apply: () => undefined };
}

export function exposeOutput(_name: string, _inner: Endpoint, _as?: string): Command {
  return { name: "exposeOutput", apply: () => undefined };
}

/** Take an input of a subgraph away, and what its uses give to it. */
export function hideInput(_name: string, _input: string): Command {
  return { name: "hideInput", apply: () => undefined };
}

export function hideOutput(_name: string, _output: string): Command {
  return { name: "hideOutput", apply: () => undefined };
}

export function renameInput(_name: string, _input: string, _to: string): Command {
  return { name: "renameInput", apply: () => undefined };
}

export function renameOutput(_name: string, _output: string, _to: string): Command {
  return { name: "renameOutput", apply: () => undefined };
}

export function renameSubgraph(
  _w: Workflow,
  _name: string,
  _to: string,
  _catalogue: Catalogue,
): Command | Refusal {
  return { refused: "missing" };
}

/** Delete a subgraph that nothing uses. */
export function deleteSubgraph(_w: Workflow, _name: string, _c: Catalogue): Command | Refusal {
  return { refused: "missing" };
}
