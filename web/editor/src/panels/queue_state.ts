/** The queue's own state: whether it is paused, and why. */

import { pauseQueue } from "../api/client";
import type { MessageKey } from "../i18n";
import { loadSystem } from "../state/connect";
import { server } from "../state/server";
import { attempt } from "./attempt";

/** Let the queue rest, or go on. */
export async function togglePause(): Promise<void> {
  const paused = server.getState().system?.paused ?? null;
  await attempt(async () => {
    await pauseQueue(paused === null);
    await loadSystem();
  });
}

/** The key of the words for a reason that the server gives; null where only its own words do. */
export function pauseReason(reason: string): MessageKey | null {
  return reason === "paused by a person" ? "jobs.paused.person" : null;
}
