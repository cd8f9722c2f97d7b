/** What is wrong with a workflow, as far as it can be told at once. It agrees with the engine. */

import type { Catalogue } from "./catalogue";
import type { Scope, Workflow } from "./workflow";

export type ProblemCode =
  | "unknownType"
  | "newerVersion"
  | "missing"
  | "noSuchInput"
  | "valueAndLink"
  | "wrongValue"
  | "takesNoValue"
  | "tooLarge"
  | "noSuchSubgraph"
  | "containsItself"
  | "tooManyNodes"
  | "cycle"
  | "notALink"
  | "noSuchNode"
  | "noSuchOutput"
  | "wrongKind"
  | "cannotBypass"
  | "subgraphInput"
  | "subgraphOutput"
  | "parameterTarget"
  | "parameterInput"
  | "specifier"
  | "notInstalled"
  | "otherVersion";

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

/** Every problem of a workflow. Kept for as long as both are the same. */
export function problemsOf(_w: Workflow, _catalogue: Catalogue): readonly Problem[] {
  return [];
}
