/** Checking flat nodes as the engine does: names, literals, links, kinds, order. */

import { type Catalogue, inputSpec, type NodeSpec, shortId } from "./catalogue";
import { cyclesOf } from "./cycles";
import type { Flat, FlatNode } from "./flat";
import { accepts, type Bindings, isOpen, resolve } from "./kinds";
import { applyModes } from "./modes";
import { type Fault, faultsOf } from "./node_faults";
import type { Found } from "./problems";
import { short } from "./reading";
import { wanted } from "./resolution";
import { closest } from "./suggest";
import type { Incoming } from "./wires";
import type { Endpoint } from "./workflow";

/** A node that was checked, with the kinds of its outputs. */
export interface Checked {
  readonly node: FlatNode;
  readonly spec: NodeSpec;
  readonly links: Incoming;
  kinds: ReadonlyMap<string, string>;
}

/** A value that only the run will hold; its kind is what is known of it. */
type Live = ReadonlyMap<string, string>;

const NO_LIVE: Live = new Map();

/** Check flat nodes, adding to `flat.problems`. live: kinds of outputs that stand outside, by node. */
export function checkFlat(
  flat: Flat,
  catalogue: Catalogue,
  suggest: (type: string) => string | null,
  live: Live = NO_LIVE,
): ReadonlyMap<string, Checked> {
  for (const node of flat.nodes.values()) checkType(flat, node, catalogue, suggest);
  applyModes(flat, catalogue);
  return new Checker(flat, catalogue, live).graph();
}

function checkType(
  flat: Flat,
  node: FlatNode,
  catalogue: Catalogue,
  suggest: (type: string) => string | null,
): void {
  const { type, version } = node.document;
  const spec = catalogue.get(type);
  if (!spec) {
    const suggestion = suggest(type);
    const rest = suggestion === null ? {} : { suggestion };
    flat.add(node, "unknownType", { field: "type", params: { type }, ...rest });
  } else if (version > spec.version) {
    const params = { type: shortId(spec.id), expected: spec.version, got: String(version) };
    flat.add(node, "newerVersion", { field: "version", params });
  }
}

const declared = new WeakMap<NodeSpec, ReadonlyMap<string, string>>();

/** The kinds of a type's outputs as they are declared. */
function kindsOf(spec: NodeSpec): ReadonlyMap<string, string> {
  let known = declared.get(spec);
  if (!known) {
    known = new Map(spec.outputs.map((one) => [one.name, one.kind]));
    declared.set(spec, known);
  }
  return known;
}

function takesBody(spec: NodeSpec): boolean {
  return spec.inputs.some((one) => one.kind === "subgraph");
}

