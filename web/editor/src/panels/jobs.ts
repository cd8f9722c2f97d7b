/** What can be done with a job, and what it is called. */

import { cancelJob, deleteJob, fetchJobWorkflow, moveJob, retryJob } from "../api/client";
import type { JobView, OutputView } from "../api/types";
import { centreOn } from "../canvas/camera";
import { t } from "../i18n";
import { compareWith } from "../state/comparison";
import { loadQueue, refreshJob } from "../state/connect";
import { copyWords } from "../state/copying";
import { forgetJob, type JobRun } from "../state/runs";
import { server } from "../state/server";
import { activateTab, activeTab, leaveTo, openTab, select, type Tab, tabs } from "../state/tabs";
import { announce, openDialog, toast } from "../state/ui";
import { attempt } from "./attempt";
import { nodeTitle as titleOf } from "./changes";
import type { Place } from "./queue_order";

export function jobTitle(job: JobView): string {
  return job.label || job.workflow_name || t("jobs.untitled");
}

/** The tab that a job was started from last, while it is open. */
export function tabOf(job: string): Tab | undefined {
  return tabs.getState().tabs.find((one) => one.job === job);
}

/** What a node of a job is called, as far as its workflow is at hand. */
export function nodeTitle(job: string, flat: string): string {
  const [id = flat, ...inner] = flat.split("/");
  const node = tabOf(job)?.history.present.nodes[id];
  const title = node ? titleOf(node, server.getState().catalogue) : id;
  return [title, ...inner].join(" / ");
}

export interface Working {
  readonly node: string;
  readonly done: number | undefined;
  readonly total: number | undefined;
  /** Nodes that run besides. */
  readonly others: number;
}

/** The node that a job is at: of several, one that counts its steps. */
export function workingOn(run: JobRun): Working | null {
  const all = Object.entries(run.nodes).filter(([, one]) => one.state === "running");
  const [node, state] = all.find(([, one]) => one.total !== undefined) ?? all[0] ?? [];
  if (node === undefined || state === undefined) return null;
  return { node, done: state.done, total: state.total, others: all.length - 1 };
}

/** The newest picture of unfinished work. */
export function livePreview(run: JobRun): string | undefined {
  const at = workingOn(run)?.node;
  return (at === undefined ? undefined : run.previews[at]) ?? Object.values(run.previews).at(-1);
}

export interface Picture {
  readonly output: OutputView;
  /** Its place among all the job's outputs. */
  readonly index: number;
}

/** A job's pictures; those that are only previews last. */
export function picturesOf(job: JobView): readonly Picture[] {
  const all = job.outputs
    .map((output, index) => ({ output, index }))
    .filter(({ output }) => output.mime?.startsWith("image/") === true);
  return [...all.filter((one) => !one.output.preview), ...all.filter((one) => one.output.preview)];
}

export function durationOf(job: JobView): number | null {
  return job.started && job.finished ? job.finished - job.started : null;
}

export const canRetry = ({ state }: JobView) =>
  state === "failed" || state === "cancelled" || state === "quarantined";

// --- what can be done ---------------------------------------------------------------------------

export async function cancel(job: JobView): Promise<void> {
  if (await attempt(() => cancelJob(job.id)))
    announce(t("jobs.said.cancelled", { job: jobTitle(job) }));
}

export async function move(job: JobView, place: Place): Promise<void> {
  await attempt(() => moveJob(job.id, place));
  await attempt(loadQueue);
}

export async function retry(job: JobView): Promise<void> {
  const done = await attempt(async () => {
    await retryJob(job.id);
    await refreshJob(job.id);
  });
  if (done) toast("ok", t("jobs.said.retried", { job: jobTitle(job) }));
}

export async function remove(job: JobView): Promise<void> {
  const done = await attempt(() => deleteJob(job.id));
  if (!done) return;
  forgetJob(job.id);
  announce(t("jobs.said.deleted", { job: jobTitle(job) }));
}

export function openWorkflowOf(job: JobView): Promise<boolean> {
  return attempt(async () => {
    const workflow = await fetchJobWorkflow(job.id);
    openTab({ workflow, title: jobTitle(job), job: job.id });
  });
}

/** Compare the shown workflow with the one that a job ran. */
export async function compareToJob(job: JobView): Promise<void> {
  const tab = activeTab();
  if (!tab) return;
  await attempt(async () => {
    compareWith(tab.id, await fetchJobWorkflow(job.id), jobTitle(job));
    openDialog({ kind: "compare", tab: tab.id });
  });
}

export async function copyLink(output: OutputView): Promise<void> {
  const link = new URL(output.url ?? "", window.location.href).href;
  if (await attempt(() => copyWords(link))) toast("ok", t("jobs.said.copied"));
}

/** Show a job's result: its first picture in the viewer. False where it has none. */
export function view(job: JobView): boolean {
  const [first] = picturesOf(job);
  if (!first) return false;
  openDialog({ kind: "viewer", job: job.id, index: first.index });
  return true;
}

/** Show a node of a job in the tab that it was started from. */
export function showNode(job: string, flat: string): void {
  const tab = tabOf(job);
  const [id = flat] = flat.split("/");
  if (!tab || !(id in tab.history.present.nodes)) return;
  activateTab(tab.id);
  leaveTo(0);
  select([id]);
  // The canvas draws the other tab first.
  requestAnimationFrame(() => centreOn([id]));
}
