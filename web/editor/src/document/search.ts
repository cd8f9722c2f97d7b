/** Finding node types by a few letters. */

import { type Catalogue, type NodeSpec, shortId } from "./catalogue";
import { matchOf, type Range } from "./fuzzy";
import { accepts, isOpen } from "./kinds";
import { byCodePoint } from "./order";
import { entrance, socketsOfType } from "./passage";
import { EMPTY, SUBGRAPH, type Workflow } from "./workflow";

export type { Range } from "./fuzzy";

export interface Hit {
  /** The type as a file writes it: "latent.decode", "subgraph:upscale". */
  readonly type: string;
  readonly title: string;
  /** "latent" of "latent.decode"; "subgraph" for one of the workflow. */
  readonly group: string;
  /** The distribution that it comes from; empty for a subgraph of the workflow. */
  readonly plugin: string;
  readonly help: string;
  readonly spec?: NodeSpec;
  /** What of the title and of the type matched. */
  readonly titleRanges: readonly Range[];
  readonly typeRanges: readonly Range[];
}

export interface SearchOptions {
  /** How often each type was added before, by the type as a file writes it. */
  readonly usage?: Readonly<Record<string, number>>;
  /** Only types that fit the other end of a link. */
  readonly filterKind?: string;
  /** The side of the end that stays: "out" asks for nodes with an input that takes the kind. */
  readonly side?: "in" | "out";
  /** Offers its subgraphs too. */
  readonly workflow?: Workflow;
  readonly limit?: number;
}

interface Entry {
  readonly type: string;
  readonly title: string;
  readonly plugin: string;
  readonly help: string;
  readonly spec?: NodeSpec;
}

/** Node types, best first. An empty query gives all, the most used first. */
export function searchNodes(
  catalogue: Catalogue,
  query: string,
  options: SearchOptions = {},
): readonly Hit[] {
  const { usage = {}, limit = Number.POSITIVE_INFINITY } = options;
  const found: { readonly hit: Hit; readonly score: number }[] = [];
  for (const entry of entriesOf(catalogue, options.workflow)) {
    const fit = fitOf(catalogue, entry, options);
    const matched = fit > 0 ? ranked(entry, query.trim()) : null;
    if (!matched) continue;
    const used = Object.hasOwn(usage, entry.type) ? (usage[entry.type] ?? 0) : 0;
    // Use counts for little against how well the letters match, and for all where none are given.
    found.push({ hit: matched.hit, score: matched.score + fit + Math.log2(1 + used) * USE });
  }
  found.sort((a, b) => b.score - a.score || byCodePoint(a.hit.type, b.hit.type));
  return found.slice(0, limit).map((one) => one.hit);
}

const USE = 6;
const TYPE_SHARE = 0.9;
const HELP_SCORE = 5;

function entriesOf(catalogue: Catalogue, w: Workflow | undefined): readonly Entry[] {
  const types = [...catalogue.nodes.values()].map((spec) => ({
    type: shortId(spec.id),
    title: spec.title || titleOf(shortId(spec.id)),
    plugin: spec.distribution,
    help: spec.help,
    spec,
  }));
  const uses = Object.keys(w?.subgraphs ?? {}).map((name) => ({
    type: SUBGRAPH + name,
    title: name,
    plugin: "",
    help: "",
  }));
  return [...types, ...uses];
}

/** "Add noise" of "latent.add_noise". */
function titleOf(type: string): string {
  const name = type.slice(type.lastIndexOf(".") + 1).replaceAll("_", " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function ranked(entry: Entry, query: string): { readonly hit: Hit; readonly score: number } | null {
  const { type, title } = entry;
  const colon = type.indexOf(":");
  const group = colon > 0 ? type.slice(0, colon) : type.slice(0, Math.max(0, type.indexOf(".")));
  const base = { ...entry, group, titleRanges: [], typeRanges: [] };
  if (query === "") return { hit: base, score: 0 };
  const [inTitle, inType] = [matchOf(query, title), matchOf(query, type)];
  if (!inTitle && !inType) {
    // A word of the help finds a node, after all that are called so.
    const says = query.length > 2 && entry.help.toLowerCase().includes(query.toLowerCase());
    return says ? { hit: base, score: HELP_SCORE } : null;
  }
  return {
    hit: { ...base, titleRanges: inTitle?.ranges ?? [], typeRanges: inType?.ranges ?? [] },
    score: Math.max(inTitle?.score ?? 0, (inType?.score ?? 0) * TYPE_SHARE),
  };
}

/** How well a type fits the end of a link: 0 where it does not, more where the kind is its own. */
function fitOf(catalogue: Catalogue, { type }: Entry, options: SearchOptions): number {
  const { filterKind, side = "out", workflow = EMPTY } = options;
  if (filterKind === undefined) return 1;
  const { inputs, outputs } = socketsOfType(workflow, catalogue, type);
  if (side === "out") {
    const input = entrance(
      inputs.filter((one) => one.kind !== "subgraph"),
      filterKind,
    );
    return input ? closeness(input.kind, filterKind) + Number(input.required && !input.literal) : 0;
  }
  const fitting = outputs.filter((one) => accepts(filterKind, isOpen(one.kind) ? "any" : one.kind));
  return Math.max(0, ...fitting.map((one) => closeness(one.kind, filterKind)));
}

function closeness(kind: string, wanted: string): number {
  if (kind === wanted) return 4;
  return kind === "any" || isOpen(kind) ? 1 : 3;
}
