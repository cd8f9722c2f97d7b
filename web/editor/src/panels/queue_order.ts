/** The order of jobs in the queue, and how one is moved within it. */

import type { JobView } from "../api/types";

export type Place = "front" | "back" | { readonly before: string };

/** Jobs that run, the first that began first. */
export function runningJobs(jobs: readonly JobView[]): readonly JobView[] {
  return jobs
    .filter((one) => one.state === "running")
    .sort((a, b) => (a.started ?? 0) - (b.started ?? 0));
}

/** Jobs that wait, the next one first. */
export function waitingJobs(jobs: readonly JobView[]): readonly JobView[] {
  return jobs
    .filter((one) => one.state === "queued")
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.created - b.created);
}

/** How the server is told to put a job where it then is the index-th; null where it is already. */
export function placeAt(order: readonly string[], id: string, index: number): Place | null {
  const others = order.filter((one) => one !== id);
  const to = Math.min(others.length, Math.max(0, index));
  if (order.indexOf(id) === to) return null;
  if (to === 0) return "front";
  const before = others[to];
  return before === undefined ? "back" : { before };
}

/** The order after a move, so that the list need not wait for the server. */
export function movedTo(order: readonly string[], id: string, index: number): readonly string[] {
  const others = order.filter((one) => one !== id);
  return [...others.slice(0, index), id, ...others.slice(index)];
}

/** The index that a job has after it is dropped on the gap before the `gap`-th row. */
export function indexForGap(order: readonly string[], id: string, gap: number): number {
  const from = order.indexOf(id);
  return from >= 0 && from < gap ? gap - 1 : gap;
}
