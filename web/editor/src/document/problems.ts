/** What can be wrong with a workflow, as codes that each language words. */

import type { Scope } from "./workflow";

export const PROBLEM_CODES = [
  "unknownType",
  "newerVersion",
  "missing",
  "noSuchInput",
  "valueAndLink",
  "wrongValue",
  "takesNoValue",
  "tooLarge",
  "noSuchSubgraph",
  "containsItself",
  "tooManyNodes",
  "cycle",
  "notALink",
  "noSuchNode",
  "noSuchOutput",
  "wrongKind",
  "cannotBypass",
  "subgraphInput",
  "subgraphOutput",
  "parameterTarget",
  "parameterInput",
  "specifier",
  "notInstalled",
  "otherVersion",
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** A problem before its path is written out: that of a node, unless it has one of its own. */
export interface Found {
  readonly path?: string;
  readonly scope: Scope;
  readonly node?: string;
  /** An input, or the field "type" or "version" of the node where `field` is set. */
  readonly input?: string;
  readonly field?: "type" | "version";
  readonly code: ProblemCode;
  readonly params: Readonly<Record<string, string | number>>;
  readonly suggestion?: string;
  readonly install?: string;
}

/** The text is the key `document.problem.CODE` with `params` filled in. */
export interface Problem {
  /** As the engine writes it: "nodes.sample.steps", "subgraphs.upscale.nodes.sample.steps". */
  readonly path: string;
  readonly scope: Scope;
  readonly node?: string;
  readonly input?: string;
  readonly code: ProblemCode;
  readonly params: Readonly<Record<string, string | number>>;
  /** What was probably meant. */
  readonly suggestion?: string;
  /** The command line that brings what is missing. */
  readonly install?: string;
}

/** The path of a node's problem, in the engine's words. */
export function pathOf({ path, scope, node, input, field }: Found): string {
  if (path !== undefined) return path;
  const graph = scope === null ? "nodes" : `subgraphs.${scope}.nodes`;
  return [graph, node, field ?? input].filter((part) => part !== undefined).join(".");
}
