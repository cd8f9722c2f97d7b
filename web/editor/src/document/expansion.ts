/** How many nodes a workflow becomes when its subgraphs are expanded, without expanding them. */

import { type Graph, type SubgraphDocument, subgraphOf } from "./workflow";

export const MAX_NESTING = 32;
export const MAX_NODES = 1_000_000;
export const MAX_USES = 100_000;

type Subgraphs = Readonly<Record<string, SubgraphDocument>>;
interface Count {
  readonly nodes: number;
  readonly uses: number;
}

/** Whether the engine would refuse to expand it: subgraphs that hold subgraphs multiply. */
export function expandsTooFar(nodes: Graph["nodes"], subgraphs: Subgraphs): boolean {
  const known = new Map<string, Count>();
  const total = countOf(nodes, subgraphs, known, 0);
  return total.nodes > MAX_NODES || total.uses > MAX_USES;
}

function countOf(
  nodes: Graph["nodes"],
  subgraphs: Subgraphs,
  known: Map<string, Count>,
  depth: number,
): Count {
  let [count, uses] = [0, 0];
  for (const id of Object.keys(nodes)) {
    const node = nodes[id];
    const name = node ? subgraphOf(node.type) : null;
    const inner = name === null ? undefined : subgraphs[name];
    if (name === null) count++;
    if (name === null || !inner || node?.mode === "bypass" || depth >= MAX_NESTING) continue;
    let one = known.get(name);
    if (!one) {
      // One that contains itself is not expanded again.
      known.set(name, { nodes: 0, uses: 0 });
      one = countOf(inner.nodes, subgraphs, known, depth + 1);
      known.set(name, one);
    }
    count += one.nodes;
    uses += one.uses + 1;
  }
  return { nodes: count, uses };
}
