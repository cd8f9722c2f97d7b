/** Asking the server for something, and saying so where it refuses. */

import { Unreachable } from "../api/http";
import { t } from "../i18n";
import { toast } from "../state/ui";
import { reasonOf } from "./format";

/** Do it. False where it failed; why is told to the person. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    toast("error", error instanceof Unreachable ? t("jobs.unreachable") : reasonOf(error));
    return false;
  }
}
