/** The queue's own state: whether it is paused, and why. */

import { pauseQueue } from "../api/client";
import { loadSystem } from "../state/connect";
import { server } from "../state/server";
import { toast } from "../state/ui";

/** Let the queue rest, or go on. */
export async function togglePause(): Promise<void> {
  const paused = server.getState().system?.paused ?? null;
  try {
    await pauseQueue(paused === null);
    await loadSystem();
  } catch (error) {
    toast("error", error instanceof Error ? error.message : String(error));
  }
}
