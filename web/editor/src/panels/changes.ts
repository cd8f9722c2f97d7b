/** The difference of two workflows, as lines to read. */

import type { GraphDiff, NodeChange, Pair, WorkflowDiff } from "../document/diff";
import { type Json, writeJson } from "../document/json";
import { graphIn, type NodeDocument, type Scope, type Workflow } from "../document/workflow";

export interface ChangeLine {
  /** What changed: the name of an input, or a key `panels.diff.*` for what is no input. */
  readonly what: string;
  readonly named: boolean;
  readonly before: string | null;
  readonly after: string | null;
}

export interface NodeLines {
  readonly id: string;
  readonly scope: Scope;
  readonly mark: "added" | "removed" | "changed";
  readonly node: NodeDocument;
  readonly lines: readonly ChangeLine[];
}

export interface Counts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly moved: number;
}

function graphsOf(diff: WorkflowDiff): readonly GraphDiff[] {
  return [diff, ...diff.subgraphs];
}

export function countsOf(diff: WorkflowDiff): Counts {
  const sum = (of: (graph: GraphDiff) => number) =>
    graphsOf(diff).reduce((total, graph) => total + of(graph), 0);
  return {
    added: sum((one) => one.added.length),
    removed: sum((one) => one.removed.length),
    changed: sum((one) => one.changed.length),
    moved: sum((one) => one.moved.length),
  };
}

/** Every node that differs, graph by graph: what was added, removed, changed. */
export function nodeLines(
  diff: WorkflowDiff,
  before: Workflow,
  after: Workflow,
): readonly NodeLines[] {
  return graphsOf(diff).flatMap((graph) => {
    const { scope } = graph;
    const old = graphIn(before, scope)?.nodes;
    const now = graphIn(after, scope)?.nodes;
    const whole = (mark: "added" | "removed", ids: readonly string[], nodes: typeof old) =>
      ids.flatMap((id): readonly NodeLines[] => {
        const node = nodes?.[id];
        return node ? [{ id, scope, mark, node, lines: [] }] : [];
      });
    const changed = graph.changed.flatMap((one): readonly NodeLines[] => {
      const node = now?.[one.id] ?? old?.[one.id];
      return node ? [{ id: one.id, scope, mark: "changed", node, lines: linesOf(one) }] : [];
    });
    return [
      ...whole("added", graph.added, now),
      ...whole("removed", graph.removed, old),
      ...changed,
    ];
  });
}

function linesOf(change: NodeChange): readonly ChangeLine[] {
  const own = (["type", "version", "title", "mode"] as const).flatMap((key) => {
    const pair: Pair<Json> | undefined = change[key];
    return pair ? [line(key, false, pair)] : [];
  });
  return [...own, ...named(change.values), ...named(change.links, (text) => `← ${text}`)];
}

/** Parameters or requirements that differ. */
export function named<T extends Json>(
  pairs: Readonly<Record<string, Pair<T>>>,
  write: (value: T) => string = valueText,
): readonly ChangeLine[] {
  return Object.entries(pairs).map(([name, pair]) => line(name, true, pair, write));
}

function line<T extends Json>(
  what: string,
  isNamed: boolean,
  [before, after]: Pair<T>,
  write: (value: T) => string = valueText,
): ChangeLine {
  const text = (value: T | undefined) => (value === undefined ? null : write(value));
  return { what, named: isNamed, before: text(before), after: text(after) };
}

/** A value as text: words without quotes, all else as JSON. */
export function valueText(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((one) => typeof one === "string"))
    return value.join(", ");
  return writeJson(value);
}
