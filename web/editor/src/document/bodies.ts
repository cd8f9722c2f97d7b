/** Checking subgraphs that nodes take as values, such as the body of a loop. */

import { type Catalogue, inputSpec } from "./catalogue";
import { type Checked, checkFlat } from "./check";
import { Flat, type Subgraphs } from "./flat";
import { writeJson } from "./json";
import { type Found, pathOf } from "./problems";
import { emptyRecord, type Json, recordOf } from "./value";
import { type NodeDocument, SUBGRAPH, type SubgraphDocument, targetsOf } from "./workflow";

/** Bodies may hold nodes that take bodies, and even themselves. */
const MAX_NESTING = 32;

type CheckedGraph = ReadonlyMap<string, Checked>;

interface Body {
  readonly outer: CheckedGraph;
  readonly node: Checked;
  readonly name: string;
  readonly depth: number;
}

/**
 * What is wrong with the bodies that the nodes of a graph take. What a node gives to its body is
 * only known during the run, so those inputs are taken as given; what it hands on is checked.
 */
export function bodyProblems(
  graph: CheckedGraph,
  subgraphs: Subgraphs,
  catalogue: Catalogue,
  suggest: (type: string) => string | null,
): readonly Found[] {
  const found: Found[] = [];
  const seen = new Set<string>();
  const todo = bodiesIn(graph, subgraphs, 1);
  for (let body = todo.pop(); body; body = todo.pop()) {
    const given = givenTo(body, subgraphs[body.name] as SubgraphDocument);
    const mark = writeJson([body.name, recordOf(given.kinds), given.values]);
    if (seen.has(mark)) continue;
    seen.add(mark);
    const inner = checkBody(body, given, subgraphs, catalogue, suggest, found);
    if (body.depth < MAX_NESTING) todo.push(...bodiesIn(inner, subgraphs, body.depth + 1));
  }
  return found;
}

function bodiesIn(graph: CheckedGraph, subgraphs: Subgraphs, depth: number): Body[] {
  const found: Body[] = [];
  for (const node of graph.values())
    for (const one of node.spec.inputs) {
      if (one.kind !== "subgraph" || node.links.some(([name]) => name === one.name)) continue;
      const name = node.node.values[one.name] ?? (one.required ? null : one.default);
      if (typeof name === "string" && subgraphs[name])
        found.push({ outer: graph, node, name, depth });
    }
  return found;
}

interface Given {
  /** The kind of each linked input of the body, `any` where it is unknown. */
  readonly kinds: Map<string, string>;
  readonly values: Readonly<Record<string, Json>>;
}

function givenTo({ outer, node }: Body, body: SubgraphDocument): Given {
  const kinds = new Map(Object.keys(body.inputs).map((name) => [name, "any"]));
  const values = emptyRecord<Json>();
  if (node.spec.extra !== "any") return { kinds, values };
  const links = new Map(node.links);
  for (const name of Object.keys(body.inputs)) {
    if (inputSpec(node.spec, name)) continue;
    const link = links.get(name);
    const value = node.node.values[name];
    if (link) kinds.set(name, outer.get(link.node)?.kinds.get(link.socket) ?? "any");
    else if (value !== undefined) {
      values[name] = value;
      kinds.delete(name);
    }
  }
  return { kinds, values };
}

function checkBody(
  { node, name }: Body,
  { kinds, values }: Given,
  subgraphs: Subgraphs,
  catalogue: Catalogue,
  suggest: (type: string) => string | null,
  found: Found[],
): CheckedGraph {
  const links = recordOf([...kinds.keys()].map((input) => [input, `@${input}.value`] as const));
  const use: NodeDocument = { type: SUBGRAPH + name, version: 1, values, links };
  const id = node.node.id;
  const flat = Flat.of(recordOf([[id, use]]), subgraphs);
  const live = new Map([...kinds].map(([input, kind]) => [`@${input}`, kind]));
  const graph = checkFlat(flat, catalogue, suggest, live);
  const body = subgraphs[name] as SubgraphDocument;
  const linked = new Set(node.links.map(([input]) => input));
  // What a caller handed in is shown where the caller wrote it.
  const outside = new Map<string, Found>();
  for (const input of Object.keys(body.inputs))
    if (input in values || linked.has(input))
      for (const target of targetsOf(body.inputs[input] ?? []))
        outside.set(`subgraphs.${name}.nodes.${target}`, {
          scope: null,
          path: `nodes.${id}.${input}`,
          node: id,
          input,
          code: "missing",
          params: {},
        });
  for (const one of flat.problems) {
    const { path, scope, node: at, input } = outside.get(pathOf(one)) ?? {};
    found.push(path === undefined ? one : ({ ...one, path, scope, node: at, input } as Found));
  }
  return graph;
}
