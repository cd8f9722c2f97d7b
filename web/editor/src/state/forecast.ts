/** What a run would do with every node of the shown workflow, and why. */

import { createStore } from "zustand/vanilla";
import { planWorkflow } from "../api/client";
import type { PlanView } from "../api/types";
import { consumersOf } from "../document/links";
import { type Problem, problemsOf } from "../document/validate";
import type { Workflow } from "../document/workflow";
import { isActive, runs } from "./runs";
import { server } from "./server";
import { activeTab, tabs } from "./tabs";

interface Forecast {
  /** The workflow that was planned: for another one this says nothing. */
  readonly of: Workflow | null;
  readonly plan: PlanView | null;
}

export const forecast = createStore<Forecast>(() => ({ of: null, plan: null }));

const DELAY = 400;

/**
 * What of a workflow can be planned: everything (none named), or where something is unfinished the
 * output nodes that need nothing of it; null where there is no such node.
 */
export function finishedTargets(
  workflow: Workflow,
  problems: readonly Pick<Problem, "scope" | "node">[],
): readonly string[] | null {
  if (problems.length === 0) return [];
  // What is wrong with the file itself, or in a subgraph, may be wrong with any node.
  if (problems.some((one) => one.scope !== null || one.node === undefined)) return null;
  const wrong = new Set(problems.map((one) => one.node));
  const feeds = consumersOf(workflow);
  const queue = [...wrong].filter((id) => id !== undefined);
  for (const id of queue) {
    for (const { to } of feeds.get(id) ?? []) {
      if (wrong.has(to.node)) continue;
      wrong.add(to.node);
      queue.push(to.node);
    }
  }
  const ends = Object.keys(workflow.nodes).filter((id) => !feeds.has(id) && !wrong.has(id));
  return ends.length > 0 ? ends : null;
}

/** Plan again a moment after the workflow changed or a job ended. */
export function followForecast(): () => void {
  let timer = 0;
  let request = new AbortController();
  const plan = async () => {
    request.abort();
    const own = new AbortController();
    request = own;
    const tab = activeTab();
    const workflow = tab?.history.present;
    if (!workflow || Object.keys(workflow.nodes).length === 0) return;
    const targets = finishedTargets(workflow, problemsOf(workflow, server.getState().catalogue));
    if (targets === null) {
      forecast.setState({ of: workflow, plan: null });
      return;
    }
    try {
      const found = await planWorkflow(workflow, targets, own.signal, tab?.job);
      forecast.setState({ of: workflow, plan: found });
    } catch {
      // What only the server finds wrong is shown when it is run.
      if (!own.signal.aborted) forecast.setState({ of: workflow, plan: null });
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void plan(), DELAY);
  };
  let shown: Workflow | undefined;
  const ends = [
    tabs.subscribe(() => {
      const now = activeTab()?.history.present;
      if (now !== shown) soon();
      shown = now;
    }),
    runs.subscribe((now, before) => {
      const ended = now.order.some((id) => {
        const old = before.jobs[id]?.job;
        const job = now.jobs[id]?.job;
        return old && job && isActive(old) && !isActive(job);
      });
      if (ended) soon();
    }),
    server.subscribe((now, before) => {
      if (now.connection === "open" && before.connection !== "open") soon();
    }),
  ];
  return () => {
    clearTimeout(timer);
    request.abort();
    for (const end of ends) end();
  };
}
