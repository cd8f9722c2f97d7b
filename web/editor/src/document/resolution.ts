/** The kinds of outputs, with type variables resolved from what is linked. */

import { type Catalogue, inputSpec, type NodeSpec, outputSpec } from "./catalogue";
import { accepts, type Bindings, isOpen, resolve } from "./kinds";
import { linksInto } from "./wires";
import {
  type Graph,
  type NodeDocument,
  parseLink,
  parseTarget,
  type SubgraphDocument,
  subgraphOf,
  targetsOf,
  type Workflow,
} from "./workflow";

const MAX_NESTING = 32;
/** Uses inside uses that are looked into: subgraphs that hold subgraphs multiply. */
const MAX_USES = 2000;
/** The kinds that the outside gives to inner inputs, by "node.input". */
type Given = ReadonlyMap<string, string>;
const NOTHING: Given = new Map();

/** The kinds in one graph: of the workflow, or of a subgraph as one node uses it. */
export class Kinds {
  readonly #bindings = new Map<string, Bindings>();
  readonly #inner = new Map<string, Kinds | null>();

  constructor(
    private readonly workflow: Workflow,
    private readonly catalogue: Catalogue,
    private readonly graph: Graph,
    private readonly given: Given = NOTHING,
    private readonly depth = 0,
    private readonly budget = { uses: MAX_USES },
  ) {}

  /** The kind of an output; `any` of what is not known, null where there is no such output. */
  output(id: string, name: string): string | null {
    const node = this.graph.nodes[id];
    if (!node) return null;
    const used = subgraphOf(node.type);
    if (used !== null) return this.#outputOfUse(id, used, name);
    const spec = this.catalogue.get(node.type);
    if (!spec) return "any";
    const kind = outputSpec(spec, name)?.kind;
    if (kind === undefined) return null;
    return isOpen(kind) ? resolve(kind, this.bindings(id)) : kind;
  }

  /** What the type variables of a node stand for. */
  bindings(id: string): Bindings {
    const known = this.#bindings.get(id);
    if (known) return known;
    // Not by recursion: reroutes make long chains.
    const stack = [id];
    this.#bindings.set(id, new Map());
    while (stack.length > 0) {
      const top = stack.at(-1) as string;
      const next = this.#unboundSource(top);
      if (next !== undefined) {
        this.#bindings.set(next, new Map());
        stack.push(next);
      } else {
        stack.pop();
        this.#bind(top);
      }
    }
    return this.#bindings.get(id) ?? new Map();
  }

  /** The kind of every linked input. */
  sources(id: string): readonly (readonly [input: string, kind: string])[] {
    const node = this.graph.nodes[id];
    if (!node) return [];
    const found: [string, string][] = [];
    for (const [input, from] of linksInto(node)) {
      const kind = this.given.get(`${id}.${input}`) ?? this.output(from.node, from.socket);
      if (kind !== null) found.push([input, kind]);
    }
    if (this.given.size === 0) return found;
    for (const [path, kind] of this.given) {
      const target = parseTarget(path);
      if (target?.node === id && !(target.socket in node.links)) found.push([target.socket, kind]);
    }
    return found;
  }

  #unboundSource(id: string): string | undefined {
    const node = this.graph.nodes[id] as NodeDocument;
    return linksInto(node)
      .map(([, from]) => from.node)
      .find((source) => !this.#bindings.has(source) && this.#isOpen(source));
  }

  #isOpen(id: string): boolean {
    const node = this.graph.nodes[id];
    const spec = node && this.catalogue.get(node.type);
    return spec?.outputs.some((one) => isOpen(one.kind)) === true;
  }

  #bind(id: string): void {
    const node = this.graph.nodes[id];
    const spec = node && this.catalogue.get(node.type);
    const bindings = this.#bindings.get(id);
    if (!spec || !bindings) return;
    for (const [input, kind] of this.sources(id)) accepts(wanted(spec, input), kind, bindings);
  }

  #outputOfUse(id: string, name: string, output: string): string | null {
    const inner = this.workflow.subgraphs[name];
    if (!inner) return "any";
    const text = inner.outputs[output];
    if (text === undefined) return null;
    const from = parseLink(text);
    const kinds = this.#insideOf(id, inner);
    return (from && kinds?.output(from.node, from.socket)) ?? "any";
  }

  #insideOf(id: string, inner: SubgraphDocument): Kinds | null {
    const known = this.#inner.get(id);
    if (known !== undefined) return known;
    // A subgraph that feeds itself has no kinds.
    this.#inner.set(id, null);
    if (this.depth >= MAX_NESTING || this.budget.uses-- <= 0) return null;
    const given = new Map<string, string>();
    for (const [input, kind] of this.sources(id))
      for (const target of targetsOf(inner.inputs[input] ?? [])) given.set(target, kind);
    const made = new Kinds(
      this.workflow,
      this.catalogue,
      inner,
      given,
      this.depth + 1,
      this.budget,
    );
    this.#inner.set(id, made);
    return made;
  }
}

/** The kind that an input wants, as it is declared. */
export function wanted(spec: NodeSpec, input: string): string {
  return inputSpec(spec, input)?.kind ?? spec.extra ?? "any";
}
