/**
 * What is wrong with the shown workflow, and its words: what the editor found, what the server
 * refused of it, and what failed when it ran.
 */

import { useStore } from "zustand";
import type { JobError, ProblemView } from "../api/types";
import type { Catalogue } from "../document/catalogue";
import { type Problem, problemsOf } from "../document/validate";
import {
  graphIn,
  type NodeDocument,
  type Scope,
  subgraphOf,
  type Workflow,
} from "../document/workflow";
import { type MessageKey, t } from "../i18n";
import { useTab } from "../state/hooks";
import { refusals } from "../state/running";
import { runs } from "../state/runs";
import { server } from "../state/server";
import type { Tab } from "../state/tabs";
import { expectedAt } from "./expected";

interface Place {
  readonly scope: Scope;
  readonly node?: string;
  readonly input?: string;
}

/** A problem in the words of the server, or of a node that failed. */
export interface Told extends Place {
  readonly path: string;
  readonly by: "server" | "run";
  readonly view: ProblemView;
}

export type NodeProblem = Problem | Told;

/** What is wrong, as a sentence in the person's language where there is one. */
export function problemText(problem: NodeProblem): string {
  const { suggestion } = "view" in problem ? problem.view : problem;
  const text = "view" in problem ? toldText(problem.view) : foundText(problem);
  return suggestion ? `${text} ${t("document.suggestion", { name: suggestion })}` : text;
}

function foundText(problem: Problem): string {
  const { code, params } = problem;
  const expected = code === "wrongValue" ? expectedAt(problem) : null;
  if (expected) return t("document.problem.wrongValue.expected", { ...params, expected });
  return t(`document.problem.${code}` as MessageKey, params);
}

/** The server's messages about files are its own to find; the editor knows their words. */
const KNOWN: readonly (readonly [start: string, key: MessageKey])[] = [
  ["there is no such file", "document.told.file"],
  ["no such model file", "document.told.model"],
];

function toldText({ message, expected, got }: ProblemView): string {
  const known = KNOWN.find(([start]) => message.startsWith(start));
  if (known && got) return t(known[1], { got });
  const parts = [
    message.charAt(0).toUpperCase() + message.slice(1),
    expected && t("document.told.expected", { expected }),
    got && t("document.told.got", { got }),
  ];
  return parts.filter(Boolean).join("; ");
}

/** Every problem of a tab's workflow, worst known first; the same list while nothing changed. */
export function problemsOfShown(tab: Tab): readonly NodeProblem[] {
  return problemsIn(
    tab.history.present,
    server.getState().catalogue,
    refusals.getState().byTab[tab.id],
    tab.job ? runs.getState().jobs[tab.job]?.job.error : null,
  );
}

export function useProblems(): readonly NodeProblem[] {
  const tab = useTab();
  const catalogue = useStore(server, (state) => state.catalogue);
  const refusal = useStore(refusals, (state) => state.byTab[tab.id]);
  const error = useStore(runs, (state) => (tab.job ? state.jobs[tab.job]?.job.error : null));
  return problemsIn(tab.history.present, catalogue, refusal, error);
}

/** Those of one node, or of one of its inputs. */
export function problemsAt(
  problems: readonly NodeProblem[],
  scope: Scope,
  node: string,
  input?: string,
): readonly NodeProblem[] {
  return problems.filter(
    (one) =>
      one.scope === scope && one.node === node && (input === undefined || one.input === input),
  );
}

type Refusal = { readonly of: Workflow; readonly problems: readonly ProblemView[] } | undefined;
type Asked = readonly [Workflow, Catalogue, Refusal, JobError | null | undefined];

let last: { readonly asked: Asked; readonly found: readonly NodeProblem[] } | null = null;

function problemsIn(...asked: Asked): readonly NodeProblem[] {
  if (last && asked.every((one, index) => one === last?.asked[index])) return last.found;
  const [workflow, catalogue, refusal, error] = asked;
  const found = allProblems(
    workflow,
    problemsOf(workflow, catalogue),
    refusal?.of === workflow ? refusal.problems : [],
    error,
  );
  last = { asked, found };
  return found;
}

/** One list of what three sides say; what two of them say is said once. */
export function allProblems(
  workflow: Workflow,
  checked: readonly Problem[],
  refused: readonly ProblemView[],
  error: JobError | null | undefined,
): readonly NodeProblem[] {
  const known = new Set(checked.map((one) => one.path));
  const told = refused
    .filter((view) => !known.has(view.path))
    .map((view): Told => ({ path: view.path, by: "server", view, ...locate(workflow, view.path) }));
  return [...checked, ...told, ...failure(workflow, error)];
}

function failure(workflow: Workflow, error: JobError | null | undefined): readonly Told[] {
  if (!error) return [];
  const { node, message } = error;
  const path = node ? `nodes.${node}` : "";
  const place = node ? deepest(workflow, null, node) : { scope: null, whole: true };
  // Of a node that was removed since, nothing is wrong any more.
  if (!place) return [];
  const { whole: _, ...rest } = place;
  return [{ path, by: "run", view: { path, message }, ...rest }];
}

/** The place that a path of the engine names, such as "subgraphs.upscale.nodes.sample.steps". */
export function locate(workflow: Workflow, path: string): Place {
  const parts = path.split(".");
  const inSubgraph = parts[0] === "subgraphs" && parts.length > 1;
  const scope = inSubgraph ? (parts[1] ?? null) : null;
  const rest = inSubgraph ? parts.slice(2) : parts;
  const [section, flat, ...input] = rest;
  if (section !== "nodes" || flat === undefined) return { scope };
  const found = deepest(workflow, scope, flat);
  if (!found) return { scope };
  const { whole, ...place } = found;
  return input.length > 0 && whole ? { ...place, input: input.join(".") } : place;
}

interface Deepest {
  readonly scope: Scope;
  readonly node: string;
  /** Whether the id leads no further. */
  readonly whole: boolean;
}

/** The node that a run's id leads to, through the uses before it; as deep as there are nodes. */
function deepest(workflow: Workflow, start: Scope, flat: string): Deepest | null {
  let found: Deepest | null = null;
  let scope: Scope | undefined = start;
  const ids = flat.split("/");
  for (const [depth, id] of ids.entries()) {
    const node: NodeDocument | undefined =
      scope === undefined ? undefined : graphIn(workflow, scope)?.nodes[id];
    if (!node || scope === undefined) break;
    found = { scope, node: id, whole: depth === ids.length - 1 };
    scope = subgraphOf(node.type) ?? undefined;
  }
  return found;
}
