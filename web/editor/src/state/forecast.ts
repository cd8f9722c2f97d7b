/** What a run would do with every node of the shown workflow, and why. */

import { createStore } from "zustand/vanilla";
import { planWorkflow } from "../api/client";
import type { PlanView } from "../api/types";
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

/** Plan again a moment after the workflow changed or a job ended. */
export function followForecast(): () => void {
  let timer = 0;
  let request = new AbortController();
  const plan = async () => {
    request.abort();
    request = new AbortController();
    const tab = activeTab();
    const workflow = tab?.history.present;
    if (!workflow || Object.keys(workflow.nodes).length === 0) return;
    try {
      const found = await planWorkflow(workflow, [], request.signal, tab?.job);
      forecast.setState({ of: workflow, plan: found });
    } catch {
      // An unfinished workflow has no plan; its problems are shown at its nodes.
      if (!request.signal.aborted) forecast.setState({ of: workflow, plan: null });
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
