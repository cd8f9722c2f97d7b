/** Another version of an open workflow, and how the shown one differs from it. */

import { createStore } from "zustand/vanilla";
import { diffWorkflows, type GraphDiff, type WorkflowDiff } from "../document/diff";
import { placeOf } from "../document/places";
import { emptyRecord } from "../document/value";
import { graphIn, type NodeDocument, type Scope, type Workflow } from "../document/workflow";
import { server } from "./server";
import { activeTab, scopeOf, tabById, tabs } from "./tabs";

export type Mark = "added" | "removed" | "changed";

/** A node that the other version has and the shown one has not. */
export interface Ghost {
  readonly id: string;
  readonly node: NodeDocument;
  readonly at: readonly [number, number];
}

/** How the shown graph differs: what the canvas draws. */
export interface Marks {
  readonly marks: Readonly<Record<string, Mark>>;
  readonly ghosts: readonly Ghost[];
}

interface Comparison extends Marks {
  /** The tab that is compared; empty for none. */
  readonly tab: string;
  /** What the other version is called, such as "Revision 3". */
  readonly label: string;
  readonly before: Workflow | null;
  readonly diff: WorkflowDiff | null;
}

const NO_MARKS: Marks = { marks: emptyRecord(), ghosts: [] };
const NONE: Comparison = { ...NO_MARKS, tab: "", label: "", before: null, diff: null };

export const comparison = createStore<Comparison>(() => NONE);

let unfollow: (() => void) | null = null;

/** Mark on the canvas how a tab's workflow differs from an earlier one, until it is left. */
export function compareWith(tab: string, before: Workflow, label: string): void {
  leaveComparison();
  comparison.setState({ tab, before, label });
  let seen: readonly unknown[] = [];
  const follow = () => {
    const compared = tabById(tab);
    if (!compared) {
      leaveComparison();
      return;
    }
    const shown = activeTab() === compared;
    const now = [shown, compared.history.present, scopeOf(compared.path)];
    if (now.every((one, index) => one === seen[index])) return;
    seen = now;
    const diff = diffWorkflows(before, compared.history.present);
    const marks = shown ? marksIn(diff, before, scopeOf(compared.path)) : NO_MARKS;
    comparison.setState({ diff, ...marks });
  };
  unfollow = tabs.subscribe(follow);
  follow();
}

export function leaveComparison(): void {
  unfollow?.();
  unfollow = null;
  comparison.setState(NONE);
}

/** What of a difference lies in one graph. */
function marksIn(diff: WorkflowDiff, before: Workflow, scope: Scope): Marks {
  const graph: GraphDiff | undefined =
    scope === null ? diff : diff.subgraphs.find((one) => one.scope === scope);
  if (!graph) return NO_MARKS;
  const marks = emptyRecord<Mark>();
  for (const id of graph.added) marks[id] = "added";
  for (const id of graph.removed) marks[id] = "removed";
  for (const { id } of graph.changed) marks[id] = "changed";
  const old = graphIn(before, scope);
  const ghosts = graph.removed.flatMap((id): readonly Ghost[] => {
    const node = old?.nodes[id];
    return node ? [{ id, node, at: placeOf(before, scope, id, server.getState().catalogue) }] : [];
  });
  return { marks, ghosts };
}
