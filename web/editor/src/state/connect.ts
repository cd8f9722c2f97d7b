/** Joins the stores to the server: loads what there is, and follows what happens. */

import { fetchInstalled, fetchJob, fetchJobs, fetchModels, fetchSystem } from "../api/client";
import { EventStream } from "../api/events";
import { ApiError } from "../api/http";
import type { EventView } from "../api/types";
import { forgetJob, setCounts, takeEvents, takeJobs, takePage, takePreview } from "./runs";
import { server } from "./server";

const PAGE = 50;
const QUEUE = 500;

/** Follow the server until the page is left. Gives the function that stops it. */
export function connect(): () => void {
  const stream = new EventStream({
    events: hear,
    preview: takePreview,
    status: (status) => server.setState({ connection: status }),
    back: () => void quietly(readAnew),
  });
  stream.open();
  return () => stream.close();
}

/** After a loss the server may be another: with other nodes, models and jobs. */
async function readAnew(): Promise<void> {
  const loads = [loadJobs, loadCatalogue, loadModels, loadSystem].map((load) => quietly(load));
  await Promise.all(loads);
}

/** Do what nobody waits for. Where the server does not answer, the status line says it. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  await work().catch(() => undefined);
}

export async function loadCatalogue(): Promise<void> {
  server.setState(await fetchInstalled());
}

export async function loadJobs(): Promise<void> {
  const page = await fetchJobs({ limit: PAGE });
  takePage(page.jobs, page.next ?? null);
  setCounts(page.counts);
}

/** Every job that has not ended, with its place in the queue. */
export async function loadQueue(): Promise<void> {
  const { jobs, counts } = await fetchJobs({ states: ["queued", "running"], limit: QUEUE });
  takeJobs(jobs);
  setCounts(counts);
}

export async function loadOlderJobs(before: string): Promise<void> {
  const page = await fetchJobs({ limit: PAGE, before });
  takePage(page.jobs, page.next ?? null);
}

export async function loadModels(): Promise<void> {
  server.setState({ models: await fetchModels() });
}

export async function loadSystem(): Promise<void> {
  server.setState({ system: await fetchSystem() });
}

/** What is read anew after these: an end has more to say than its event, such as outputs' sizes. */
const ENDS = new Set(["finished", "cancelled", "quarantined", "requeued"]);
/** More jobs than this in one message are read as a page, such as after a night's sleep. */
const FEW = 10;

function hear(events: readonly EventView[]): void {
  for (const one of events) if (one.event === "deleted") forgetJob(one.job);
  const jobs = new Set(takeEvents(events));
  for (const one of events) if (ENDS.has(one.event)) jobs.add(one.job);
  if (jobs.size > FEW) void quietly(loadJobs);
  else for (const id of jobs) void refreshJob(id);
  if (events.some((one) => one.event === "moved")) void quietly(loadQueue);
  for (const one of events) {
    if (one.event !== "queue") continue;
    setPaused((one.data.paused as string | null | undefined) ?? null);
    void refreshCounts();
  }
}

function setPaused(paused: string | null): void {
  server.setState(({ system }) => ({ system: system && { ...system, paused } }));
}

/** Read one job anew. A job that is gone is forgotten. */
export async function refreshJob(id: string): Promise<void> {
  try {
    takeJobs([await fetchJob(id)]);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) forgetJob(id);
  }
  void refreshCounts();
}

let counting = false;

async function refreshCounts(): Promise<void> {
  if (counting) return;
  counting = true;
  await new Promise((done) => setTimeout(done, 250));
  counting = false;
  const page = await fetchJobs({ limit: 1 }).catch(() => null);
  if (page) setCounts(page.counts);
}
