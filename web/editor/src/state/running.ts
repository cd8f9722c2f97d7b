/** Running the shown workflow: what is sent, what the server refuses, what changes afterwards. */

import { createStore } from "zustand/vanilla";
import { cancelJob, submitJob } from "../api/client";
import { ApiError, Unreachable } from "../api/http";
import type { ProblemView } from "../api/types";
import { advanceSeeds } from "../document/commands";
import type { Workflow } from "../document/workflow";
import { t } from "../i18n";
import { loadCatalogue } from "./connect";
import { uniqueId } from "./ids";
import { isActive, runs, takeJobs } from "./runs";
import { activeTab, run, tabById, tabs, updateTab } from "./tabs";
import { announce, toast } from "./ui";

interface Refusals {
  /** What the server refused of a tab's workflow, and of which one: an edit makes it outdated. */
  readonly byTab: Readonly<Record<string, { of: Workflow; problems: readonly ProblemView[] }>>;
}

export const refusals = createStore<Refusals>(() => ({ byTab: {} }));

/** Run the shown workflow, or what the targets need. Seeds then move on as they are set to. */
export async function runWorkflow(targets: readonly string[] = []): Promise<void> {
  const tab = activeTab();
  if (!tab) return;
  const workflow = tab.history.present;
  try {
    const job = await submitJob({
      workflow,
      targets,
      label: tab.title,
      name: tab.name,
      key: uniqueId(),
    });
    takeJobs([job]);
    updateTab(tab.id, () => ({ job: job.id }));
    forgetRefusal(tab.id);
    announce(t("jobs.said.queued"));
    if (tabById(tab.id) === activeTab()) run(advanceSeeds(randomSeed));
  } catch (error) {
    refused(tab.id, workflow, error);
  }
}

/** A seed in the range that every language's integers hold exactly. */
export function randomSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high & 0x1fffff) * 2 ** 32 + low;
}

function refused(id: string, of: Workflow, error: unknown): void {
  if (error instanceof ApiError && error.problems.length > 0) {
    const { problems } = error;
    refusals.setState(({ byTab }) => ({ byTab: { ...byTab, [id]: { of, problems } } }));
    toast("error", t("jobs.refused", { count: problems.length }));
    // The editor found nothing wrong: its catalogue may be older than the server's.
    void loadCatalogue().catch(() => undefined);
  } else if (error instanceof Unreachable) toast("error", t("jobs.unreachable"));
  else toast("error", error instanceof Error ? error.message : String(error));
}

function forgetRefusal(id: string): void {
  refusals.setState(({ byTab: { [id]: _, ...rest } }) => ({ byTab: rest }));
}

/** Say how the newest jobs of the open tabs end. Gives the function that stops it. */
export function followEnds(): () => void {
  return runs.subscribe(({ jobs }, { jobs: before }) => {
    if (jobs === before) return;
    for (const { job: id, title } of tabs.getState().tabs) {
      const [now, then] = id ? [jobs[id], before[id]] : [];
      if (!now || !then || !isActive(then.job) || isActive(now.job)) continue;
      const state = t(`jobs.state.${now.job.state}`);
      const reason = Object.values(now.nodes).find((one) => one.error)?.error;
      announce(t("jobs.said.ended", { job: title, state: reason ? `${state}: ${reason}` : state }));
    }
  });
}

/** Cancel the newest job of the shown workflow that has not ended. */
export async function cancelRun(): Promise<void> {
  const id = activeTab()?.job;
  const job = id ? runs.getState().jobs[id]?.job : undefined;
  if (!job || !isActive(job)) return;
  await cancelJob(job.id);
}
