/** Joins the stores to the server: loads what there is, and follows what happens. */

import {
  fetchCatalogue,
  fetchJob,
  fetchJobs,
  fetchModels,
  fetchPlugins,
  fetchSystem,
} from "../api/client";
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
    missed: () => void loadJobs(),
  });
  stream.open();
  return () => stream.close();
}

export async function loadCatalogue(): Promise<void> {
  const [catalogue, plugins] = await Promise.all([fetchCatalogue(), fetchPlugins()]);
  server.setState({ catalogue, plugins });
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

function hear(events: readonly EventView[]): void {
  for (const one of events) if (one.event === "deleted") forgetJob(one.job);
  for (const id of takeEvents(events)) void refreshJob(id);
  for (const one of events) {
    // The end has more to say than its event: outputs' sizes, the error's words.
    if (one.event === "finished") void refreshJob(one.job);
    if (one.event === "moved") void loadQueue();
    if (one.event === "queue") {
      setPaused((one.data.paused as string | null | undefined) ?? null);
      void refreshCounts();
    }
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
