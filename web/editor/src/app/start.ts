/** How the page comes to life: what was open before, or a template that is ready to run. */

import { fetchTemplate } from "../api/client";
import { ApiError, whenSignedOut } from "../api/http";
import { followDrops } from "../canvas/dropping";
import { followModel } from "../canvas/model";
import { EMPTY } from "../document/workflow";
import { t } from "../i18n";
import { panelActions } from "../panels/actions";
import { connect, loadCatalogue, loadJobs, loadModels, loadSystem } from "../state/connect";
import { flush, restoreDrafts } from "../state/drafts";
import { followForecast } from "../state/forecast";
import { followEnds } from "../state/running";
import { autosave, openSaved } from "../state/saving";
import { openTab, tabs } from "../state/tabs";
import { toast, ui } from "../state/ui";
import { register } from "./actions";
import { followClipboard } from "./clipboard";
import { editActions, fileActions, graphActions, runActions, viewActions } from "./graph_actions";
import { followKeys } from "./keys";

const FIRST = "text-to-image";

/** Load what the page shows first. Rejects where the server has no catalogue for it. */
export async function start(): Promise<void> {
  register([
    ...fileActions,
    ...editActions,
    ...graphActions,
    ...viewActions,
    ...runActions,
    ...panelActions,
  ]);
  const catalogue = loadCatalogue();
  // The page to sign in stands where this one does.
  whenSignedOut(() => offerReload(t("shell.signedout"), t("shell.signin")));
  // A server that was updated has the parts of its own editor, and no longer those of this one.
  window.addEventListener("vite:preloadError", () =>
    offerReload(t("shell.outdated"), t("shell.reload")),
  );
  await restoreDrafts((error) => {
    toast("warn", t("shell.draft.failed", { reason: String(error) }));
  });
  await catalogue;
  await openFirst();
  followModel();
  followForecast();
  followEnds();
  autosave();
  followKeys();
  followClipboard();
  followDrops();
  connect();
  // The rest is not needed to look and to edit.
  void loadJobs().catch(() => undefined);
  void loadModels().catch(() => undefined);
  void loadSystem().catch(() => undefined);
}

/** Say once why the page must be loaded again. What is open is kept meanwhile. */
function offerReload(text: string, label: string): void {
  if (ui.getState().toasts.some((one) => one.text === text)) return;
  toast("error", text, { label, run: () => void flush().then(() => window.location.reload()) });
}

/** What the address names, what was open before, or the template. */
async function openFirst(): Promise<void> {
  const wanted = new URL(window.location.href).searchParams.get("workflow");
  if (wanted) {
    await openSaved(wanted).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      toast("error", error.message);
    });
  }
  if (tabs.getState().tabs.length > 0) return;
  try {
    openTab({ workflow: await fetchTemplate(FIRST), title: FIRST });
  } catch {
    openTab({ workflow: EMPTY, title: t("shell.untitled") });
  }
}
