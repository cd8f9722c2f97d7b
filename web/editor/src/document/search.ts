/** Finding node types by a few letters. */

import type { Catalogue, NodeSpec } from "./catalogue";
import type { Workflow } from "./workflow";

export type Range = readonly [start: number, end: number];

export interface Hit {
  /** The type as a file writes it: "latent.decode", "subgraph:upscale". */
  readonly type: string;
  readonly title: string;
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

/** Node types, best first. An empty query gives all, the most used first. */
export function searchNodes(
  _catalogue: Catalogue,
  _query: string,
  _options: SearchOptions = {},
): readonly Hit[] {
  return [];
}
