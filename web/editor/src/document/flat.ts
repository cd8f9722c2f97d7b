/** What a workflow says as one flat set of nodes: subgraphs expanded, bypassed nodes looked through. */

import type { Catalogue } from "./catalogue";
import { accepts, isOpen } from "./kinds";
import type { Found } from "./problems";
import { closest } from "./suggest";
import { emptyRecord, type Json } from "./value";
import { type Incoming, linksInto } from "./wires";
import {
  type Endpoint,
  type Graph,
  type NodeDocument,
  parseLink,
  type Scope,
  type SubgraphDocument,
  subgraphOf,
  targetsOf,
} from "./workflow";

const MAX_NESTING = 32;
const MAX_NODES = 1_000_000;
const MAX_USES = 100_000;

export type Values = Readonly<Record<string, Json>>;
export type Subgraphs = Readonly<Record<string, SubgraphDocument>>;

export interface FlatNode {
  /** Inside subgraphs the path of ids: "outer/inner". */
  readonly id: string;
  /** Where the document holds it. */
  readonly scope: Scope;
  readonly node: string;
  readonly document: NodeDocument;
  readonly mode: NodeDocument["mode"];
  readonly values: Values;
  readonly links: Incoming;
}

type Given = Map<string, Map<string, { readonly value: Json } | { readonly from: Endpoint }>>;

interface Todo {
  readonly prefix: string;
  readonly scope: Scope;
  readonly nodes: Graph["nodes"];
  readonly stack: readonly string[];
  readonly given: Given;
  readonly muted: boolean;
}

const plain = new WeakMap<NodeDocument, FlatNode>();

/** A node of the workflow itself, kept for as long as it is the same. */
function plainNode(id: string, document: NodeDocument): FlatNode {
  const known = plain.get(document);
  if (known?.id === id) return known;
  const { mode, values } = document;
  const made = { id, scope: null, node: id, document, mode, values, links: linksInto(document) };
  plain.set(document, made);
  return made;
}

function keyOf({ node, socket }: Endpoint): string {
  return `${node}\n${socket}`;
}

/** The flat nodes, and what stands for nodes that are gone. As the engine's `flatten`. */
export class Flat {
  readonly nodes = new Map<string, FlatNode>();
  readonly problems: Found[] = [];
  readonly #aliases = new Map<string, Endpoint>();
  readonly #bypassed: FlatNode[] = [];

  constructor(
    private readonly root: Graph["nodes"],
    readonly subgraphs: Subgraphs,
  ) {}

  static of(nodes: Graph["nodes"], subgraphs: Subgraphs): Flat {
    const flat = new Flat(nodes, subgraphs);
    flat.#expand();
    return flat;
  }

  /** Whether any link stands for another one. */
  get hasAliases(): boolean {
    return this.#aliases.size > 0;
  }

  /** The link with subgraph outputs and bypassed nodes looked through. */
  resolved(link: Endpoint): Endpoint {
    if (this.#aliases.size === 0) return link;
    const seen = new Set<string>();
    let at = link;
    for (;;) {
      const key = keyOf(at);
      const next = this.#aliases.get(key);
      if (!next || seen.has(key)) return at;
      seen.add(key);
      at = next;
    }
  }

  /** The ids of the nodes that stand in the same graph as one. */
  siblings(node: FlatNode): readonly string[] {
    const graph = node.scope === null ? this.root : this.subgraphs[node.scope]?.nodes;
    return Object.keys(graph ?? {});
  }

  add(node: FlatNode, code: Found["code"], rest: Partial<Found> = {}): void {
    this.problems.push({ scope: node.scope, node: node.node, code, params: {}, ...rest });
  }

  #expand(): void {
    const uses = new Map<string, number>();
    let total = 0;
    const queue: Todo[] = [
      { prefix: "", scope: null, nodes: this.root, stack: [], given: new Map(), muted: false },
    ];
    for (const todo of queue) {
      for (const id of Object.keys(todo.nodes)) {
        const node = this.#flatNode(todo, id, todo.nodes[id] as NodeDocument);
        const name = subgraphOf(node.document.type);
        if (name === null) {
          this.nodes.set(node.id, node);
          continue;
        }
        const inner = this.#enter(node, name, todo.stack);
        if (!inner) continue;
        if (node.mode === "bypass") {
          this.#bypassed.push(node);
          continue;
        }
        total++;
        uses.set(name, (uses.get(name) ?? 0) + 1);
        if (uses.get(name) === 1) this.#socketProblems(name, inner);
        queue.push({
          prefix: `${node.id}/`,
          scope: name,
          nodes: inner.nodes,
          stack: [...todo.stack, name],
          given: this.#handIn(node, inner),
          muted: node.mode === "mute",
        });
        this.#aliasOutputs(node, inner);
      }
      if (this.nodes.size > MAX_NODES || total > MAX_USES) {
        this.problems.push({
          scope: null,
          path: "subgraphs",
          code: "tooManyNodes",
          params: { expected: MAX_NODES },
        });
        return;
      }
    }
  }

