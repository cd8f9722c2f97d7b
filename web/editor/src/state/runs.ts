/** Jobs as the server tells of them: their states, their nodes' states, what they made. */

import { createStore } from "zustand/vanilla";
import {
  type EventView,
  FINAL,
  type JobError,
  type JobView,
  type NodeResult,
  type OutputView,
  type PreviewHead,
} from "../api/types";
import { copyOf, emptyRecord, recordOf } from "../document/value";

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
  // Answers overtake each other, and events overtake answers.
  if (old && old.job.last_event > job.last_event) return old;
  const nodes = copyOf(old?.nodes ?? {});
  for (const [id, result] of Object.entries(job.nodes)) nodes[id] = { ...nodes[id], ...result };
  failedNode(job.error, nodes);
  const previews = old?.previews ?? NO_PREVIEWS;
  if (!isActive(job)) return ended({ job, nodes, previews });
  // What a job made is in answers when it has ended; until then only events tell.
  const outputs = job.outputs.length > 0 ? job.outputs : (old?.job.outputs ?? []);
  return { job: { ...job, outputs }, nodes, previews };
}

const NO_PREVIEWS: JobRun["previews"] = emptyRecord();
const NO_NODES: JobRun["nodes"] = emptyRecord();

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

/** A job after an event; one that it is past already, by an answer that came first, says nothing. */
function after(run: JobRun, event: EventView): JobRun {
  if (event.number === null) return told(run, event);
  if (event.number <= run.job.last_event && MOVES.has(event.event)) return run;
  const next = MOVES.has(event.event) ? movedOn(run, event) : told(run, event);
  const last_event = Math.max(event.number, run.job.last_event);
  return { ...next, job: { ...next.job, last_event } };
}

/** The events that take a job to another state. */
const MOVES = new Set(["started", "requeued", "finished", "cancelled", "quarantined"]);

function movedOn(run: JobRun, { event, data, time }: EventView): JobRun {
  const { job } = run;
  switch (event) {
    case "requeued":
      return ended({ ...run, job: { ...job, ...WAITING }, nodes: NO_NODES });
    case "started":
      return { ...run, job: { ...job, state: "running", started: time, position: null } };
    case "finished":
      return ended({ ...run, job: { ...job, state: finalState(data.status), finished: time } });
    default:
      return ended({ ...run, job: { ...job, state: finalState(event), finished: time } });
  }
}

const WAITING: Partial<JobView> = {
  state: "queued",
  error: null,
  started: null,
  finished: null,
  outputs: [],
};

function finalState(status: unknown): JobView["state"] {
  return FINAL.find((one) => one === status) ?? "failed";
}

function told(run: JobRun, { event, data }: EventView): JobRun {
  switch (event) {
    case "nodes":
      return { ...run, nodes: afterNodes(run.nodes, data as unknown as NodesData) };
    case "progress": {
      const { node, done, total } = data as { node: string; done: number; total: number };
      const old = run.nodes[node];
      if (old && old.state !== "running") return run;
      return { ...run, nodes: withNode(run.nodes, node, { state: "running", done, total }) };
    }
    case "output":
      return { ...run, job: { ...run.job, outputs: withOutput(run.job.outputs, data) } };
    case "node_failed": {
      const { node, message } = data as { node: string; message: string };
      return { ...run, nodes: withNode(run.nodes, node, { state: "failed", error: message }) };
    }
    default:
      return run;
  }
}

/** Node states go by ids, which may be any name: "constructor" too. */
function withNode(old: JobRun["nodes"], id: string, state: NodeRun): JobRun["nodes"] {
  return Object.assign(copyOf(old), { [id]: state });
}

interface NodesData {
  readonly started?: readonly string[];
  readonly finished?: Readonly<Record<string, NodeResult>>;
}

function afterNodes(old: JobRun["nodes"], { started, finished: ended }: NodesData) {
  const nodes = copyOf(old);
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

/** Nothing of a job that works no more is under way. */
function ended(run: JobRun): JobRun {
  dropPreviews(run);
  const rest = Object.entries(run.nodes).filter(([, one]) => one.state !== "running");
  return { ...run, nodes: recordOf(rest), previews: NO_PREVIEWS };
}

export function takePreview(head: PreviewHead, picture: Blob): void {
  runs.setState((state) => {
    const run = state.jobs[head.job];
    if (run?.job.state !== "running") return state;
    const old = run.previews[head.node];
    // The page still shows it for a frame.
    if (old) setTimeout(() => URL.revokeObjectURL(old), 1000);
    const previews = copyOf(run.previews);
    previews[head.node] = URL.createObjectURL(picture);
    return { jobs: { ...state.jobs, [head.job]: { ...run, previews } } };
  });
}

function dropPreviews(run: JobRun): void {
  for (const url of Object.values(run.previews)) setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function isActive(job: JobView): boolean {
  return job.state === "queued" || job.state === "running";
}
