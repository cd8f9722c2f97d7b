/** The workflow document, as it is held in memory. Always immutable; commands make another. */

import { emptyRecord, type Json } from "./value";

export interface NodeDocument {
  readonly type: string;
  readonly version: number;
  readonly title?: string;
  readonly mode?: "mute" | "bypass";
  /** Literals by input name. Present in memory even where empty. */
  readonly values: Readonly<Record<string, Json>>;
  /** "node.output" by input name. */
  readonly links: Readonly<Record<string, string>>;
}

/** A titled box behind nodes. Moving it moves what lies inside. */
export interface Group {
  readonly id: string;
  readonly title: string;
  /** x, y, width, height */
  readonly box: readonly [number, number, number, number];
  /** 0 to 7: of the second ring of kinds. */
  readonly colour?: number;
}

/** A text in Markdown on the canvas. */
export interface Note {
  readonly id: string;
  readonly text: string;
  readonly box: readonly [number, number, number, number];
}

/** Layout: never affects what runs. What a newer editor wrote here is kept as it is. */
export interface View {
  readonly nodes?: Readonly<Record<string, readonly [number, number]>>;
  readonly groups?: readonly Group[];
  readonly notes?: readonly Note[];
  /** Widths of nodes that are not 240. */
  readonly widths?: Readonly<Record<string, number>>;
  /** Ids of nodes that are drawn as their header alone. */
  readonly collapsed?: readonly string[];
  /** Ids of nodes whose advanced fields are shown. */
  readonly expanded?: readonly string[];
  /** What becomes of a seed after a run, by "node.input"; fixed where it is not named. */
  readonly seeds?: Readonly<Record<string, "random" | "increment">>;
  readonly [key: string]: unknown;
}

export interface Graph {
  readonly nodes: Readonly<Record<string, NodeDocument>>;
  readonly view: View;
}

export interface SubgraphDocument extends Graph {
  /** Inner inputs, "node.input" or several, by outer name. */
  readonly inputs: Readonly<Record<string, string | readonly string[]>>;
  /** Inner outputs, "node.output", by outer name. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface Workflow extends Graph {
  readonly weft: 1;
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  readonly requires: Readonly<Record<string, string>>;
  readonly subgraphs: Readonly<Record<string, SubgraphDocument>>;
}

/** Which graph of a workflow: a subgraph by name, or null for the workflow itself. */
export type Scope = string | null;

export const SUBGRAPH = "subgraph:";
/** What comes before the id of a note or a group where the id of a node may stand as well. */
export const NOTE = "note:";
export const GROUP = "group:";
export const EMPTY: Workflow = {
  weft: 1,
  nodes: emptyRecord(),
  parameters: emptyRecord(),
  requires: emptyRecord(),
  subgraphs: emptyRecord(),
  view: emptyRecord() as View,
};

export function graphIn(workflow: Workflow, scope: Scope): Graph | undefined {
  return scope === null ? workflow : workflow.subgraphs[scope];
}

export interface Endpoint {
  readonly node: string;
  /** The name of an input or an output. */
  readonly socket: string;
}

/** "node.output" as its parts: the last dot divides. */
export function parseLink(text: string): Endpoint | null {
  const dot = text.lastIndexOf(".");
  return dot > 0 && dot < text.length - 1
    ? { node: text.slice(0, dot), socket: text.slice(dot + 1) }
    : null;
}

/** "node.input" as its parts: the first dot divides. */
export function parseTarget(text: string): Endpoint | null {
  const dot = text.indexOf(".");
  return dot > 0 && dot < text.length - 1
    ? { node: text.slice(0, dot), socket: text.slice(dot + 1) }
    : null;
}

/** One "node.input" or several, as several. */
export function targetsOf(target: string | readonly string[]): readonly string[] {
  return typeof target === "string" ? [target] : target;
}

/** The name of the subgraph that a node is a use of, or null. */
export function subgraphOf(type: string): string | null {
  return type.startsWith(SUBGRAPH) ? type.slice(SUBGRAPH.length) : null;
}

export function formatLink(from: Endpoint): string {
  return `${from.node}.${from.socket}`;
}
