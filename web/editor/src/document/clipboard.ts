/** Copying nodes as text, and making nodes of such text: of this workflow, another, or a file. */

import { readWorkflow, writeWorkflow } from "./canonical";
import type { Catalogue } from "./catalogue";
import { onWorkflow } from "./commands/edit";
import type { Point } from "./geometry";
import type { Command } from "./history";
import { DocumentError } from "./json";
import { leadsTo, putPart } from "./part";
import { placesOf } from "./places";
import { reachable } from "./references";
import { recordOf } from "./value";
import {
  EMPTY,
  GROUP,
  graphIn,
  NOTE,
  parseTarget,
  type Scope,
  type View,
  type Workflow,
} from "./workflow";

/** Nodes, notes and groups as the text of a workflow that holds only them. */
export function copy(
  w: Workflow,
  scope: Scope,
  ids: Iterable<string>,
  catalogue: Catalogue,
): string {
  return writeWorkflow(partOf(w, scope, new Set(ids), catalogue));
}

/** The chosen nodes as a workflow, with the links into them and the subgraphs that they use. */
export function partOf(
  w: Workflow,
  scope: Scope,
  ids: ReadonlySet<string>,
  catalogue: Catalogue,
): Workflow {
  const graph = graphIn(w, scope);
  if (!graph) return EMPTY;
  const nodes = recordOf(Object.entries(graph.nodes).filter(([id]) => ids.has(id)));
  const used = reachable(w, { nodes }, catalogue);
  const subgraphs = recordOf(Object.entries(w.subgraphs).filter(([name]) => used.has(name)));
  const view = viewOf(graph.view, ids, placesOf(w, scope, catalogue));
  return { ...EMPTY, nodes, requires: w.requires, subgraphs, view };
}

function viewOf(
  view: View,
  ids: ReadonlySet<string>,
  places: ReadonlyMap<string, readonly [number, number]>,
): View {
  const chosen = <T>(map: Readonly<Record<string, T>> = {}, of = (key: string) => key) =>
    recordOf(Object.entries(map).filter(([key]) => ids.has(of(key))));
  const inSeeds = (key: string) => parseTarget(key)?.node ?? "";
  const parts = {
    nodes: recordOf([...places].filter(([id]) => ids.has(id))),
    widths: chosen(view.widths),
    seeds: chosen(view.seeds, inSeeds),
    groups: view.groups?.filter((one) => ids.has(GROUP + one.id)) ?? [],
    notes: view.notes?.filter((one) => ids.has(NOTE + one.id)) ?? [],
    collapsed: view.collapsed?.filter((id) => ids.has(id)) ?? [],
    expanded: view.expanded?.filter((id) => ids.has(id)) ?? [],
  };
  return recordOf(Object.entries(parts).filter(([, one]) => Object.keys(one).length > 0));
}

export interface PasteOptions {
  /** Whether links from nodes that were not copied are made again where such nodes are. */
  readonly keepOuterLinks: boolean;
  readonly catalogue: Catalogue;
}

/** A command that adds what a text holds, its top left corner at a point; or what is wrong with it. */
export function paste(
  w: Workflow,
  scope: Scope,
  text: string,
  at: Point,
  options: PasteOptions,
): Command | DocumentError {
  let part: Workflow;
  try {
    part = readWorkflow(text);
  } catch (error) {
    if (error instanceof DocumentError) return error;
    throw error;
  }
  if (scope !== null && leadsTo(w, part, scope, options.catalogue))
    return new DocumentError([
      { code: "recursive", path: "", message: "the subgraph would contain itself", got: scope },
    ]);
  const view = { ...part.view, nodes: recordOf(placesOf(part, null, options.catalogue)) };
  const [x, y] = cornerOf(view);
  const shift = { dx: at.x - x, dy: at.y - y };
  return onWorkflow("paste", (draft, before) =>
    putPart(draft, before, scope, { ...part, view }, { ...shift, ...options }),
  );
}

function cornerOf(view: View): readonly [number, number] {
  const places = [
    ...Object.values(view.nodes ?? {}),
    ...(view.groups ?? []).map((one) => one.box),
    ...(view.notes ?? []).map((one) => one.box),
  ];
  if (places.length === 0) return [0, 0];
  return [Math.min(...places.map(([x]) => x)), Math.min(...places.map(([, y]) => y))];
}
