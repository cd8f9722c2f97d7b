/** Which subgraphs a graph leads to: by uses, and as the values of inputs that take one. */

import { type Catalogue, inputSpec } from "./catalogue";
import {
  type Graph,
  type NodeDocument,
  type Scope,
  SUBGRAPH,
  subgraphOf,
  type Workflow,
} from "./workflow";

/** The inputs of a node whose values are names of subgraphs. */
export function bodiesOf(
  node: NodeDocument,
  catalogue: Catalogue,
): readonly (readonly [input: string, subgraph: string])[] {
  const spec = catalogue.get(node.type);
  if (!spec) return [];
  return Object.keys(node.values).flatMap((input) => {
    const value = node.values[input];
    const isBody = inputSpec(spec, input)?.kind === "subgraph";
    return isBody && typeof value === "string" ? [[input, value] as const] : [];
  });
}

/** The names of the subgraphs that a graph's nodes name. */
export function namedIn(graph: Pick<Graph, "nodes">, catalogue: Catalogue): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of Object.values(graph.nodes)) {
    const used = subgraphOf(node.type);
    if (used !== null) names.add(used);
    for (const [, name] of bodiesOf(node, catalogue)) names.add(name);
  }
  return names;
}

/** All subgraphs that a graph leads to, through others as well. */
export function reachable(
  w: Workflow,
  graph: Pick<Graph, "nodes">,
  catalogue: Catalogue,
): ReadonlySet<string> {
  const found = new Set<string>();
  const stack = [...namedIn(graph, catalogue)];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    const inner = w.subgraphs[name];
    if (!inner || found.has(name)) continue;
    found.add(name);
    stack.push(...namedIn(inner, catalogue));
  }
  return found;
}

/** Where a subgraph is used: by nodes of its type, and as the value of an input. */
export interface Use {
  readonly scope: Scope;
  readonly node: string;
  readonly input?: string;
}

export function usesOf(w: Workflow, name: string, catalogue: Catalogue): readonly Use[] {
  const found: Use[] = [];
  const graphs: (readonly [Scope, Graph])[] = [[null, w], ...Object.entries(w.subgraphs)];
  for (const [scope, graph] of graphs)
    for (const [id, node] of Object.entries(graph.nodes)) {
      if (node.type === SUBGRAPH + name) found.push({ scope, node: id });
      for (const [input, value] of bodiesOf(node, catalogue))
        if (value === name) found.push({ scope, node: id, input });
    }
  return found;
}
