/** Jobs as the server tells of them: their states, their nodes' states, what they made. */

import { createStore } from "zustand/vanilla";
import type {
  EventView,
  JobError,
  JobView,
  NodeResult,
  OutputView,
  PreviewHead,
} from "../api/types";

export interface NodeRun {
  readonly state: "waiting" | "running" | NodeResult["state"];
  readonly seconds?: number;
  readonly done?: number;
  readonly total?: number;
  readonly error?: string;
}

export interface JobRun {
  readonly job: JobView;
  readonly nodes: Readonly<Record<string, NodeRun>>;
  /** Object URLs of the newest pictures of unfinished work. */
  readonly previews: Readonly<Record<string, string>>;
}

interface Runs {
  readonly jobs: Readonly<Record<string, JobRun>>;
  /** Newest first. */
  readonly order: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** The `before` of the next page of older jobs. */
  readonly older: string | null;
}

export const runs = createStore<Runs>(() => ({ jobs: {}, order: [], counts: {}, older: null }));

/** Take in jobs as they are now; what was told of their nodes meanwhile is kept. */
export function takeJobs(list: readonly JobView[]): void {
  runs.setState((state) => {
    const jobs = { ...state.jobs };
    for (const job of list) jobs[job.id] = merged(jobs[job.id], job);
    return { jobs, order: ordered(jobs) };
  });
}

export function takePage(list: readonly JobView[], older: string | null): void {
  takeJobs(list);
  runs.setState({ older });
}

export function setCounts(counts: Readonly<Record<string, number>>): void {
  runs.setState({ counts });
}

export function forgetJob(id: string): void {
  runs.setState((state) => {
    const { [id]: gone, ...jobs } = state.jobs;
    if (gone) dropPreviews(gone);
    return { jobs, order: state.order.filter((one) => one !== id) };
  });
}

function merged(old: JobRun | undefined, job: JobView): JobRun {
  const nodes: Record<string, NodeRun> = { ...old?.nodes };
  for (const [id, result] of Object.entries(job.nodes)) nodes[id] = { ...nodes[id], ...result };
  failedNode(job.error, nodes);
  return { job, nodes, previews: old?.previews ?? {} };
}

function failedNode(error: JobError | null | undefined, nodes: Record<string, NodeRun>): void {
  if (error?.node)
    nodes[error.node] = { ...nodes[error.node], state: "failed", error: error.message };
}

function ordered(jobs: Readonly<Record<string, JobRun>>): readonly string[] {
  return Object.values(jobs)
    .sort((a, b) => b.job.created - a.job.created || (a.job.id < b.job.id ? 1 : -1))
    .map((one) => one.job.id);
}

/** Ids of jobs that events spoke of and that are not known yet. */
export function takeEvents(list: readonly EventView[]): ReadonlySet<string> {
  const unknown = new Set<string>();
  runs.setState((state) => {
    const jobs = { ...state.jobs };
    for (const event of list) {
      const run = jobs[event.job];
      if (run) jobs[event.job] = after(run, event);
      else if (event.job && event.event !== "deleted") unknown.add(event.job);
    }
    return { jobs };
  });
  return unknown;
}

function after(run: JobRun, { event, data, time }: EventView): JobRun {
  switch (event) {
    case "queued":
      return { ...run, job: { ...run.job, state: "queued", error: null }, nodes: {} };
    case "started":
      return { ...run, job: { ...run.job, state: "running", started: time, position: null } };
    case "nodes":
      return { ...run, nodes: afterNodes(run.nodes, data as unknown as NodesData) };
    case "progress": {
      const { node, done, total } = data as { node: string; done: number; total: number };
      const old = run.nodes[node];
      if (old && old.state !== "running") return run;
      return { ...run, nodes: { ...run.nodes, [node]: { state: "running", done, total } } };
    }
    case "output":
      return { ...run, job: { ...run.job, outputs: withOutput(run.job.outputs, data) } };
    case "node_failed": {
      const { node, error } = data as { node: string; error: string };
      return { ...run, nodes: { ...run.nodes, [node]: { state: "failed", error } } };
    }
    case "finished":
      return finished(run, String(data.status), time);
    default:
      return run;
  }
}

interface NodesData {
  readonly started?: readonly string[];
  readonly finished?: Readonly<Record<string, NodeResult>>;
}

function afterNodes(old: JobRun["nodes"], { started, finished: ended }: NodesData) {
  const nodes: Record<string, NodeRun> = { ...old };
  for (const id of started ?? []) nodes[id] = { state: "running" };
  for (const [id, result] of Object.entries(ended ?? {})) {
    const error = nodes[id]?.error;
    nodes[id] = { state: result.state, seconds: result.seconds, ...(error ? { error } : {}) };
  }
  return nodes;
}

function withOutput(outputs: readonly OutputView[], data: EventView["data"]) {
  const { node, index } = data as { node: string; index: number };
  if (outputs.some((one) => one.node === node && one.index === index)) return outputs;
  const sha256 = (data.sha256 as string | undefined) ?? null;
  const name = (data.name as string | undefined) ?? null;
  const item = (data.item ?? {}) as Record<string, unknown>;
  const url = sha256
    ? `/api/outputs/${sha256}${name ? `?name=${encodeURIComponent(name)}` : ""}`
    : null;
  return [
    ...outputs,
    {
      node,
      index,
      name,
      sha256,
      url,
      item,
      mime: (data.mime as string | undefined) ?? null,
      bytes: (data.bytes as number | undefined) ?? null,
      width: (item.width as number | undefined) ?? null,
      height: (item.height as number | undefined) ?? null,
      preview: data.preview === true,
      thumbnail:
        sha256 && String(data.mime).startsWith("image/")
          ? `/api/outputs/${sha256}/thumbnail`
          : null,
    },
  ];
}

function finished(run: JobRun, status: string, time: number): JobRun {
  dropPreviews(run);
  const state = status as JobView["state"];
  const nodes = Object.fromEntries(
    Object.entries(run.nodes).filter(([, one]) => one.state !== "running"),
  );
  return { job: { ...run.job, state, finished: time }, nodes, previews: {} };
}

export function takePreview(head: PreviewHead, picture: Blob): void {
  runs.setState((state) => {
    const run = state.jobs[head.job];
    if (run?.job.state !== "running") return state;
    const old = run.previews[head.node];
    // The page still shows it for a frame.
    if (old) setTimeout(() => URL.revokeObjectURL(old), 1000);
    const previews = { ...run.previews, [head.node]: URL.createObjectURL(picture) };
    return { jobs: { ...state.jobs, [head.job]: { ...run, previews } } };
  });
}

function dropPreviews(run: JobRun): void {
  for (const url of Object.values(run.previews)) setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function isActive(job: JobView): boolean {
  return job.state === "queued" || job.state === "running";
}
