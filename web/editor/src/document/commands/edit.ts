/** What the commands share: drafts that may be written to, and references that must follow. */

import { original } from "immer";
import type { Command, CommandName } from "../history";
import { emptyRecord, type Json } from "../value";
import { type Group, type Note, parseTarget, type Scope, type Workflow } from "../workflow";

export interface NodeDraft {
  type: string;
  version: number;
  title?: string;
  mode?: "mute" | "bypass";
  values: Record<string, Json>;
  links: Record<string, string>;
}

export interface ViewDraft {
  nodes?: Record<string, readonly [number, number]>;
  groups?: Group[];
  notes?: Note[];
  widths?: Record<string, number>;
  collapsed?: string[];
  expanded?: string[];
  seeds?: Record<string, "random" | "increment">;
}

export interface GraphDraft {
  nodes: Record<string, NodeDraft>;
  view: ViewDraft;
}

export interface SubgraphDraft extends GraphDraft {
  inputs: Record<string, string | readonly string[]>;
  outputs: Record<string, string>;
}

export interface WorkflowDraft extends GraphDraft {
  weft: 1;
  parameters: Record<string, string | readonly string[]>;
  requires: Record<string, string>;
  subgraphs: Record<string, SubgraphDraft>;
}

/** A command that writes to a draft. before: the document as it was, for all that asks of it. */
export function onWorkflow(
  name: CommandName,
  change: (draft: WorkflowDraft, before: Workflow) => void,
  merge?: string,
): Command {
  return {
    name,
    ...(merge === undefined ? {} : { merge }),
    apply: (draft) => {
      change(draft as unknown as WorkflowDraft, original(draft) as Workflow);
      return undefined;
    },
  };
}

/** A command that writes to one graph; nothing happens where there is no such graph. */
export function onGraph(
  name: CommandName,
  scope: Scope,
  change: (graph: GraphDraft, before: Workflow, draft: WorkflowDraft) => void,
  merge?: string,
): Command {
  return onWorkflow(
    name,
    (draft, before) => {
      const graph = graphDraft(draft, scope);
      if (graph) change(graph, before, draft);
    },
    merge,
  );
}

export function graphDraft(draft: WorkflowDraft, scope: Scope): GraphDraft | undefined {
  return scope === null ? draft : draft.subgraphs[scope];
}

/** The scopes of all graphs: the workflow itself, then every subgraph. */
export function scopesOf(draft: { readonly subgraphs: object }): readonly Scope[] {
  return [null, ...Object.keys(draft.subgraphs)];
}

export function newNode(type: string, version = 1): NodeDraft {
  return { type, version, values: emptyRecord(), links: emptyRecord() };
}

// --- layout -------------------------------------------------------------------------------------

type MapKey = "nodes" | "widths" | "seeds";
type ListKey = "groups" | "notes" | "collapsed" | "expanded";

/** Write an entry of a map of the view, or take it away. A map that is empty then goes as well. */
export function setInView<K extends MapKey>(
  view: ViewDraft,
  key: K,
  name: string,
  value: NonNullable<ViewDraft[K]>[string] | undefined,
): void {
  const map = view[key] as Record<string, unknown> | undefined;
  if (value !== undefined) {
    if (map) map[name] = value;
    else (view as Record<string, unknown>)[key] = Object.assign(emptyRecord(), { [name]: value });
  } else if (map && name in map) {
    delete map[name];
    if (Object.keys(map).length === 0) delete view[key];
  }
}

/** Put a list into the view, or take it away where nothing is left in it. */
export function setList<K extends ListKey>(
  view: ViewDraft,
  key: K,
  list: NonNullable<ViewDraft[K]>,
): void {
  if (list.length > 0) (view as Record<string, unknown>)[key] = list;
  else delete view[key];
}

/** A distance as the file keeps it: to a hundredth, and never so far that it cannot be found. */
export function tidy(n: number): number {
  const rounded = Math.round(Math.min(1e7, Math.max(-1e7, n)) * 100) / 100;
  return Number.isFinite(rounded) ? rounded + 0 : 0;
}

export function setPlace(view: ViewDraft, id: string, x: number, y: number): void {
  setInView(view, "nodes", id, [tidy(x), tidy(y)]);
}

/** Forget the layout of nodes that are gone. */
export function forgetNodes(view: ViewDraft, gone: ReadonlySet<string>): void {
  for (const key of ["nodes", "widths"] as const) {
    const map = view[key];
    if (!map) continue;
    const known = [...gone].filter((id) => id in map);
    for (const id of known) delete map[id];
    if (known.length > 0 && Object.keys(map).length === 0) delete view[key];
  }
  for (const key of Object.keys(view.seeds ?? {}))
    if (gone.has(parseTarget(key)?.node ?? "")) setInView(view, "seeds", key, undefined);
  for (const key of ["collapsed", "expanded"] as const) {
    const list = view[key];
    if (list?.some((id) => gone.has(id)))
      setList(
        view,
        key,
        list.filter((id) => !gone.has(id)),
      );
  }
}
