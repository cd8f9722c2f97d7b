/** The inputs of subgraphs: what the inner inputs that they lead to want together. */

import { type Catalogue, type InputSpec, inputSpec } from "./catalogue";
import { accepts, resolve } from "./kinds";
import { inOrder } from "./listed";
import type { Socket } from "./sockets";
import {
  parseTarget,
  type SubgraphDocument,
  subgraphOf,
  targetsOf,
  type Workflow,
} from "./workflow";

const NO_BINDINGS = new Map<string, string>();

/** An input whose kind is declared, or resolved by what is linked. */
export function socketOf(spec: InputSpec, kind = spec.kind): Socket {
  return {
    name: spec.name,
    kind,
    required: spec.required,
    literal: Object.keys(spec.schema).length > 0,
    schema: spec.schema,
    help: spec.help,
    default: spec.default,
    nullable: spec.nullable,
    advanced: spec.schema["x-advanced"] === true,
  };
}

/** An input or output of which only the name is known. */
export function looseSocket(name: string, kind = "any"): Socket {
  return {
    name,
    kind,
    required: false,
    literal: false,
    schema: {},
    help: "",
    default: null,
    nullable: false,
    advanced: false,
  };
}

type Made = ReadonlyMap<string, readonly Socket[]>;
const kept = new WeakMap<
  Workflow["subgraphs"],
  { catalogue: Catalogue; sockets: Map<string, readonly Socket[]> }
>();

/** The inputs of a subgraph as its uses show them. */
export function exposedInputs(w: Workflow, name: string, catalogue: Catalogue): readonly Socket[] {
  let cache = kept.get(w.subgraphs);
  if (cache?.catalogue !== catalogue) {
    cache = { catalogue, sockets: new Map() };
    kept.set(w.subgraphs, cache);
  }
  return new Exposed(w, catalogue, cache.sockets).inputs(name);
}

class Exposed {
  constructor(
    private readonly workflow: Workflow,
    private readonly catalogue: Catalogue,
    private readonly made: Map<string, readonly Socket[]>,
  ) {}

  inputs(name: string): readonly Socket[] {
    const known = (this.made as Made).get(name);
    if (known) return known;
    const inner = this.workflow.subgraphs[name];
    if (!inner) return [];
    // A subgraph that contains itself would ask for ever.
    this.made.set(name, []);
    const names = inOrder(inner.view, "inputs", Object.keys(inner.inputs));
    const made = names.map((input) => this.#input(inner, input));
    this.made.set(name, made);
    return made;
  }

  #input(inner: SubgraphDocument, name: string): Socket {
    const all: Socket[] = [];
    for (const target of targetsOf(inner.inputs[name] ?? [])) {
      const one = this.#target(inner, target);
      if (one) all.push(one);
    }
    return together(name, all);
  }

  #target(inner: SubgraphDocument, text: string): Socket | undefined {
    const target = parseTarget(text);
    const node = target && inner.nodes[target.node];
    if (!node) return undefined;
    const used = subgraphOf(node.type);
    const socket =
      used === null
        ? this.#declared(node.type, target.socket)
        : this.inputs(used).find((one) => one.name === target.socket);
    const given = node.values[target.socket];
    const fed = given !== undefined || target.socket in node.links;
    const known = socket ?? looseSocket(target.socket);
    return fed ? { ...known, required: false, default: given ?? known.default } : known;
  }

  #declared(type: string, input: string): Socket | undefined {
    const spec = this.catalogue.get(type);
    const found = spec && inputSpec(spec, input);
    if (found) return socketOf(found);
    return spec?.extra ? looseSocket(input, spec.extra) : undefined;
  }
}

/** One input that leads to several: all must take what it is given. */
function together(name: string, all: readonly Socket[]): Socket {
  const [first] = all;
  if (!first) return looseSocket(name);
  const kinds = [...new Set(all.flatMap((one) => one.kinds ?? [one.kind]))];
  const kind =
    kinds.find((one) => kinds.every((other) => accepts(other, one))) ?? kinds[0] ?? "any";
  const literal = all.every((one) => one.literal);
  return {
    ...first,
    name,
    kind: resolve(kind, NO_BINDINGS),
    ...(kinds.length > 1 ? { kinds } : {}),
    required: all.some((one) => one.required),
    literal,
    schema: literal ? first.schema : {},
    nullable: all.every((one) => one.nullable),
    advanced: all.every((one) => one.advanced),
  };
}
