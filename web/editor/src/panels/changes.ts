/** The difference of two workflows, as lines to read. */

import type { Catalogue } from "../document/catalogue";
import type { GraphDiff, NodeChange, Pair, WorkflowDiff } from "../document/diff";
import { isJsonArray, type Json, writeJson } from "../document/json";
import {
  graphIn,
  type NodeDocument,
  type Scope,
  subgraphOf,
  type Workflow,
} from "../document/workflow";

export interface ChangeLine {
  /** What changed: the name of an input or a parameter, or a field of the node itself. */
  readonly what: string;
  readonly field?: "type" | "version" | "title" | "mode";
  readonly before: string | null;
  readonly after: string | null;
}

export interface NodeLines {
  readonly id: string;
  readonly mark: "added" | "removed" | "changed";
  readonly node: NodeDocument;
  readonly lines: readonly ChangeLine[];
}

/** What differs in one graph. */
export interface ChangeGroup {
  readonly scope: Scope;
  /** Of a subgraph: whether it came or went as a whole. */
  readonly state: "added" | "removed" | "changed";
  readonly nodes: readonly NodeLines[];
  readonly inputs: readonly ChangeLine[];
  readonly outputs: readonly ChangeLine[];
}

export interface Counts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly moved: number;
}

export function countsOf(diff: WorkflowDiff): Counts {
  const graphs: readonly GraphDiff[] = [diff, ...diff.subgraphs];
  const sum = (of: (graph: GraphDiff) => number) =>
    graphs.reduce((total, graph) => total + of(graph), 0);
  return {
    added: sum((one) => one.added.length),
    removed: sum((one) => one.removed.length),
    changed: sum((one) => one.changed.length),
    moved: sum((one) => one.moved.length),
  };
}

/** Graph by graph, the workflow itself first: what was added, removed, changed. */
export function changeGroups(
  diff: WorkflowDiff,
  before: Workflow,
  after: Workflow,
): readonly ChangeGroup[] {
  const own: ChangeGroup = {
    scope: null,
    state: "changed",
    nodes: nodesOf(diff, before, after),
    inputs: [],
    outputs: [],
  };
  const inner = diff.subgraphs.map((one) => ({
    scope: one.scope,
    state: one.state,
    nodes: nodesOf(one, before, after),
    inputs: linesOf(one.inputs),
    outputs: linesOf(one.outputs, linkText),
  }));
  return [own, ...inner].filter(
    (one) =>
      one.state !== "changed" || one.nodes.length + one.inputs.length + one.outputs.length > 0,
  );
}

function nodesOf(graph: GraphDiff, before: Workflow, after: Workflow): readonly NodeLines[] {
  const old = graphIn(before, graph.scope)?.nodes ?? {};
  const now = graphIn(after, graph.scope)?.nodes ?? {};
  const lines = (
    mark: NodeLines["mark"],
    id: string,
    node: NodeDocument | undefined,
    of: readonly ChangeLine[] = [],
  ): readonly NodeLines[] => (node ? [{ id, mark, node, lines: of }] : []);
  return [
    ...graph.added.flatMap((id) => lines("added", id, now[id])),
    ...graph.removed.flatMap((id) => lines("removed", id, old[id])),
    ...graph.changed.flatMap((one) => lines("changed", one.id, now[one.id], linesOfNode(one))),
  ];
}

const FIELDS = ["type", "version", "title", "mode"] as const;

function linesOfNode(change: NodeChange): readonly ChangeLine[] {
  const own = FIELDS.flatMap((field): readonly ChangeLine[] => {
    const pair: Pair<Json> | undefined = change[field];
    return pair ? [{ ...line(field, pair), field }] : [];
  });
  return [...own, ...linesOf(change.values), ...linesOf(change.links, linkText)];
}

/** Inputs, parameters or requirements that differ. */
export function linesOf<T extends Json>(
  pairs: Readonly<Record<string, Pair<T>>>,
  write: (value: T) => string = valueText,
): readonly ChangeLine[] {
  return Object.entries(pairs).map(([name, pair]) => line(name, pair, write));
}

function line<T extends Json>(
  what: string,
  [before, after]: Pair<T>,
  write: (value: T) => string = valueText,
): ChangeLine {
  const text = (value: T | undefined) => (value === undefined ? null : write(value));
  return { what, before: text(before), after: text(after) };
}

/** What a node is called: its own title, or its type's. */
export function nodeTitle(node: NodeDocument, catalogue: Catalogue): string {
  return node.title ?? subgraphOf(node.type) ?? catalogue.get(node.type)?.title ?? node.type;
}

export function linkText(link: string): string {
  return `← ${link}`;
}

/** A value as text: words without quotes, all else as JSON. */
export function valueText(value: Json): string {
  if (typeof value === "string") return value;
  if (isJsonArray(value) && value.every((one) => typeof one === "string")) return value.join(", ");
  return writeJson(value);
}