/** A node's id in its own graph: "sample" of "upscale/sample". */
function localName(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

class Checker {
  constructor(
    private readonly flat: Flat,
    private readonly catalogue: Catalogue,
    private readonly live: Live,
  ) {}

  graph(): ReadonlyMap<string, Checked> {
    const built = new Map<string, Checked>();
    for (const node of this.flat.nodes.values()) {
      const spec = this.catalogue.get(node.document.type);
      if (spec) built.set(node.id, this.#built(node, spec));
    }
    const graph = this.#ordered(built);
    for (const one of graph.values()) this.#checkLinks(one, graph);
    return graph;
  }

  #built(node: FlatNode, spec: NodeSpec): Checked {
    // Only the engine can bring an older node up to date, so of its inputs nothing is known.
    const faults = node.document.version < spec.version ? null : faultsOf(spec, node);
    for (const [code, input] of faults ?? []) this.#explain(node, spec, code, input);
    if (faults && takesBody(spec)) this.#checkBodies(node, spec);
    return { node, spec, links: this.#linksOf(node, spec, faults), kinds: kindsOf(spec) };
  }

  /** The links that are checked: looked through, without those into inputs that there are not. */
  #linksOf(node: FlatNode, spec: NodeSpec, faults: readonly Fault[] | null): Incoming {
    const whole = faults?.every(([code]) => code !== "noSuchInput") || spec.extra !== null;
    const links = whole ? node.links : node.links.filter(([name]) => inputSpec(spec, name));
    if (!this.flat.hasAliases) return links;
    return links.map(([name, from]) => [name, this.flat.resolved(from)] as const);
  }

  #explain(node: FlatNode, spec: NodeSpec, code: Fault[0], input: string): void {
    const known = spec.inputs.map((one) => one.name);
    const type = shortId(spec.id);
    if (code === "noSuchInput") {
      const suggestion = closest(input, known);
      const params = { type, input, expected: known.join(", ") };
      this.flat.add(node, code, { input, params, ...(suggestion ? { suggestion } : {}) });
      return;
    }
    const one = inputSpec(spec, input);
    const value = node.values[input];
    const choices = one?.schema.enum?.map(String) ?? [];
    const suggestion = typeof value === "string" ? closest(value, choices) : null;
    const got: Found["params"] = value === undefined ? {} : { got: short(value) };
    this.flat.add(node, code, {
      input,
      params: { type, kind: one?.kind ?? "any", ...got },
      ...(suggestion ? { suggestion } : {}),
    });
  }

  /** Whether the subgraphs that a node takes as values are there. */
  #checkBodies(node: FlatNode, spec: NodeSpec): void {
    for (const one of spec.inputs) {
      if (one.kind !== "subgraph" || node.links.some(([name]) => name === one.name)) continue;
      const name = node.values[one.name] ?? (one.required ? null : one.default);
      if (typeof name !== "string" || this.flat.subgraphs[name]) continue;
      const suggestion = closest(name, Object.keys(this.flat.subgraphs));
      const rest = suggestion ? { suggestion } : {};
      this.flat.add(node, "noSuchSubgraph", { input: one.name, params: { name }, ...rest });
    }
  }

  /** The nodes so that each follows what it needs; nodes on a cycle, and after one, are left out. */
  #ordered(built: ReadonlyMap<string, Checked>): ReadonlyMap<string, Checked> {
    const waiting = new Map<string, number>();
    const consumers = new Map<string, string[]>();
    const order: string[] = [];
    for (const [id, { links }] of built) {
      const sources = new Set<string>();
      for (const [, from] of links) if (built.has(from.node)) sources.add(from.node);
      waiting.set(id, sources.size);
      if (sources.size === 0) order.push(id);
      for (const source of sources) {
        const list = consumers.get(source);
        if (list) list.push(id);
        else consumers.set(source, [id]);
      }
    }
    for (const id of order)
      for (const consumer of consumers.get(id) ?? []) {
        const left = (waiting.get(consumer) ?? 0) - 1;
        waiting.set(consumer, left);
        if (left === 0) order.push(consumer);
      }
    if (order.length < built.size) this.#reportCycles(built, new Set(order));
    return new Map(order.map((id) => [id, built.get(id) as Checked]));
  }

  #reportCycles(built: ReadonlyMap<string, Checked>, done: ReadonlySet<string>): void {
    const rest = [...built].filter(([id]) => !done.has(id));
    const sources = new Map(rest.map(([id, one]) => [id, one.links.map(([, from]) => from.node)]));
    for (const chain of cyclesOf(sources)) {
      const node = this.flat.nodes.get(chain[0] ?? "");
      const shown = chain.length < 12 ? chain : [...chain.slice(0, 10), "…", chain.at(-1)];
      if (node) this.flat.add(node, "cycle", { params: { chain: shown.join(" → ") } });
    }
  }

  #checkLinks(checked: Checked, graph: ReadonlyMap<string, Checked>): void {
    const { node, spec, links } = checked;
    const bindings: Bindings = new Map();
    for (const [input, from] of links) {
      const kind = this.#kindOf(node, input, from, graph);
      if (kind === undefined) continue;
      const expected = wanted(spec, input);
      if (!accepts(expected, kind, bindings)) {
        const shown = isOpen(expected) ? resolve(expected, bindings) : expected;
        const source = `${localName(from.node)}.${from.socket}`;
        const params = { from: source, expected: shown, got: kind };
        this.flat.add(node, "wrongKind", { input, params });
      }
    }
    if (!spec.outputs.some((one) => isOpen(one.kind))) return;
    checked.kinds = new Map(spec.outputs.map((one) => [one.name, resolve(one.kind, bindings)]));
  }

  #kindOf(
    node: FlatNode,
    input: string,
    from: Endpoint,
    graph: ReadonlyMap<string, Checked>,
  ): string | undefined {
    const live = this.live.get(from.node);
    if (live !== undefined) return live;
    const source = graph.get(from.node);
    if (source) {
      const kind = source.kinds.get(from.socket);
      if (kind === undefined) this.#noSuchOutput(node, input, from, source.spec);
      return kind;
    }
    // Of an unknown type, or on a cycle: reported as such.
    if (this.flat.nodes.has(from.node)) return undefined;
    const name = localName(from.node);
    const suggestion = closest(name, this.flat.siblings(node));
    const rest = suggestion ? { suggestion } : {};
    this.flat.add(node, "noSuchNode", { input, params: { source: name }, ...rest });
    return undefined;
  }

  #noSuchOutput(node: FlatNode, input: string, from: Endpoint, spec: NodeSpec): void {
    const known = spec.outputs.map((one) => one.name);
    const suggestion = closest(from.socket, known);
    this.flat.add(node, "noSuchOutput", {
      input,
      params: {
        source: localName(from.node),
        output: from.socket,
        expected: known.join(", "),
      },
      ...(suggestion ? { suggestion } : {}),
    });
  }
}
