/** What the server says of node types and kinds, as `GET /api/nodes` sends it. */

import { type Json, numberOf } from "./json";
import { canonicalName } from "./versions";

/** JSON Schema of a literal, plus `x-` hints for widgets. Empty where only links fit. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** number, slider, seed, text, textarea, files, path, choices, subgraph, or `plugin/widget`. */
  readonly "x-widget"?: string;
  readonly "x-step"?: number;
  readonly "x-folder"?: string;
  readonly "x-path"?: boolean;
  readonly "x-choices"?: boolean;
  readonly "x-advanced"?: boolean;
  /** Where choices come from that plugins offer: distributions, by the choice. */
  readonly "x-distributions"?: Readonly<Record<string, string>>;
}

export interface InputSpec {
  readonly name: string;
  /** `int`, `image`, `list[image]`, `int|float`, `$T`, `any`, `subgraph`. */
  readonly kind: string;
  readonly schema: Schema;
  readonly required: boolean;
  readonly default: Json;
  readonly nullable: boolean;
  readonly help: string;
}

export interface OutputSpec {
  readonly name: string;
  readonly kind: string;
}

export interface NodeSpec {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly help: string;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  /** The kind of inputs accepted under any name, or null. */
  readonly extra: string | null;
  readonly eager: readonly string[] | null;
  /** Whether the server can draw a curve of its values. */
  readonly chart?: boolean;
  readonly distribution: string;
}

export interface KindSpec {
  readonly id: string;
  readonly colour: string;
  readonly shape: string;
  readonly help: string;
}

/** The node types and kinds, looked up by id; `weft:` may be left out. */
export class Catalogue {
  readonly nodes: ReadonlyMap<string, NodeSpec>;
  readonly kinds: ReadonlyMap<string, KindSpec>;
  readonly #short = new Map<string, NodeSpec>();
  readonly #versions: ReadonlyMap<string, string>;

  constructor(
    nodes: readonly NodeSpec[],
    kinds: readonly KindSpec[],
    /** Versions of the installed distributions, for `requires`. */
    readonly versions: Readonly<Record<string, string>> = {},
  ) {
    this.nodes = new Map(nodes.map((one) => [one.id, plainSpec(one)]));
    for (const [id, spec] of this.nodes) this.#short.set(shortId(id), spec);
    this.kinds = new Map(kinds.map((one) => [one.id, one]));
    const named = Object.entries(versions).map(
      ([name, one]) => [canonicalName(name), one] as const,
    );
    this.#versions = new Map(named);
  }

  /** The version of an installed distribution, whichever way its name is spelt. */
  versionOf(name: string): string | undefined {
    return this.#versions.get(canonicalName(name));
  }

  get(type: string): NodeSpec | undefined {
    // By the id as files write it first: every node of a graph is looked up for every check.
    return this.#short.get(type) ?? this.nodes.get(fullId(type));
  }
}

/** The spec with plain numbers in its schemas, whichever parser read it; defaults stay as they are. */
function plainSpec(spec: NodeSpec): NodeSpec {
  const inputs = spec.inputs.map((one) => ({ ...one, schema: plainSchema(one.schema) }));
  return { ...spec, inputs };
}

function plainSchema(schema: Schema): Schema {
  const made: Record<string, unknown> = { ...schema };
  for (const key of ["minimum", "maximum", "maxLength", "x-step"])
    if (key in made) made[key] = numberOf(made[key] as Json);
  if (schema.items) made.items = plainSchema(schema.items);
  if (schema.anyOf) made.anyOf = schema.anyOf.map(plainSchema);
  exact.set(made, schema);
  return made as Schema;
}

const exact = new WeakMap<object, Schema>();

/** The bounds of a schema, beyond 2^53 as bigints. */
export function exactBounds(schema: Schema): {
  readonly minimum: number | bigint | undefined;
  readonly maximum: number | bigint | undefined;
} {
  const { minimum, maximum } = exact.get(schema) ?? schema;
  return { minimum: bound(minimum), maximum: bound(maximum) };
}

function bound(value: Json | undefined): number | bigint | undefined {
  return typeof value === "bigint" ? value : numberOf(value);
}

const names = new WeakMap<NodeSpec, ReadonlyMap<string, InputSpec>>();

/** The input of that name, or undefined. */
export function inputSpec(spec: NodeSpec, name: string): InputSpec | undefined {
  let known = names.get(spec);
  if (!known) {
    known = new Map(spec.inputs.map((one) => [one.name, one]));
    names.set(spec, known);
  }
  return known.get(name);
}

export function outputSpec(spec: NodeSpec, name: string): OutputSpec | undefined {
  return spec.outputs.find((one) => one.name === name);
}

export const EMPTY_CATALOGUE = new Catalogue([], []);

export function fullId(type: string): string {
  return type.includes(":") ? type : `weft:${type}`;
}

export function shortId(type: string): string {
  return type.startsWith("weft:") ? type.slice(5) : type;
}