  #flatNode(todo: Todo, id: string, document: NodeDocument): FlatNode {
    const { prefix, scope } = todo;
    const found = linksInto(document);
    if (found.bad > 0) this.#badLinks(scope, id, document);
    const given = todo.given.get(id);
    if (prefix === "" && !given) return plainNode(id, document);
    const links = found.map(
      ([input, from]) => [input, { node: prefix + from.node, socket: from.socket }] as const,
    );
    const mode = todo.muted ? "mute" : document.mode;
    const node = { id: prefix + id, scope, node: id, document, mode };
    if (!given) return { ...node, values: document.values, links };
    return { ...node, ...withGiven(document.values, links, given) };
  }

  #badLinks(scope: Scope, id: string, document: NodeDocument): void {
    for (const [input, text] of Object.entries(document.links))
      if (!parseLink(text))
        this.problems.push({ scope, node: id, input, code: "notALink", params: { got: text } });
  }

  #enter(node: FlatNode, name: string, stack: readonly string[]): SubgraphDocument | undefined {
    const inner = this.subgraphs[name];
    if (!inner) {
      const suggestion = closest(name, Object.keys(this.subgraphs));
      this.add(node, "noSuchSubgraph", { params: { name }, ...(suggestion ? { suggestion } : {}) });
      return undefined;
    }
    if (!stack.includes(name) && stack.length < MAX_NESTING) return inner;
    this.add(node, "containsItself", { params: { chain: [...stack, name].join(" → ") } });
    return undefined;
  }

  /** Inputs and outputs of a subgraph that lead to no node in it. */
  #socketProblems(name: string, inner: SubgraphDocument): void {
    const prefix = `subgraphs.${name}`;
    for (const [input, given] of Object.entries(inner.inputs))
      for (const got of targetsOf(given)) {
        const dot = got.indexOf(".");
        if (dot >= 0 && dot < got.length - 1 && got.slice(0, dot) in inner.nodes) continue;
        const path = `${prefix}.inputs.${input}`;
        this.problems.push({ scope: name, path, code: "subgraphInput", params: { input, got } });
      }
    for (const [output, got] of Object.entries(inner.outputs)) {
      const link = parseLink(got);
      if (link && link.node in inner.nodes) continue;
      const path = `${prefix}.outputs.${output}`;
      this.problems.push({ scope: name, path, code: "subgraphOutput", params: { output, got } });
    }
  }

  /** What a use gives to each of the inner nodes: values, then links. */
  #handIn(node: FlatNode, inner: SubgraphDocument): Given {
    const given: Given = new Map();
    const hand = (name: string, what: { readonly value: Json } | { readonly from: Endpoint }) => {
      if (!(name in inner.inputs)) return this.#noSuchInput(node, name, Object.keys(inner.inputs));
      for (const target of targetsOf(inner.inputs[name] ?? [])) {
        const dot = target.indexOf(".");
        const [id, input] = dot < 0 ? [target, ""] : [target.slice(0, dot), target.slice(dot + 1)];
        const known = given.get(id) ?? new Map();
        given.set(id, known.set(input, what));
      }
    };
    for (const [name, value] of Object.entries(node.values)) hand(name, { value });
    for (const [name, from] of node.links) hand(name, { from });
    return given;
  }

  #noSuchInput(node: FlatNode, input: string, known: readonly string[]): void {
    const suggestion = closest(input, known);
    this.add(node, "noSuchInput", {
      input,
      params: { type: node.document.type, input, expected: known.join(", ") },
      ...(suggestion ? { suggestion } : {}),
    });
  }

  #aliasOutputs(node: FlatNode, inner: SubgraphDocument): void {
    for (const [socket, source] of Object.entries(inner.outputs)) {
      const link = parseLink(source);
      if (!link) continue;
      const inside = { node: `${node.id}/${link.node}`, socket: link.socket };
      this.#aliases.set(keyOf({ node: node.id, socket }), inside);
    }
  }

  /** Take out muted nodes with all that needs them, and look through bypassed ones. */
  applyModes(catalogue: Catalogue): void {
    const muted: string[] = [];
    for (const node of [...this.nodes.values()]) {
      if (node.mode === "mute") muted.push(node.id);
      const spec = node.mode === "bypass" ? catalogue.get(node.document.type) : undefined;
      if (!spec) continue;
      const kinds = new Map(spec.inputs.map((one) => [one.name, one.kind]));
      this.#bypass(node, kinds, new Map(spec.outputs.map((one) => [one.name, one.kind])));
      this.nodes.delete(node.id);
    }
    const sockets = new SocketKinds(catalogue, this.subgraphs);
    for (const node of this.#bypassed) {
      const inner = this.subgraphs[subgraphOf(node.document.type) ?? ""];
      if (inner) this.#bypass(node, sockets.inputs(inner), sockets.outputs(inner));
    }
    if (muted.length > 0) this.#takeOut(muted);
  }

  #takeOut(muted: readonly string[]): void {
    const consumers = new Map<string, string[]>();
    for (const [id, node] of this.nodes)
      for (const [, link] of node.links) {
        const source = this.resolved(link).node;
        const list = consumers.get(source);
        if (list) list.push(id);
        else consumers.set(source, [id]);
      }
    const gone = new Set(muted);
    for (const id of gone) for (const one of consumers.get(id) ?? []) gone.add(one);
    for (const id of gone) this.nodes.delete(id);
  }

  /** Feed each output by a linked input: by one of the very same kind, or else one that fits. */
  #bypass(
    node: FlatNode,
    inputs: ReadonlyMap<string, string>,
    outputs: ReadonlyMap<string, string>,
  ): void {
    const free = node.links.flatMap(([name, from]) => {
      const kind = inputs.get(name);
      return kind === undefined ? [] : [{ kind, from }];
    });
    for (const [socket, kind] of outputs) {
      let index = free.findIndex((one) => one.kind === kind);
      if (index < 0 && !isOpen(kind) && kind !== "any")
        index = free.findIndex((one) => accepts(kind, one.kind));
      const [found] = index < 0 ? [] : free.splice(index, 1);
      if (found) this.#aliases.set(keyOf({ node: node.id, socket }), found.from);
      else this.add(node, "cannotBypass", { params: { output: socket, expected: kind } });
    }
  }
}

function withGiven(
  values: Values,
  links: Incoming,
  given: ReadonlyMap<string, { readonly value: Json } | { readonly from: Endpoint }>,
): { readonly values: Values; readonly links: Incoming } {
  const made = Object.assign(emptyRecord<Json>(), values);
  const left = links.filter(([input]) => !given.has(input));
  const added: (readonly [string, Endpoint])[] = [];
  for (const [input, one] of given) {
    delete made[input];
    if ("value" in one) made[input] = one.value;
    else added.push([input, one.from]);
  }
  return { values: made, links: [...left, ...added] };
}

/** The kinds of a subgraph's inputs and outputs: those of the inner nodes they lead to. */
class SocketKinds {
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
