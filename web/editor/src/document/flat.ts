/** What a workflow says as one flat set of nodes: subgraphs expanded, bypassed nodes looked through. */

import { expandsTooFar, MAX_NESTING, MAX_NODES, MAX_USES } from "./expansion";
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
  /** Uses of subgraphs that are bypassed, so that nothing inside them is there. */
  readonly bypassed: FlatNode[] = [];

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

  /** Let an output of a node that is gone stand for another one. */
  alias(output: Endpoint, to: Endpoint): void {
    this.#aliases.set(keyOf(output), to);
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
    if (expandsTooFar(this.root, this.subgraphs)) {
      this.#tooManyNodes();
      return;
    }
    const used = new Set<string>();
    const start = { prefix: "", scope: null, nodes: this.root, stack: [], muted: false };
    const queue: Todo[] = [{ ...start, given: new Map() }];
    for (const todo of queue) {
      for (const id of Object.keys(todo.nodes)) {
        const node = this.#flatNode(todo, id, todo.nodes[id] as NodeDocument);
        const name = subgraphOf(node.document.type);
        if (name === null) this.nodes.set(node.id, node);
        else this.#expandUse(node, name, todo.stack, queue, used);
      }
      // Those that contain each other cannot be counted beforehand.
      if (queue.length > MAX_USES || this.nodes.size > MAX_NODES) {
        this.#tooManyNodes();
        return;
      }
    }
  }

  /** What was expanded so far says nothing then. */
  #tooManyNodes(): void {
    this.nodes.clear();
    this.problems.length = 0;
    const params = { expected: MAX_NODES };
    this.problems.push({ scope: null, path: "subgraphs", code: "tooManyNodes", params });
  }

  #expandUse(
    node: FlatNode,
    name: string,
    stack: readonly string[],
    queue: Todo[],
    used: Set<string>,
  ): void {
    const inner = this.#enter(node, name, stack);
    if (!inner) return;
    if (node.mode === "bypass") {
      this.bypassed.push(node);
      return;
    }
    if (!used.has(name)) this.#socketProblems(name, inner);
    used.add(name);
    queue.push({
      prefix: `${node.id}/`,
      scope: name,
      nodes: inner.nodes,
      stack: [...stack, name],
      given: this.#handIn(node, inner),
      muted: node.mode === "mute",
    });
    this.#aliasOutputs(node, inner);
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
      this.alias({ node: node.id, socket }, inside);
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
