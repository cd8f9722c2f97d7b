/** What the newest job of the shown workflow says of one node, in a subgraph too. */

import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { OutputView, PlannedNode, PlanView } from "../api/types";
import { forecast } from "./forecast";
import { isActive, type JobRun, type NodeRun, runs } from "./runs";
import { NO_TAB, type Tab, tabs } from "./tabs";

/** The id a node of the shown graph has in a run: its uses' ids before it, with slashes. */
export function flatId(uses: readonly (string | null)[], id: string): string | null {
  return uses.includes(null) ? null : [...uses, id].join("/");
}

/** The state of a node; of a use of a subgraph, that of what runs inside. */
export function nodeRun(run: JobRun | undefined, flat: string | null): NodeRun | undefined {
  if (!run || flat === null) return undefined;
  const own = run.nodes[flat];
  if (own) return own;
  const list = inside(run.nodes).get(flat);
  return list && summaryOf(list);
}

const summaries = new WeakMap<readonly NodeRun[], NodeRun>();

/** The same object while nothing changed: components are drawn again for another one. */
function summaryOf(list: readonly NodeRun[]): NodeRun {
  const known = summaries.get(list);
  if (known) return known;
  const made = summary(list);
  summaries.set(list, made);
  return made;
}

function summary(list: readonly NodeRun[]): NodeRun {
  const failed = list.find((one) => one.state === "failed");
  if (failed) return failed;
  if (list.some((one) => one.state === "running")) return { state: "running" };
  const seconds = list.reduce((sum, one) => sum + (one.seconds ?? 0), 0);
  const states = new Set(list.map((one) => one.state));
  if (states.has("ran")) return { state: "ran", seconds };
  return { state: states.has("cached") ? "cached" : "skipped", seconds };
}

/** What a run would do with a node; with a use of a subgraph, what it would do inside. */
export function nodePlan(
  plan: PlanView | null | undefined,
  flat: string | null,
): PlannedNode | undefined {
  if (!plan || flat === null) return undefined;
  if (Object.hasOwn(plan.nodes, flat)) return plan.nodes[flat];
  const list = inside(plan.nodes).get(flat) ?? [];
  const first = (action: PlannedNode["action"]) => list.find((one) => one.action === action);
  return first("run") ?? first("cached");
}

type Inner<T> = ReadonlyMap<string, readonly T[]>;
const inner = new WeakMap<object, Inner<unknown>>();

/** What is told of the nodes inside each use of a subgraph, by the use's id. */
function inside<T>(nodes: Readonly<Record<string, T>>): Inner<T> {
  const known = inner.get(nodes);
  if (known) return known as Inner<T>;
  const found = new Map<string, T[]>();
  for (const [id, one] of Object.entries(nodes)) {
    for (let end = id.indexOf("/"); end > 0; end = id.indexOf("/", end + 1)) {
      const use = id.slice(0, end);
      const list = found.get(use) ?? [];
      list.push(one);
      found.set(use, list);
    }
  }
  inner.set(nodes, found);
  return found;
}

function shown(state: { tabs: readonly Tab[]; active: string }): Tab {
  return state.tabs.find((one) => one.id === state.active) ?? NO_TAB;
}

export function useShownJob(): JobRun | undefined {
  const job = useStore(tabs, (state) => shown(state).job);
  return useStore(runs, (state) => (job ? state.jobs[job] : undefined));
}

export interface NodeNews {
  readonly run: NodeRun | undefined;
  readonly preview: string | undefined;
  readonly outputs: readonly OutputView[];
  readonly plan: PlannedNode | undefined;
}

const NOTHING: readonly OutputView[] = [];

/** What there is to say of a node; the component is drawn again only when that changes. */
export function useNodeNews(id: string): NodeNews {
  const tab = useStore(
    tabs,
    useShallow((state) => {
      const { job, uses, history } = shown(state);
      return { job, flat: flatId(uses, id), workflow: history.present };
    }),
  );
  const news = useStore(
    runs,
    useShallow((state) => {
      const run = tab.job ? state.jobs[tab.job] : undefined;
      return {
        run: nodeRun(run, tab.flat),
        preview: tab.flat === null ? undefined : run?.previews[tab.flat],
        list: run?.job.outputs ?? NOTHING,
        going: run !== undefined && isActive(run.job),
      };
    }),
  );
  const plan = useStore(forecast, (state) =>
    state.of === tab.workflow ? nodePlan(state.plan, tab.flat) : undefined,
  );
  const outputs = news.list.filter((one) => one.node === tab.flat);
  // What the job said of a node came after what was planned.
  const stale = news.going && news.run !== undefined;
  return { run: news.run, preview: news.preview, outputs, plan: stale ? undefined : plan };
}
