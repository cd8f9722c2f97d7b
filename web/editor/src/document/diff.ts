/** How two versions of a workflow differ. */

import type { Json } from "./json";
import type { Scope, Workflow } from "./workflow";

export type Pair<T> = readonly [before: T | undefined, after: T | undefined];

export interface NodeChange {
  readonly id: string;
  readonly values: Readonly<Record<string, Pair<Json>>>;
  readonly links: Readonly<Record<string, Pair<string>>>;
  readonly type?: Pair<string>;
  readonly version?: Pair<number>;
  readonly title?: Pair<string>;
  readonly mode?: Pair<string>;
}

export interface GraphDiff {
  readonly scope: Scope;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly NodeChange[];
  /** Nodes that only stand elsewhere. */
  readonly moved: readonly string[];
}

export interface WorkflowDiff extends GraphDiff {
  readonly parameters: Readonly<Record<string, Pair<Json>>>;
  readonly requires: Readonly<Record<string, Pair<string>>>;
  /** Of every subgraph that differs, those that came or went included. */
  readonly subgraphs: readonly GraphDiff[];
  readonly same: boolean;
}

export function diffWorkflows(_a: Workflow, _b: Workflow): WorkflowDiff {
  return {
    scope: null,
    added: [],
    removed: [],
    changed: [],
    moved: [],
    parameters: {},
    requires: {},
    subgraphs: [],
    same: true,
  };
}

/** The ids of the nodes that a change added to a graph. */
export function addedNodes(_before: Workflow, _after: Workflow, _scope: Scope): readonly string[] {
  return [];
}
