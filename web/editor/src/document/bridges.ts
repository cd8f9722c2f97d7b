/** Node types that stand between two kinds, such as `latent.decode` between latent and image. */

import { type Catalogue, type NodeSpec, shortId } from "./catalogue";
import { accepts, isOpen } from "./kinds";
import { byCodePoint } from "./order";
import { upstream } from "./wires";
import type { Graph } from "./workflow";

/** `got` flows into the input of a type, and its output is what is expected. */
export interface Bridge {
  readonly type: string;
  readonly input: string;
  readonly output: string;
}

interface Ranked extends Bridge {
  readonly cost: number;
}

const MOST = 3;

/** The types that fit between two kinds, those that need least besides first. */
export function bridgesBetween(
  catalogue: Catalogue,
  got: string,
  expected: string,
  graph: Graph,
  source: string,
): readonly Bridge[] {
  const near = kindsAbove(catalogue, graph, source);
  const found: Ranked[] = [];
  for (const spec of catalogue.nodes.values()) {
    const one = bridgeOf(spec, got, expected, near);
    if (one) found.push(one);
  }
  found.sort((a, b) => a.cost - b.cost || byCodePoint(a.type, b.type));
  return found.slice(0, MOST).map(({ cost: _, ...bridge }) => bridge);
}

function bridgeOf(
  spec: NodeSpec,
  got: string,
  expected: string,
  near: ReadonlySet<string>,
): Ranked | null {
  // A type that takes anything says nothing of what it makes of it.
  const definite = (kind: string) => kind !== "any" && !isOpen(kind) && kind !== "subgraph";
  const input = spec.inputs.find((one) => definite(one.kind) && accepts(one.kind, got));
  const output = spec.outputs.find((one) => definite(one.kind) && accepts(expected, one.kind));
  if (!input || !output || spec.extra !== null) return null;
  const others = spec.inputs.filter((one) => one !== input && one.required);
  const unmet = others.filter((one) => !near.has(one.kind)).length;
  const exact = Number(input.kind !== got) + Number(output.kind !== expected);
  const cost = unmet * 100 + others.length * 10 + exact * 2 + spec.inputs.length / 10;
  return { type: shortId(spec.id), input: input.name, output: output.name, cost };
}

/** The kinds that the nodes before one give: what a bridge could be fed with. */
function kindsAbove(catalogue: Catalogue, graph: Graph, source: string): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const id of upstream(graph, [source])) {
    const spec = catalogue.get(graph.nodes[id]?.type ?? "");
    for (const one of spec?.outputs ?? []) kinds.add(one.kind);
  }
  return kinds;
}
