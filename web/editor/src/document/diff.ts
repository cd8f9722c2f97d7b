/** How two versions of a workflow differ. */

import { sameJson } from "./json";
import { emptyRecord, type Json } from "./value";
import { type Graph, graphIn, type NodeDocument, type Scope, type Workflow } from "./workflow";

export type Pair<T> = readonly [before: T | undefined, after: T | undefined];

export interface NodeChange {
  readonly id: string;
  readonly values: Readonly<Record<string, Pair<Json>>>;
  readonly links: Readonly<Record<string, Pair<string>>>;
  readonly type?: Pair<string>;
  readonly version?: Pair<number>;
  readonly title?: Pair<string>;
  readonly mode?: Pair<string>;
}

export interface GraphDiff {
  readonly scope: Scope;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly NodeChange[];
  /** Nodes that stand elsewhere. */
  readonly moved: readonly string[];
}

export interface SubgraphDiff extends GraphDiff {
  readonly scope: string;
  /** Whether the subgraph itself came or went. */
  readonly state: "added" | "removed" | "changed";
  readonly inputs: Readonly<Record<string, Pair<Json>>>;
  readonly outputs: Readonly<Record<string, Pair<string>>>;
}

export interface WorkflowDiff extends GraphDiff {
  readonly parameters: Readonly<Record<string, Pair<Json>>>;
  readonly requires: Readonly<Record<string, Pair<string>>>;
  /** Of every subgraph that differs, those that came or went included. */
  readonly subgraphs: readonly SubgraphDiff[];
  /** Whether nothing differs but, perhaps, the layout. */
  readonly same: boolean;
}

const NO_GRAPH: Graph = { nodes: {}, view: {} };

export function diffWorkflows(a: Workflow, b: Workflow): WorkflowDiff {
  const graph = diffGraphs(null, a, b);
  const parameters = differing<Json>(a.parameters, b.parameters);
  const requires = differing(a.requires, b.requires);
  const names = new Set([...Object.keys(a.subgraphs), ...Object.keys(b.subgraphs)]);
  const subgraphs = [...names].flatMap((name) => diffSubgraphs(name, a, b) ?? []);
  const rest = [parameters, requires].every((one) => Object.keys(one).length === 0);
  const same = isSame(graph) && rest && subgraphs.every((one) => isSameSubgraph(one));
  return { ...graph, parameters, requires, subgraphs, same };
}

function isSame({ added, removed, changed }: GraphDiff): boolean {
  return added.length === 0 && removed.length === 0 && changed.length === 0;
}

function isSameSubgraph(one: SubgraphDiff): boolean {
  const sockets = Object.keys(one.inputs).length + Object.keys(one.outputs).length;
  return one.state === "changed" && isSame(one) && sockets === 0;
}

function diffSubgraphs(name: string, a: Workflow, b: Workflow): SubgraphDiff | null {
  const [x, y] = [a.subgraphs[name], b.subgraphs[name]];
  if (x === y) return null;
  const state = x === undefined ? "added" : y === undefined ? "removed" : "changed";
  const graph = diffGraphs(name, x ?? NO_GRAPH, y ?? NO_GRAPH);
  const inputs = differing<Json>(x?.inputs ?? {}, y?.inputs ?? {});
  const outputs = differing(x?.outputs ?? {}, y?.outputs ?? {});
  const made = { ...graph, scope: name, state, inputs, outputs } as const;
  return isSameSubgraph(made) && graph.moved.length === 0 ? null : made;
}

function diffGraphs(scope: Scope, a: Graph, b: Graph): GraphDiff {
  const [before, after] = [Object.keys(a.nodes), Object.keys(b.nodes)];
  const both = before.filter((id) => id in b.nodes);
  return {
    scope,
    added: after.filter((id) => !(id in a.nodes)),
    removed: before.filter((id) => !(id in b.nodes)),
    changed: both.flatMap((id) => diffNodes(id, a.nodes[id], b.nodes[id]) ?? []),
    moved: both.filter((id) => !sameJson(a.view.nodes?.[id], b.view.nodes?.[id])),
  };
}

function diffNodes(
  id: string,
  a: NodeDocument | undefined,
  b: NodeDocument | undefined,
): NodeChange | null {
  if (a === b || !a || !b) return null;
  const values = differing(a.values, b.values);
  const links = differing(a.links, b.links);
  const fields = {
    ...pair("type", a.type, b.type),
    ...pair("version", a.version, b.version),
    ...pair("title", a.title, b.title),
    ...pair("mode", a.mode, b.mode),
  };
  const count = [values, links, fields].reduce((sum, one) => sum + Object.keys(one).length, 0);
  return count === 0 ? null : { id, values, links, ...fields };
}

function pair<K extends string, T>(key: K, a: T, b: T): { readonly [key in K]?: Pair<T> } {
  return a === b ? {} : ({ [key]: [a, b] } as unknown as { [key in K]: Pair<T> });
}

/** The entries that differ, with both sides. */
function differing<T extends Json>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
): Readonly<Record<string, Pair<T>>> {
  const found = emptyRecord<Pair<T>>();
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const x = Object.hasOwn(a, key) ? a[key] : undefined;
    const y = Object.hasOwn(b, key) ? b[key] : undefined;
    if (!sameJson(x, y)) found[key] = [x, y];
  }
  return found;
}

/** The ids of the nodes that a change added to a graph. */
export function addedNodes(before: Workflow, after: Workflow, scope: Scope): readonly string[] {
  const old = graphIn(before, scope)?.nodes ?? {};
  return Object.keys(graphIn(after, scope)?.nodes ?? {}).filter((id) => !(id in old));
}
