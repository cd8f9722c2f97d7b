/** What the inputs and outputs of a bypassed subgraph are declared to be. */

import type { Catalogue } from "./catalogue";
import { parseLink, type SubgraphDocument, subgraphOf, targetsOf } from "./workflow";

const MAX_NESTING = 32;
type Subgraphs = Readonly<Record<string, SubgraphDocument>>;

/** The kinds of sockets as they are declared: those of the inner nodes they lead to. */
export class SocketKinds {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly subgraphs: Subgraphs,
  ) {}

  inputs(graph: SubgraphDocument): ReadonlyMap<string, string> {
    return new Map(Object.keys(graph.inputs).map((name) => [name, this.#input(graph, name)]));
  }

  outputs(graph: SubgraphDocument): ReadonlyMap<string, string> {
    return new Map(Object.keys(graph.outputs).map((name) => [name, this.#output(graph, name)]));
  }

  #input(start: SubgraphDocument, name: string): string {
    let graph: SubgraphDocument | undefined = start;
    let at = name;
    for (let depth = 0; depth < MAX_NESTING && graph; depth++) {
      const [first = ""] = targetsOf(graph.inputs[at] ?? []);
      const dot = first.indexOf(".");
      const type: string = graph.nodes[dot < 0 ? first : first.slice(0, dot)]?.type ?? "";
      at = dot < 0 ? "" : first.slice(dot + 1);
      const used = subgraphOf(type);
      if (used === null)
        return this.catalogue.get(type)?.inputs.find((one) => one.name === at)?.kind ?? "any";
      graph = this.subgraphs[used];
    }
    return "any";
  }

  #output(start: SubgraphDocument, name: string): string {
    let graph: SubgraphDocument | undefined = start;
    let at = name;
    for (let depth = 0; depth < MAX_NESTING && graph; depth++) {
      const link = parseLink(graph.outputs[at] ?? "");
      const type: string | undefined = link ? graph.nodes[link.node]?.type : undefined;
      if (!link || type === undefined) return "any";
      at = link.socket;
      const used = subgraphOf(type);
      if (used === null)
        return this.catalogue.get(type)?.outputs.find((one) => one.name === at)?.kind ?? "any";
      graph = this.subgraphs[used];
    }
    return "any";
  }
}
